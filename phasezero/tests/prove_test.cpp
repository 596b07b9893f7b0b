// `phasezero prove` on databases: ours, ours with every known fault planted, and other people's.

#include "prove/allow_list.hpp"
#include "prove/faults.hpp"
#include "prove/rules.hpp"

#include <pz/pg/migrator.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pz::command::prove {

namespace {

using Objects = std::vector<std::string>;

/// "L01 app.item: what is wrong", for all that is not allowed.
Objects open_findings(std::vector<Finding> findings, AllowList* list = nullptr) {
    if (list != nullptr) {
        list->apply(findings);
    }
    Objects objects;
    for (const Finding& finding : findings) {
        if (!finding.allowed()) {
            objects.push_back(
                std::string{finding.article->id} + " " + finding.object + ": " + finding.message
            );
        }
    }
    return objects;
}

const Rule& rule_of(std::string_view id) {
    return *std::ranges::find(rules(), id, &Rule::id);
}

AllowList our_allow_list() {
    return AllowList::read(pg::find_database_folder() / "prove.allow");
}

class Prove : public ::testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<testkit::TestDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    static pg::BlockingConnection examiner(std::string_view role = pg::LocalCluster::superuser) {
        pg::BlockingConnection connection = database->connect(role);
        prepare_session(connection);
        return connection;
    }

    static inline std::unique_ptr<testkit::TestDatabase> database;
};

TEST_F(Prove, finds_nothing_in_our_schema_but_what_was_reviewed) {
    auto connection = examiner();
    AllowList list = our_allow_list();
    for (const Rule& rule : rules()) {
        const RuleResult result = run_rule(connection, {}, rule);
        EXPECT_EQ(open_findings(result.findings, &list), Objects{});
        EXPECT_TRUE(!result.not_run || rule.id == "L37") << rule.id << ": " << *result.not_run;
    }
}

TEST_F(Prove, examines_as_an_ordinary_role_what_needs_no_rows) {
    auto connection = examiner("pz_app");
    AllowList list = our_allow_list();
    for (const Rule& rule : rules()) {
        const RuleResult result = run_rule(connection, {}, rule);
        EXPECT_EQ(open_findings(result.findings, &list), Objects{});
        EXPECT_TRUE(!result.not_run || rule.id == "L37" || rule.id == "L38") << rule.id;
    }
}

TEST_F(Prove, turns_red_with_the_right_id_on_every_planted_fault_of_a_rule) {
    auto connection = examiner();
    for (const Fault& fault : planted_faults(find_site(connection, {}))) {
        if (!fault.id.starts_with('L')) {
            continue;
        }
        AllowList list = our_allow_list();
        connection.execute_script("begin read write");
        ASSERT_NO_THROW(connection.execute_script(fault.sql)) << fault.sql;
        EXPECT_NE(open_findings(run_rule(connection, {}, rule_of(fault.id)).findings, &list), Objects{})
            << fault.id << " passed in silence: " << fault.sql;
        connection.execute_script("rollback");
    }
}

TEST_F(Prove, has_a_planted_fault_for_every_rule_that_a_transaction_can_break) {
    auto connection = examiner();
    std::set<std::string_view> planted;
    for (const Fault& fault : planted_faults(find_site(connection, {}))) {
        planted.insert(fault.id);
    }
    for (const Rule& rule : rules()) {
        // The server's version, and the program beside it.
        EXPECT_EQ(planted.contains(rule.id), rule.id != "L30" && rule.id != "L37") << rule.id;
    }
}

TEST_F(Prove, cannot_change_what_it_looks_at) {
    auto connection = examiner();
    EXPECT_THROW(connection.execute_script("create table app.planted (id int)"), pg::BlockingError);
    EXPECT_THROW(connection.execute_script("update app.item set version = 7"), pg::BlockingError);
}

TEST_F(Prove, quotes_names_that_would_be_statements) {
    auto connection = examiner();
    connection.execute_script(R"sql(begin read write;
        create schema "x; drop schema app cascade --";
        create table "x; drop schema app cascade --"."t'""%s{}" ("o'rg" int, id int, primary key (id));
        alter table "x; drop schema app cascade --"."t'""%s{}" enable row level security)sql");
    const Lens lens{
        .schemas = {"x; drop schema app cascade --"},
        .tenant_column = "o'rg",
        .setting = "my.o'rg\"; drop schema app"
    };
    for (const Rule& rule : rules()) {
        EXPECT_NO_THROW(static_cast<void>(run_rule(connection, lens, rule))) << rule.id;
    }
    const RuleResult forced = run_rule(connection, lens, rule_of("L03"));
    ASSERT_EQ(forced.findings.size(), 1U);
    EXPECT_EQ(forced.findings[0].object, R"("x; drop schema app cascade --"."t'""%s{}")");
    EXPECT_NO_THROW(connection.execute_script(forced.findings[0].fix)) << "a fix can be run as it is";
    EXPECT_TRUE(run_rule(connection, lens, rule_of("L03")).findings.empty());
    connection.execute_script("rollback");
}

}  // namespace

}  // namespace pz::command::prove
