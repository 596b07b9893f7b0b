// `phasezero audit`, the real program: what it prints, and the exit codes that scripts rely on.
#include <pz/audit/chain.hpp>
#include <pz/audit/checkpointer.hpp>
#include <pz/audit/event.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/core/process.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>
#include <pz/testkit/world.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command {
namespace {

using namespace std::chrono_literals;
using core::Uuid;
using testing::HasSubstr;

class AuditCommand : public testing::Test {
 protected:
    AuditCommand() {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < 7; ++i) {
            audit::Event event;
            event.chain = chain_;
            event.id = Uuid::v7(clock_);
            event.time = clock_.now();
            event.action = "item.created";
            const audit::OpenBody body = event.open_body();
            (void)connection.query(
                "select audit.append($1, $2, $3, 'item.created', 'success', null, null, null, $4, $5)",
                {chain_.to_string(),
                 event.id.to_string(),
                 core::to_string(event.time),
                 body.before,
                 body.after}
            );
        }
        auto admin = database_.connect("pz_admin");
        (void)audit::make_checkpoints(
            admin, key_, clock_, {.folder = audit::Folder{directory_.path()}}, [](const auto&, const auto&) {}
        );
        write("keys.json", crypto::KeySet{{key_.public_key()}}.to_json());
        write("others.json", crypto::KeySet{{crypto::SigningKey::generate().public_key()}}.to_json());
    }

    [[nodiscard]] std::string path(std::string_view name) const {
        return (directory_.path() / name).string();
    }

    void write(std::string_view name, std::string_view text) const { std::ofstream{path(name)} << text; }

    /// Standard output and standard error together, without the work tree's own database.
    core::ProcessResult run(
        const std::vector<std::string>& words, const std::vector<std::string>& settings = {}
    ) const {
        std::vector<std::string> command{
            "/bin/sh",
            "-c",
            R"(exec "$@" 2>&1 </dev/null)",
            "sh",
            testkit::program("phasezero").string(),
            "audit"
        };
        command.insert(command.end(), words.begin(), words.end());
        std::vector<std::string> environment{
            "PZ_DATABASE_BACKUP=" + database_.connection_string("pz_backup").reveal()
        };
        environment.insert(environment.end(), settings.begin(), settings.end());
        for (char** entry = environ; *entry != nullptr; ++entry) {
            if (!std::string_view{*entry}.starts_with("PZ_")) {
                environment.emplace_back(*entry);
            }
        }
        return core::run_process({.command = command, .environment = environment}, 60s);
    }

    core::SystemClock clock_;
    testkit::TemporaryDirectory directory_{"audit"};
    testkit::TestDatabase database_;
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    Uuid chain_ = Uuid::v7(clock_);
};

TEST_F(AuditCommand, verifies_the_database_and_finds_what_was_done_to_it) {
    const std::vector<std::string> everything{
        "verify", "--jwks", path("keys.json"), "--checkpoints", path("checkpoints.jws")
    };
    const core::ProcessResult good = run(everything);
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_EQ(good.output, "ok chains=1 events=7 checkpoints=2\n");
    const core::ProcessResult without_keys = run({"verify"});
    EXPECT_THAT(without_keys.output, HasSubstr("signatures were not looked at"));
    EXPECT_THAT(without_keys.output, HasSubstr("ok chains=1 events=7 checkpoints=0\n"));
    EXPECT_EQ(
        run({"verify"}, {"PZ_AUDIT_FOLDER=" + directory_.path().string()}).output,
        "ok chains=1 events=7 checkpoints=2\n"
    );
    const testkit::TemporaryDirectory empty{"audit-empty"};
    const core::ProcessResult nobody_wrote_there =
        run({"verify"}, {"PZ_AUDIT_FOLDER=" + empty.path().string()});
    EXPECT_EQ(nobody_wrote_there.exit_code, 2);
    EXPECT_THAT(nobody_wrote_there.output, HasSubstr("keys.json is not there: let PZ_AUDIT_FOLDER be"));

    auto superuser = database_.connect_as_superuser();
    superuser.execute_script("set session_replication_role = replica; delete from audit.event where seq = 4");
    const core::ProcessResult bad = run(everything);
    EXPECT_EQ(bad.exit_code, 1);
    EXPECT_EQ(bad.output, "broken chain=" + chain_.to_string() + " seq=4 kind=gap\n");
    EXPECT_EQ(run({"verify", "--chain", chain_.to_string()}).exit_code, 1);
}

TEST_F(AuditCommand, an_export_verifies_without_database_and_work_tree) {
    const core::ProcessResult exported = run({"export", "--chain", chain_.to_string()});
    ASSERT_EQ(exported.exit_code, 0) << exported.output;
    write("export", exported.output);
    const std::string program = testkit::program("phasezero").string();
    const core::ProcessResult good = core::run_process(
        {.command = {program, "audit", "verify", "--export", path("export"), "--jwks", path("keys.json")},
         .environment = std::vector<std::string>{"PATH=/usr/bin"},
         .working_directory = "/"},
        60s
    );
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_EQ(good.output, "ok chains=1 events=7 checkpoints=1\n");

    write("cut", exported.output.substr(0, exported.output.size() / 2));
    const core::ProcessResult cut = run({"verify", "--export", path("cut"), "--jwks", path("keys.json")});
    EXPECT_EQ(cut.exit_code, 1) << cut.output;
    EXPECT_THAT(cut.output, HasSubstr("kind=truncated"));
}

TEST_F(AuditCommand, what_cannot_be_found_out_is_one_sentence_and_exit_code_2) {
    write("nonsense", "x\n");
    const std::vector<std::vector<std::string>> questions{
        {"verify", "--jwks", path("others.json")},
        {"verify", "--jwks", path("nonsense")},
        {"verify", "--jwks", path("no such file")},
        {"verify", "--jwks", path("keys.json"), "--checkpoints", path("no such file")},
        {"verify", "--chain", "acme"},
        {"verify", "--chain", Uuid::v7(clock_).to_string()},
        {"verify", "--export", path("nonsense"), "--jwks", path("keys.json")},
        {"verify", "--export", path("nonsense")},
        {"prove-event", "--chain", chain_.to_string(), "--seq", "8"},
        {"check-proof", path("nonsense"), "--jwks", path("keys.json")},
    };
    for (const auto& words : questions) {
        const core::ProcessResult result = run(words);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(words) << result.output;
        EXPECT_EQ(std::ranges::count(result.output, '\n'), 1) << result.output;
    }
}

TEST_F(AuditCommand, proves_one_event_to_somebody_who_sees_no_other) {
    const core::ProcessResult proof = run({"prove-event", "--chain", chain_.to_string(), "--seq", "3"});
    ASSERT_EQ(proof.exit_code, 0) << proof.output;
    write("proof", proof.output);
    const core::ProcessResult good = run({"check-proof", path("proof"), "--jwks", path("keys.json")});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_EQ(good.output, "ok seq=3\n");
    std::string forged = proof.output;
    forged.replace(forged.find("item.created"), 12, "item.deleted");
    write("forged", forged);
    const core::ProcessResult bad = run({"check-proof", path("forged"), "--jwks", path("keys.json")});
    EXPECT_EQ(bad.exit_code, 1) << bad.output;
    EXPECT_EQ(bad.output, "broken seq=3\n");
}

TEST_F(AuditCommand, keys_change_and_old_months_go_by_command) {
    const std::vector<std::string> settings{
        "PZ_DATABASE_ADMIN=" + database_.connection_string("pz_admin").reveal(),
        "PZ_ENCRYPTION_KEYS=" + crypto::FernetRing::generate_key().reveal(),
        "PZ_AUDIT_FOLDER=" + directory_.path().string()
    };
    EXPECT_EQ(run({"keys"}).output, "{\"keys\":[]}\n");
    const core::ProcessResult rotated = run({"rotate-key"}, settings);
    EXPECT_EQ(rotated.exit_code, 0) << rotated.output;
    EXPECT_EQ(run({"rotate-key"}, settings).exit_code, 0);
    const auto keys = crypto::KeySet::parse(run({"keys"}).output);
    ASSERT_TRUE(keys.has_value());
    EXPECT_EQ(keys->keys().size(), 2U) << "the old one stays";
    EXPECT_THAT(run({"keys", "--table"}).output, HasSubstr("signed until"));
    EXPECT_EQ(run({"verify"}, settings).output, "ok chains=1 events=7 checkpoints=2\n")
        << "keys.json has both, and what was there before";
    for (int i = 0; i < 16; ++i) {
        ASSERT_EQ(run({"rotate-key"}, settings).exit_code, 0);
    }
    const auto many = audit::parse_published_keys(run({"keys"}).output);
    ASSERT_TRUE(many.has_value());
    EXPECT_EQ(many->keys().size(), 18U) << "no key is ever one too many";
    EXPECT_EQ(run({"verify"}, settings).output, "ok chains=1 events=7 checkpoints=2\n");

    EXPECT_EQ(run({"retire", "--before", "2026-13"}, settings).exit_code, 2);
    EXPECT_EQ(run({"retire", "--before", "2999-01"}, settings).exit_code, 2);
    const core::ProcessResult asked = run({"retire", "--before", "2020-01"}, settings);
    EXPECT_EQ(asked.exit_code, 1);
    EXPECT_THAT(asked.output, HasSubstr("--yes"));
    const core::ProcessResult retired = run({"retire", "--before", "2020-01", "--yes"}, settings);
    EXPECT_EQ(retired.exit_code, 0) << retired.output;
    EXPECT_THAT(retired.output, HasSubstr("0 months retired: 0 events of 0 chains"));
    EXPECT_EQ(run({"verify"}, settings).exit_code, 0);
}

}  // namespace
}  // namespace pz::command
