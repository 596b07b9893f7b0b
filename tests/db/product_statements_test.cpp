// Every statement of product-core-api against the migrated schema, as the role that runs it.

#include "routes.hpp"
#include "statements.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

namespace pz::tests {

namespace {

constexpr pg::Query loose_queries[] = {
    {"test.no_predicate", "SELECT id FROM app.item"},
    {"test.by_id_alone", "SELECT id FROM app.item WHERE id = $1"},
    {"test.sorted_late", "SELECT id FROM app.item WHERE tenant_id = $1 ORDER BY description"},
    {"test.folded_late", "SELECT id FROM app.item WHERE lower(title) = $1"},
};

std::vector<pg::Query> only_reading(std::vector<pg::Query> queries) {
    std::erase_if(queries, [](const pg::Query& query) {
        const std::string_view sql{query.sql()};
        return sql.find("INSERT") != sql.npos || sql.find("UPDATE") != sql.npos ||
               sql.find("DELETE") != sql.npos || sql.find("claim_idempotency_key") != sql.npos;
    });
    return queries;
}

TEST(ProductStatements, of_a_tenants_request_fit_the_app_and_those_that_read_fit_support) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    EXPECT_EQ(prepare_all(app, product::tenant_queries()), Complaints{});
    auto support = database.connect("pz_support");
    EXPECT_EQ(prepare_all(support, only_reading(product::tenant_queries())), Complaints{});
}

TEST(ProductStatements, of_platform_staff_fit_the_admin_role) {
    const testkit::TestDatabase database;
    auto admin = database.connect("pz_admin");
    EXPECT_EQ(prepare_all(admin, product::admin_queries()), Complaints{});
}

TEST(ProductStatements, reach_tenant_tables_by_tenant_id_and_check_the_policy_once) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    const auto queries = product::tenant_queries();
    ASSERT_EQ(prepare_all(app, queries), Complaints{});
    EXPECT_EQ(explain_all(app, queries), Complaints{});
}

TEST(ProductStatements, that_forget_the_tenant_are_noticed) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    for (const pg::Query& query : loose_queries) {
        ASSERT_EQ(prepare_all(app, {query}), Complaints{});
        EXPECT_NE(explain_all(app, {query}), Complaints{}) << query.name();
    }
}

TEST(ProductStatements, that_do_not_fit_the_schema_or_the_role_are_noticed) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    EXPECT_EQ(prepare_all(app, {{"test.missing", "SELECT colour FROM app.item"}}).size(), 1U);
    EXPECT_EQ(prepare_all(app, {{"test.forbidden", "SELECT id FROM identity.person"}}).size(), 1U);
    EXPECT_EQ(prepare_all(app, {{"test.twice", "SELECT 1"}, {"test.twice", "SELECT 2"}}).size(), 1U);
}

}  // namespace

}  // namespace pz::tests
