// How the program starts and refuses to start.

#include "answers.hpp"

#include <pz/core/process.hpp>
#include <pz/core/text.hpp>

#include <algorithm>
#include <chrono>
#include <map>

namespace pz::identity {

namespace {

using namespace std::chrono_literals;
using testkit::world;
using Settings = std::map<std::string, std::string>;

std::string new_encryption_key() {
    return core::random_token(32) + '=';
}

/// Settings with which the program starts on a database of the test's own.
Settings good_settings(const testkit::TestDatabase& database) {
    return {
        {"PZ_PROFILE", "test"},
        {"PZ_DATABASE_IDENTITY", database.connection_string("pz_identity").reveal()},
        {"PZ_ENCRYPTION_KEYS", new_encryption_key()},
        {"PZ_THREADS", "1"},
    };
}

std::vector<std::string> environment_of(const Settings& settings) {
    std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : settings) {
        environment.push_back(name + '=' + value);
    }
    return environment;
}

/// Runs the program with these settings alone, and keeps what it says on standard error.
core::ProcessResult run(const Settings& settings) {
    core::ProcessOptions options;
    options.command = {
        "/bin/sh", "-c", R"(exec "$@" 2>&1 >/dev/null)", "sh", testkit::program("identity-service")
    };
    options.environment = environment_of(settings);
    return core::run_process(std::move(options), 20s);
}

/// Exit code 2 and one sentence that names the setting.
void expect_refusal(Settings settings, const Settings& changes, const std::string& named) {
    for (const auto& [name, value] : changes) {
        settings[name] = value;
    }
    const core::ProcessResult result = run(settings);
    EXPECT_EQ(result.exit_code, 2) << named << ": " << result.output;
    EXPECT_EQ(std::ranges::count(result.output, '\n'), 1) << result.output;
    EXPECT_TRUE(result.output.starts_with("identity-service: ")) << result.output;
    EXPECT_NE(result.output.find(named), std::string::npos) << result.output;
}

TEST(StartUp, refuses_missing_and_wrong_settings) {
    const testkit::TestDatabase database;
    const Settings good = good_settings(database);
    expect_refusal(good, {{"PZ_DATABASE_IDENTITY", ""}}, "PZ_DATABASE_IDENTITY");
    expect_refusal(good, {{"PZ_DATABASE_IDENTITY", "not a connection string"}}, "PZ_DATABASE_IDENTITY");
    expect_refusal(good, {{"PZ_ENCRYPTION_KEYS", ""}}, "PZ_ENCRYPTION_KEYS");
    expect_refusal(good, {{"PZ_ENCRYPTION_KEYS", "not a key"}}, "PZ_ENCRYPTION_KEYS");
    const std::string key = new_encryption_key();
    expect_refusal(good, {{"PZ_ENCRYPTION_KEYS", key + ',' + key}}, "PZ_ENCRYPTION_KEYS");
    expect_refusal(
        good,
        {{"PZ_ENCRYPTION_KEYS", ""}, {"PZ_ENCRYPTION_KEYS_FILE", "/nonexistent"}},
        "PZ_ENCRYPTION_KEYS_FILE"
    );
    expect_refusal(good, {{"PORT", "x"}}, "PORT");
    expect_refusal(good, {{"PZ_BIND", "0.0.0.0"}}, "PZ_BIND");
    expect_refusal(good, {{"PZ_DATABASE_APP", "x"}}, "PZ_DATABASE_APP");
}

TEST(StartUp, refuses_key_schedules_that_would_refuse_good_tokens) {
    const testkit::TestDatabase database;
    Settings settings = good_settings(database);
    expect_refusal(settings, {{"PZ_KEY_ROTATE_SECONDS", "3600"}}, "PZ_KEY_ROTATE_SECONDS");
    expect_refusal(settings, {{"PZ_KEY_KEEP_SECONDS", "0"}}, "PZ_KEY_KEEP_SECONDS");
    settings["PZ_PROFILE"] = "production";
    settings["PZ_BIND"] = "127.0.0.1";
    expect_refusal(settings, {{"PZ_KEY_PUBLISH_SECONDS", "599"}}, "PZ_KEY_PUBLISH_SECONDS");
    expect_refusal(settings, {{"PZ_KEY_KEEP_SECONDS", "959"}}, "PZ_KEY_KEEP_SECONDS");
}

TEST(StartUp, refuses_roles_for_whom_row_level_security_would_not_hold) {
    const testkit::TestDatabase database;
    for (const char* role : {"postgres", "pz_migrator", "pz_backup"}) {
        expect_refusal(
            good_settings(database),
            {{"PZ_DATABASE_IDENTITY", database.connection_string(role).reveal()}},
            "PZ_DATABASE_IDENTITY"
        );
    }
}

TEST(StartUp, refuses_keys_that_do_not_decrypt_what_is_stored) {
    expect_refusal(
        good_settings(world().database()),
        {{"PZ_ENCRYPTION_KEYS", new_encryption_key()}},
        "PZ_ENCRYPTION_KEYS"
    );
}

TEST(StartUp, refuses_the_demos_accounts_in_production) {
    const testkit::TestDatabase database;
    expect_refusal(good_settings(database), {{"PZ_PROFILE", "production"}, {"PZ_BIND", "127.0.0.1"}}, "demo");
    expect_refusal(good_settings(database), {{"PZ_PROFILE", ""}, {"PZ_BIND", "127.0.0.1"}}, "demo");
}

TEST(StartUp, ends_with_4_when_the_port_is_in_use) {
    const testkit::TestDatabase database;
    Settings settings = good_settings(database);
    settings["PORT"] = std::to_string(world().identity().port());
    const core::ProcessResult result = run(settings);
    EXPECT_EQ(result.exit_code, 4) << result.output;
}

TEST(Production, sends_the_cookie_over_https_only) {
    const testkit::TestDatabase database;
    database.connect("pz_identity").execute_script("update identity.person set demo = false");
    const testkit::TemporaryDirectory directory{"production"};
    Settings settings = good_settings(database);
    settings["PZ_PROFILE"] = "production";
    settings["PZ_BIND"] = "127.0.0.1";
    std::vector<std::string> environment;
    for (const auto& [name, value] : settings) {
        environment.push_back(name + '=' + value);
    }
    testkit::ServiceProcess service{{
        .program = testkit::program("identity-service"),
        .log_file = directory.path() / "log",
        .environment = std::move(environment),
        .port = {},
    }};
    service.wait_until_ready();
    const auto console = [&] { return Client{service.origin()}.with("X-Requested-With", "phasezero-web"); };
    const Reply reply = console().post_form(
        "/token", {{"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}}
    );
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const std::string cookie = reply.header("Set-Cookie");
    EXPECT_TRUE(cookie.starts_with("__Host-pz_refresh=")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure")) << cookie;
    const std::string value = cookie.substr(cookie.find('='), cookie.find(';') - cookie.find('='));
    const Form form{{"grant_type", "refresh_token"}};
    EXPECT_EQ(console().with("Cookie", "pz_refresh" + value).post_form("/token", form).status(), 400)
        << "a cookie that a subdomain could have planted";
    EXPECT_EQ(console().with("Cookie", "__Host-pz_refresh" + value).post_form("/token", form).status(), 200);
    EXPECT_EQ(service.stop(), 0);
}

TEST(Stop, ends_with_0) {
    World own;
    EXPECT_EQ(own.identity().stop(), 0);
}

}  // namespace

}  // namespace pz::identity
