// Every statement of product-core-api against the migrated schema, as the role that runs it.

#include "attempt.hpp"
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

TEST(ProductStatements, of_a_tenants_request_fit_the_app_and_those_that_read_fit_support) {
    const testkit::TestDatabase database;
    auto app = database.connect("pz_app");
    EXPECT_EQ(prepare_all(app, product::tenant_queries()), Complaints{});
    auto support = database.connect("pz_support");
    EXPECT_EQ(prepare_all(support, product::support_queries()), Complaints{});
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

/// The plan of a statement of the registry, which nothing is known of when it is planned.
std::string plan_of(pg::BlockingConnection& admin, const pg::Query& query) {
    admin.execute_script("prepare " + pg::quote_identifier(query.name()) + " as " + query.sql());
    std::string plan;
    for (const auto& row : admin
                               .query(
                                   "explain (costs off) execute " + pg::quote_identifier(query.name()) +
                                   "(null, null, 21, null, null, 'acme', null, now(), null, null)"
                               )
                               .rows) {
        (plan += row.at(0).value()) += '\n';
    }
    return plan;
}

TEST(ProductStatements, that_list_organizations_walk_one_index_of_many_and_read_a_pages_rows) {
    const testkit::TestDatabase database;
    auto superuser = database.connect_as_superuser();
    superuser.execute_script(
        "insert into platform.tenant (id, slug, name, created_at)"
        "  select gen_random_uuid(), 'many-' || n, 'Many ' || n, now() - n * interval '1 h'"
        "    from generate_series(1, 20000) n"
    );
    superuser.execute_script("vacuum analyze platform.tenant");
    auto admin = database.connect("pz_admin");
    const TenantTransaction transaction{admin, testkit::numbersence};
    admin.execute_script("set local plan_cache_mode = force_generic_plan");
    std::size_t lists = 0;
    for (const pg::Query& query : product::admin_queries()) {
        const std::string_view name{query.name()};
        if (!name.starts_with("registry.list_by_")) {
            continue;
        }
        ++lists;
        const std::string plan = plan_of(admin, query);
        const std::string index = "tenant_by_" + std::string{name.substr(name.rfind('_') + 1)};
        EXPECT_NE(plan.find("Index Only Scan using " + index), std::string::npos) << name << '\n' << plan;
        EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << name << '\n' << plan;
        // The one sort is of the page, above the limit.
        EXPECT_GT(plan.find("Limit"), plan.find("Sort")) << name << '\n' << plan;
        EXPECT_EQ(plan.find("Sort", plan.find("Limit")), std::string::npos) << name << '\n' << plan;
    }
    EXPECT_EQ(lists, 3U);
}

}  // namespace

}  // namespace pz::tests
