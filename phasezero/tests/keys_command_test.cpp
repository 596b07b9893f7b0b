// `phasezero keys`, the real program: on a database that the environment names, as in production, and the
// drill on a local stack of its own.
#include "keys/reencryption.hpp"
#include "keys/store.hpp"
#include "scratch.hpp"
#include "workspace.hpp"

#include <pz/core/process.hpp>
#include <pz/crypto/placed_secret.hpp>
#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/world.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pz::command {
namespace {

namespace keys = identity::keys;
using namespace std::chrono_literals;
using keys::KeyState;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// This process's environment without our own settings, then the given ones.
std::vector<std::string> environment_with(std::vector<std::string> settings) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!std::string_view{*entry}.starts_with("PZ_")) {
            settings.emplace_back(*entry);
        }
    }
    return settings;
}

class KeysCommand : public testing::Test {
 protected:
    KeysCommand() { store_.advance({}); }

    /// Standard output and standard error together.
    core::ProcessResult run(const std::vector<std::string>& words) const {
        std::vector<std::string> command{
            "/bin/sh",
            "-c",
            R"(exec "$@" 2>&1 </dev/null)",
            "sh",
            testkit::program("phasezero").string(),
            "keys"
        };
        command.insert(command.end(), words.begin(), words.end());
        return core::run_process(
            {.command = std::move(command),
             .environment = environment_with(
                 {"PZ_DATABASE_IDENTITY=" + database_.connection_string("pz_identity").reveal(),
                  "PZ_ENCRYPTION_KEYS=" + ring_text_}
             )},
            30s
        );
    }

    std::string kid_in_state(KeyState state) {
        const auto all = store_.list();
        const keys::StoredKey* key = keys::find_in_state(all, state);
        return key != nullptr ? key->kid : "";
    }

    testkit::TestDatabase database_;
    std::string ring_text_ = crypto::FernetRing::generate_key().reveal();
    crypto::FernetRing ring_ = crypto::FernetRing::parse(core::SecretString{ring_text_}).value();
    core::SystemClock clock_;
    pg::BlockingConnection connection_ = database_.connect("pz_identity");
    keys::KeyStore store_{connection_, ring_, clock_};
};

TEST_F(KeysCommand, lists_the_keys_for_people_and_for_programs) {
    const core::ProcessResult table = run({"list"});
    EXPECT_EQ(table.exit_code, 0) << table.output;
    EXPECT_THAT(table.output, StartsWith("kid"));
    EXPECT_THAT(table.output, HasSubstr(kid_in_state(KeyState::active) + "  active"));
    EXPECT_THAT(table.output, HasSubstr(kid_in_state(KeyState::next) + "  next"));
    const core::ProcessResult lines = run({"list", "--json"});
    EXPECT_THAT(lines.output, StartsWith(R"({"kid":")"));
    EXPECT_THAT(lines.output, HasSubstr(R"("state":"active","created_at":")"));
    EXPECT_THAT(lines.output, Not(HasSubstr("gAAAAA"))) << "no ciphertext";
}

TEST_F(KeysCommand, rotates_early_only_when_told_to) {
    const std::string first = kid_in_state(KeyState::active);
    const std::string second = kid_in_state(KeyState::next);
    const core::ProcessResult refused = run({"rotate"});
    EXPECT_EQ(refused.exit_code, 1) << "the staged key is a second old";
    EXPECT_THAT(refused.output, HasSubstr("--yes"));
    EXPECT_EQ(kid_in_state(KeyState::active), first);
    const core::ProcessResult done = run({"rotate", "--yes"});
    EXPECT_EQ(done.exit_code, 0) << done.output;
    EXPECT_EQ(kid_in_state(KeyState::active), second);
    EXPECT_EQ(kid_in_state(KeyState::retiring), first);
    connection_.execute_script(
        "update identity.signing_key set created_at = created_at - interval '25 hours' where state = 'next'"
    );
    EXPECT_EQ(run({"rotate"}).exit_code, 0) << "published for long enough: nothing to ask";
}

TEST_F(KeysCommand, revokes_after_asking) {
    const std::string first = kid_in_state(KeyState::active);
    EXPECT_EQ(run({"revoke", first}).exit_code, 1);
    EXPECT_EQ(kid_in_state(KeyState::active), first);
    const core::ProcessResult done = run({"revoke", first.substr(0, 10), "--yes"});
    EXPECT_EQ(done.exit_code, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("its tokens are refused"));
    EXPECT_EQ(kid_in_state(KeyState::revoked), first);
    EXPECT_NE(kid_in_state(KeyState::active), "");
    EXPECT_THAT(run({"revoke", first, "--yes"}).output, HasSubstr("revoked already"));
}

TEST_F(KeysCommand, says_in_one_sentence_what_is_wrong) {
    const auto expect_sentence = [&](const core::ProcessResult& result, int code, const std::string& part) {
        EXPECT_EQ(result.exit_code, code) << result.output;
        EXPECT_EQ(std::ranges::count(result.output, '\n'), 1) << result.output;
        EXPECT_THAT(result.output, HasSubstr(part));
    };
    expect_sentence(run({"revoke", "unknown-key", "--yes"}), 2, "there is no signing key unknown-key");
    const std::string good_ring = ring_text_;
    ring_text_ = crypto::FernetRing::generate_key().reveal();
    expect_sentence(run({"rotate", "--yes"}), 1, "PZ_ENCRYPTION_KEYS does not decrypt");
    ring_text_ = "not a ring";
    expect_sentence(run({"list"}), 2, "PZ_ENCRYPTION_KEYS must be");
    ring_text_ = good_ring;
    EXPECT_EQ(run({"turn"}).exit_code, 2);
    EXPECT_EQ(run({"drill", "--rps", "0"}).exit_code, 2);
}

TEST_F(KeysCommand, reencrypts_under_a_new_ring_key_and_names_what_it_cannot_read) {
    const std::string old_key = ring_text_;
    const std::string new_key = crypto::FernetRing::generate_key().reveal();
    ring_text_ = new_key + ',' + old_key;
    const core::ProcessResult done = run({"reencrypt"});
    EXPECT_EQ(done.exit_code, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("2 encrypted, 2 renewed, 0 unreadable"));
    ring_text_ = new_key;
    EXPECT_THAT(run({"reencrypt"}).output, HasSubstr("2 encrypted, 0 renewed, 0 unreadable"));
    ring_text_ = old_key;
    const core::ProcessResult lost = run({"reencrypt"});
    EXPECT_EQ(lost.exit_code, 1);
    EXPECT_THAT(lost.output, HasSubstr("keep that key in the ring"));
}

/// In product-core-api's environment: its databases, its ring.
TEST_F(KeysCommand, reencrypts_the_integrations_of_every_tenant_where_they_are) {
    const auto place = [](std::string_view tenant, std::string_view row) {
        return crypto::SecretPlace{
            .column = "app.integration.secret_encrypted",
            .tenant = core::Uuid::parse(tenant).value(),
            .row = core::Uuid::parse(row).value()
        };
    };
    const std::vector<std::pair<std::string_view, std::string_view>> rows{
        {testkit::acme, "0197c0de-0001-7000-b100-000000000001"},
        {testkit::globex, "0197c0de-0002-7000-b100-000000000001"}
    };
    auto superuser = database_.connect_as_superuser();
    for (const auto& [tenant, row] : rows) {
        superuser.query(
            "update app.integration set secret_encrypted = $2, secret_set_at = now() where id = "
            "$1::text::uuid",
            {std::string{row},
             crypto::place_secret(
                 ring_, place(tenant, row), core::SecretString{"of " + std::string{tenant}}, clock_.now()
             )}
        );
    }
    const std::string new_key = crypto::FernetRing::generate_key().reveal();
    const auto reencrypt = [&](const std::string& ring) {
        return core::run_process(
            {.command = {testkit::program("phasezero").string(), "keys", "reencrypt"},
             .environment = environment_with(
                 {"PZ_DATABASE_APP=" + database_.connection_string("pz_app").reveal(),
                  "PZ_DATABASE_ADMIN=" + database_.connection_string("pz_admin").reveal(),
                  "PZ_ENCRYPTION_KEYS=" + ring}
             )},
            30s
        );
    };
    const core::ProcessResult done = reencrypt(new_key + ',' + ring_text_);
    EXPECT_EQ(done.exit_code, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("2 encrypted, 2 renewed, 0 unreadable"));
    EXPECT_THAT(done.output, Not(HasSubstr("signing keys"))) << "those have another ring";
    const crypto::FernetRing newer = crypto::FernetRing::parse(core::SecretString{new_key}).value();
    for (const auto& [tenant, row] : rows) {
        const std::string token = superuser.value(
            "select secret_encrypted from app.integration where id = $1::text::uuid", {std::string{row}}
        );
        const auto secret = crypto::take_secret(newer, place(tenant, row), token, clock_.now());
        ASSERT_TRUE(secret.has_value());
        EXPECT_EQ(secret->reveal(), "of " + std::string{tenant});
    }
    EXPECT_THAT(reencrypt(new_key).output, HasSubstr("2 encrypted, 0 renewed, 0 unreadable"));
    EXPECT_EQ(reencrypt(ring_text_).exit_code, 1) << "a ring that lacks the key says so";
}

TEST_F(KeysCommand, makes_encryption_keys) {
    const core::ProcessResult made = run({"generate", "--fernet"});
    EXPECT_EQ(made.exit_code, 0);
    EXPECT_TRUE(crypto::FernetRing::parse(core::SecretString{made.output.substr(0, made.output.find('\n'))}));
}

/// A local stack whose API fetches keys every second, so that a round takes seconds.
TEST(KeysDrill, finds_no_wrong_answer_while_keys_are_staged_activated_revoked_and_retired_under_load) {
    const Scratch scratch;
    const auto screen = scratch.path() / "screen";
    const std::vector<std::string> environment =
        environment_with({"PZ_STATE_DIR=" + (scratch.path() / "state").string(), "PZ_JWKS_POLL_SECONDS=1"});
    const std::string phasezero = testkit::program("phasezero").string();
    core::ProcessOptions options{
        .command =
            {phasezero, "up", "--web-port", "0", "--api-port", "0", "--identity-port", "0", "--no-smoke"},
        .environment = environment,
    };
    const int output = ::open(screen.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    options.output = output;
    core::Process up{options};
    ::close(output);
    for (const auto deadline = std::chrono::steady_clock::now() + 90s;
         !read_file(screen).contains("Phase Zero is ready in") && !up.poll_exit() &&
         std::chrono::steady_clock::now() < deadline;) {
        std::this_thread::sleep_for(20ms);
    }
    ASSERT_THAT(read_file(screen), HasSubstr("Phase Zero is ready in"));
    const core::ProcessResult drill = core::run_process(
        {.command =
             {"/bin/sh",
              "-c",
              R"(exec "$@" 2>&1)",
              "sh",
              phasezero,
              "keys",
              "drill",
              "--rps",
              "20",
              "--minutes",
              "0"},
         .environment = environment},
        300s
    );
    EXPECT_EQ(drill.exit_code, 0) << drill.output << up.poll_exit().value_or(0);
    EXPECT_THAT(drill.output, testing::ContainsRegex("good tokens refused .must be 0. +0\n"));
    EXPECT_THAT(drill.output, testing::ContainsRegex("revoked tokens accepted .must be 0. +0\n"));
    EXPECT_THAT(drill.output, testing::ContainsRegex("revocations +1\n"));
    std::cout << drill.output;
    core::run_process({.command = {phasezero, "down"}, .environment = environment}, 60s);
}

}  // namespace
}  // namespace pz::command
