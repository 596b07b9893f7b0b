// `phasezero clients`, on a database of the test's own.

#include "clients.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/key.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace pz::command {

namespace {

class Clients : public ::testing::Test {
 protected:
    static void SetUpTestSuite() {
        database = std::make_unique<testkit::TestDatabase>();
        ::setenv("PZ_DATABASE_IDENTITY", database->connection_string("pz_identity").reveal().c_str(), 1);
    }

    static void TearDownTestSuite() {
        ::unsetenv("PZ_DATABASE_IDENTITY");
        database.reset();
    }

    /// What the command prints; its exit code is success.
    template <class Command, class... Args>
    static std::string output_of(Command command, const Args&... args) {
        testing::internal::CaptureStdout();
        EXPECT_EQ(
            command(Workspace::find(), Screen{{.colour = false, .assume_yes = true}}, args...),
            ExitCode::success
        );
        return testing::internal::GetCapturedStdout();
    }

    /// The sentence with which the command is refused.
    template <class Command, class... Args>
    static std::string refusal_of(Command command, const Args&... args) {
        testing::internal::CaptureStdout();
        std::string sentence = "not refused";
        try {
            static_cast<void>(command(Workspace::find(), Screen{{.colour = false}}, args...));
        } catch (const CommandError& error) {
            sentence = error.what();
        }
        testing::internal::GetCapturedStdout();
        return sentence;
    }

    static std::string value(const std::string& sql) { return database->connect("pz_identity").value(sql); }

    static std::string secret_in(const std::string& output) {
        const std::size_t at = output.find("client_secret  ") + 15;
        return output.substr(at, output.find('\n', at) - at);
    }

    static NewClient web(std::string id) {
        NewClient client;
        client.id = std::move(id);
        client.name = "The app";
        client.redirect_uris = {"https://app.example/callback"};
        return client;
    }

    static inline std::unique_ptr<testkit::TestDatabase> database;
};

TEST_F(Clients, are_added_with_a_secret_that_is_shown_once_and_kept_as_a_hash) {
    const std::string output = output_of(add_client, web("web-app"));
    EXPECT_NE(output.find("client_id      web-app"), std::string::npos) << output;
    const std::string secret = secret_in(output);
    EXPECT_EQ(core::base64url_decode(secret).value_or("").size(), 32U) << output;
    EXPECT_EQ(
        value("select secret_hash = sha256('" + secret + "') from identity.client where id = 'web-app'"), "t"
    );
    EXPECT_EQ(
        value("select array_to_string(grant_types, ' ') from identity.client where id = 'web-app'"),
        "authorization_code refresh_token"
    );
    const std::string list = output_of(list_clients);
    EXPECT_NE(list.find("web-app"), std::string::npos);
    EXPECT_NE(list.find("phasezero-web"), std::string::npos) << "the console is named too";
    EXPECT_EQ(list.find(secret), std::string::npos);
}

TEST_F(Clients, get_another_secret) {
    const std::string before = secret_in(output_of(add_client, web("rotated")));
    const std::string after = secret_in(output_of(rotate_client_secret, std::string{"rotated"}));
    EXPECT_NE(before, after);
    EXPECT_EQ(
        value("select secret_hash = sha256('" + after + "') from identity.client where id = 'rotated'"), "t"
    );
    EXPECT_NE(refusal_of(rotate_client_secret, std::string{"unknown"}), "not refused");
}

TEST_F(Clients, are_removed_with_their_sessions_and_never_come_back) {
    static_cast<void>(output_of(add_client, web("leaving")));
    database->connect("pz_identity")
        .execute_script(
            "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
            "auth_time,"
            " idle_expires_at, expires_at, client_id) select gen_random_uuid(), person_id, tenant_id,"
            " decode(repeat('00', 16), 'hex'), now(), now(), now(), now() + interval '1 day', now() + "
            "interval '1 day',"
            " 'leaving' from identity.membership limit 2"
        );
    const std::string output = output_of(remove_client, std::string{"leaving"});
    EXPECT_NE(output.find("2 sessions ended"), std::string::npos) << output;
    EXPECT_EQ(
        value("select count(*) from identity.session where client_id = 'leaving' and revoked_at is null"), "0"
    );
    EXPECT_NE(refusal_of(add_client, web("leaving")).find("never used again"), std::string::npos);
}

TEST_F(Clients, sign_with_the_public_keys_of_a_file) {
    const testkit::TemporaryDirectory directory{"clients"};
    const auto file = directory.path() / "jwks.json";
    const crypto::SigningKey key = crypto::SigningKey::generate();
    std::ofstream{file} << R"({"keys":[)" << key.to_jwk().reveal() << "]}";
    NewClient client = web("signer");
    client.authentication = "private_key_jwt";
    EXPECT_NE(refusal_of(add_client, client).find("--jwks"), std::string::npos);
    client.jwks_file = file.string();
    EXPECT_NE(refusal_of(add_client, client).find("not_public"), std::string::npos) << "a private key";
    std::ofstream{file} << crypto::KeySet{{key.public_key()}}.to_json();
    EXPECT_EQ(output_of(add_client, client), "client_id      signer\n");
}

TEST_F(Clients, are_refused_with_a_sentence_that_says_what_to_do) {
    for (const std::string& id :
         {std::string{"phasezero-web"},
          std::string{"a"},
          std::string{"Über"},
          std::string{"-x-"},
          std::string(64, 'a')}) {
        EXPECT_NE(refusal_of(add_client, web(id)), "not refused") << id;
    }
    NewClient nowhere = web("no-way-back");
    nowhere.redirect_uris.clear();
    EXPECT_NE(refusal_of(add_client, nowhere).find("--redirect-uri"), std::string::npos);
    NewClient open = web("open");
    open.authentication = "none";
    open.introspects = true;
    EXPECT_NE(refusal_of(add_client, open), "not refused");
    NewClient wrong = web("wrong");
    wrong.redirect_uris.emplace_back("http://app.example/callback");
    EXPECT_NE(refusal_of(add_client, wrong).find("use https"), std::string::npos);
}

TEST(RedirectUri, is_https_or_this_machine_or_an_apps_own) {
    for (const char* good :
         {"https://app.example/callback",
          "https://app.example",
          "https://app.example:8443/a?b=c&d",
          "http://localhost:4000/callback",
          "http://127.0.0.1/callback",
          "http://[::1]:4000/",
          "com.example.app:/callback"}) {
        EXPECT_EQ(find_fault(good), std::nullopt) << good;
    }
    for (const char* bad :
         {"",
          "app.example/callback",
          "/callback",
          "//app.example/",
          "https:/app.example",
          "https://",
          "https:///callback",
          "https://user@app.example/",
          "https://App.example/",
          "https://app.example/#top",
          "https://app.example/a b",
          "https://app.example\\@evil.example/",
          "https://app.example/\x01",
          "https://\xC3\xA4.example/",
          "HTTPS://app.example/",
          "http://app.example/",
          "http://localhost.evil.example/",
          "http://127.0.0.1.evil.example/",
          "javascript:alert(1)",
          "data:text/html,x",
          "file:///etc/passwd",
          "com.example.app:callback"}) {
        EXPECT_NE(find_fault(bad), std::nullopt) << bad;
    }
    EXPECT_NE(find_fault("https://app.example/" + std::string(2'000, 'a')), std::nullopt);
}

}  // namespace

}  // namespace pz::command
