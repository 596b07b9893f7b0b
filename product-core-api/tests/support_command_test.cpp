// `phasezero selftest support-readonly` and `phasezero audit reconcile`, the real program against the real
// services.

#include "visits.hpp"

#include <pz/core/process.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/testkit/world.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::product {

namespace {

using namespace std::chrono_literals;

class SupportCommand : public testing::Test {
 protected:
    core::ProcessResult run(const std::vector<std::string>& words) {
        std::vector<std::string> command{
            "/bin/sh", "-c", R"(exec "$@" 2>&1 </dev/null)", "sh", testkit::program("phasezero").string()
        };
        command.insert(command.end(), words.begin(), words.end());
        std::vector<std::string> environment;
        for (const auto& [setting, role] :
             {std::pair{"PZ_DATABASE_BACKUP", "pz_backup"}, std::pair{"PZ_DATABASE_SUPPORT", "pz_support"}}) {
            environment.push_back(
                std::string{setting} + '=' + world_.database().connection_string(role).reveal()
            );
        }
        for (char** entry = environ; *entry != nullptr; ++entry) {
            if (!std::string_view{*entry}.starts_with("PZ_")) {
                environment.emplace_back(*entry);
            }
        }
        return core::run_process({.command = command, .environment = environment}, 300s);
    }

    World world_;
};

TEST_F(SupportCommand, selftest_finds_that_a_session_that_reads_changes_nothing_by_sql_or_by_route) {
    const core::ProcessResult result = run(
        {"selftest",
         "support-readonly",
         "--api",
         world_.api().origin(),
         "--identity",
         world_.identity().origin()}
    );
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_NE(result.output.find("ok tables="), std::string::npos) << result.output;
    EXPECT_NE(result.output.find(" routes="), std::string::npos) << result.output;
    world_.database().connect_as_superuser().execute_script("grant update on app.item to pz_support");
    const core::ProcessResult broken = run({"selftest", "support-readonly"});
    EXPECT_EQ(broken.exit_code, 1) << broken.output;
    EXPECT_NE(broken.output.find("app.item"), std::string::npos) << broken.output;
}

TEST_F(SupportCommand, reconcile_compares_what_was_answered_with_what_the_chain_says) {
    std::string session;
    {
        const Visit visit(world_, support_agent, testkit::globex);
        session = visit.id();
        for (int i = 0; i < 3; ++i) {
            ASSERT_EQ(visit.inside().get("/api/v1/items").status(), 200);
        }
    }
    const core::ProcessResult result = run({"audit", "reconcile", "--session", session});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_EQ(result.output, "ok session=" + session + " requests=3 events=3\n");
    world_.database().connect_as_superuser().execute_script(
        "set session_replication_role = replica; update platform.impersonation_session set request_count = 4 "
        "where id = '" +
        session + "'"
    );
    const core::ProcessResult differs = run({"audit", "reconcile", "--session", session});
    EXPECT_EQ(differs.exit_code, 1);
    EXPECT_TRUE(differs.output.starts_with("broken ")) << differs.output;
}

}  // namespace

}  // namespace pz::product
