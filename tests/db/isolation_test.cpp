// Two tenants, every login role, every verb, on every table of schema app: what row level security does, and
// not only what the catalog says about it.

#include "attempt.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pz::tests {

namespace {

using testkit::acme;
using testkit::globex;

std::string literal(std::string_view text) {
    return "'" + std::string{text} + "'";
}

/// A table of schema app, as the tests need to write into it.
struct TenantTable {
    std::string name;
    /// Columns that a statement may give a value to, comma separated; tenant_id and id are among them.
    std::string columns;
};

/// All tests roll back, so they share one database. Connections are per test.
class Isolation : public ::testing::Test {
 protected:
    static void SetUpTestSuite() {
        database = std::make_unique<testkit::TestDatabase>();
        auto superuser = database->connect_as_superuser();
        const auto found = superuser.query(R"sql(
            select c.oid::regclass::text,
                   string_agg(quote_ident(a.attname), ', ' order by a.attnum) filter (where a.attgenerated = '')
              from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
             group by c.oid order by 1)sql");
        for (const auto& row : found.rows) {
            tables.push_back({row.at(0).value(), row.at(1).value()});
        }
    }

    static void TearDownTestSuite() {
        database.reset();
        tables.clear();
    }

    void SetUp() override { ASSERT_GE(tables.size(), 2U); }

    /// A copy of one of Acme's rows under another tenant's number and a new id, as an INSERT without its last
    /// clause. The row itself travels as a literal: the role that inserts may not be able to read it.
    static std::string insert_copy(const TenantTable& table, std::string_view tenant, std::string_view id) {
        auto superuser = database->connect_as_superuser();
        const std::string row = superuser.value(
            "select quote_literal((to_jsonb(t) || jsonb_build_object('tenant_id', $1::text, 'id', $2::text"
            ", 'name', 'a copy', 'project_id', null))::text)"
            " from " +
                table.name + " t where tenant_id = $3::text::uuid order by id limit 1",
            {std::string{tenant}, std::string{id}, std::string{acme}}
        );
        return "insert into " + table.name + " (" + table.columns + ") select " + table.columns +
               " from jsonb_populate_record(null::" + table.name + ", " + row + "::jsonb)";
    }

    static std::string count(pg::BlockingConnection& connection, const std::string& from_where) {
        return connection.value("select count(*) from " + from_where);
    }

    static constexpr std::string_view new_id = "0197c0de-ffff-7000-8000-000000000001";

    static inline std::unique_ptr<testkit::TestDatabase> database;
    static inline std::vector<TenantTable> tables;
};

TEST_F(Isolation, both_tenants_have_rows_in_every_table) {
    auto superuser = database->connect_as_superuser();
    for (const auto& table : tables) {
        for (const auto tenant : {acme, globex}) {
            EXPECT_NE(count(superuser, table.name + " where tenant_id = " + literal(tenant)), "0")
                << table.name << ": seed it, or this file proves nothing about it";
        }
    }
}

TEST_F(Isolation, an_unbound_session_raises_and_never_sees_nothing) {
    for (const auto* role : {"pz_app", "pz_support"}) {
        for (const auto& table : tables) {
            auto connection = database->connect(role);
            EXPECT_EQ(attempt(connection, "select * from " + table.name), undefined_object)
                << role << table.name;
        }
        auto connection = database->connect(role);
        EXPECT_EQ(attempt(connection, "select * from platform.tenant"), undefined_object) << role;
    }
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        EXPECT_EQ(attempt(connection, "update " + table.name + " set version = version"), undefined_object);
        EXPECT_EQ(attempt(connection, "delete from " + table.name), undefined_object);
        EXPECT_EQ(attempt(connection, insert_copy(table, acme, new_id)), undefined_object);
    }
}

TEST_F(Isolation, after_commit_and_after_rollback_the_tenant_is_gone_and_reading_raises) {
    for (const auto* role : {"pz_app", "pz_support"}) {
        for (const auto* end : {"commit", "rollback"}) {
            auto connection = database->connect(role);
            connection.execute_script("begin; set local app.current_tenant = " + literal(acme));
            EXPECT_EQ(connection.value("select current_setting('app.current_tenant')"), acme);
            EXPECT_NE(count(connection, "app.item"), "0");
            connection.execute_script(end);
            EXPECT_EQ(
                connection.value("select coalesce(current_setting('app.current_tenant', true), '')"), ""
            );
            EXPECT_EQ(attempt(connection, "select * from app.item"), invalid_text) << role << end;
        }
    }
}

TEST_F(Isolation, a_tenant_that_is_not_a_uuid_raises) {
    auto connection = database->connect("pz_app");
    for (const auto* text : {"", "*", "acme", "' or true --", "00000000"}) {
        connection.execute_script("begin");
        connection.query("set local app.current_tenant = $text$" + std::string{text} + "$text$");
        EXPECT_EQ(sqlstate_of(connection, "select * from app.item"), invalid_text) << text;
        connection.execute_script("rollback");
    }
}

TEST_F(Isolation, select_shows_the_bound_tenants_rows_and_no_other) {
    auto superuser = database->connect_as_superuser();
    for (const auto* role : {"pz_app", "pz_support"}) {
        auto connection = database->connect(role);
        for (const auto& table : tables) {
            const TenantTransaction transaction{connection, globex};
            EXPECT_EQ(count(connection, table.name + " where tenant_id <> " + literal(globex)), "0");
            EXPECT_EQ(count(connection, table.name + " where tenant_id = " + literal(acme)), "0");
            EXPECT_EQ(
                count(connection, table.name),
                count(superuser, table.name + " where tenant_id = " + literal(globex))
            ) << role
              << table.name;
        }
    }
}

TEST_F(Isolation, a_parameter_that_names_another_tenant_returns_no_row) {
    auto connection = database->connect("pz_app");
    for (const auto* plan : {"force_generic_plan", "force_custom_plan"}) {
        const TenantTransaction transaction{connection, globex};
        connection.execute_script("set local plan_cache_mode = " + std::string{plan});
        for (const auto& table : tables) {
            const auto rows = connection.query(
                "select id from " + table.name + " where tenant_id = $1::text::uuid", {std::string{acme}}
            );
            EXPECT_TRUE(rows.rows.empty()) << table.name;
        }
    }
}

TEST_F(Isolation, a_prepared_statement_follows_the_tenant_of_its_transaction) {
    auto connection = database->connect("pz_app");
    connection.execute_script(
        "set plan_cache_mode = force_generic_plan; prepare all_items as select tenant_id from app.item"
    );
    for (const auto tenant : {acme, globex, acme}) {
        const TenantTransaction transaction{connection, tenant};
        const auto rows = connection.query("execute all_items").rows;
        ASSERT_FALSE(rows.empty());
        for (const auto& row : rows) {
            EXPECT_EQ(row.at(0), tenant);
        }
    }
}

TEST_F(Isolation, insert_for_another_tenant_is_refused) {
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const std::string insert = insert_copy(table, acme, new_id);
        EXPECT_EQ(attempt_as_tenant(connection, globex, insert), insufficient_privilege) << table.name;
        EXPECT_EQ(attempt_as_tenant(connection, globex, insert + " returning *"), insufficient_privilege);
        EXPECT_EQ(
            attempt_as_tenant(connection, globex, insert + " on conflict do nothing"), insufficient_privilege
        );
        EXPECT_EQ(attempt_as_tenant(connection, acme, insert), "00000") << "the same row is fine at home";
    }
}

TEST_F(Isolation, the_id_of_another_tenants_row_can_be_used_again) {
    auto superuser = database->connect_as_superuser();
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const std::string id = superuser.value(
            "select id from " + table.name + " where tenant_id = " + literal(acme) + " order by id limit 1"
        );
        EXPECT_EQ(attempt_as_tenant(connection, globex, insert_copy(table, globex, id)), "00000")
            << table.name << ": a conflict would tell that the row exists";
    }
}

TEST_F(Isolation, on_conflict_update_reaches_no_other_tenants_row) {
    auto superuser = database->connect_as_superuser();
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const std::string id = superuser.value(
            "select id from " + table.name + " where tenant_id = " + literal(acme) + " order by id limit 1"
        );
        const std::string upsert =
            insert_copy(table, acme, id) + " on conflict (tenant_id, id) do update set version = 1000";
        EXPECT_EQ(attempt_as_tenant(connection, globex, upsert), insufficient_privilege) << table.name;
    }
}

TEST_F(Isolation, update_cannot_move_a_row_into_another_tenant_with_or_without_where) {
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const std::string move = "update " + table.name + " set tenant_id = " + literal(acme);
        EXPECT_EQ(attempt_as_tenant(connection, globex, move), insufficient_privilege) << table.name;
        EXPECT_EQ(
            attempt_as_tenant(connection, globex, move + " where tenant_id = " + literal(globex)),
            insufficient_privilege
        ) << table.name;
        EXPECT_EQ(attempt_as_tenant(connection, globex, move + " returning id"), insufficient_privilege);
    }
}

TEST_F(Isolation, update_and_delete_touch_no_other_tenants_row) {
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const TenantTransaction transaction{connection, globex};
        const std::string own = count(connection, table.name);
        const std::string foreign = " where tenant_id = " + literal(acme);
        EXPECT_EQ(
            connection.query("update " + table.name + " set version = 0" + foreign).command_tag, "UPDATE 0"
        );
        EXPECT_EQ(connection.query("delete from " + table.name + foreign).command_tag, "DELETE 0");
        EXPECT_EQ(connection.query("update " + table.name + " set version = 2").command_tag, "UPDATE " + own);
        EXPECT_EQ(connection.query("select * from " + table.name + foreign + " for update").rows.size(), 0U);
    }
}

TEST_F(Isolation, deleting_everything_deletes_only_ones_own) {
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        const TenantTransaction transaction{connection, globex};
        connection.execute_script("delete from " + table.name);
        connection.execute_script("set local app.current_tenant = " + literal(acme));
        EXPECT_NE(count(connection, table.name), "0") << table.name;
    }
}

TEST_F(Isolation, merge_reaches_no_other_tenants_row) {
    auto superuser = database->connect_as_superuser();
    const std::string before =
        superuser.value("select sum(version) from app.project where tenant_id = " + literal(acme));
    auto connection = database->connect("pz_app");
    const std::string source = "merge into app.project t using (values (" + literal(acme) + "::uuid, " +
                               literal(new_id) + "::uuid)) s (tenant_id, id) on t.tenant_id = s.tenant_id ";
    {
        const TenantTransaction transaction{connection, globex};
        const auto result = connection.query(source + "when matched then update set version = 0");
        EXPECT_EQ(result.command_tag, "MERGE 0");
    }
    EXPECT_EQ(
        attempt_as_tenant(
            connection,
            globex,
            source +
                "when not matched then insert (tenant_id, id, name) values (s.tenant_id, s.id, 'planted')"
        ),
        insufficient_privilege
    );
    EXPECT_EQ(
        superuser.value("select sum(version) from app.project where tenant_id = " + literal(acme)), before
    );
}

TEST_F(Isolation, truncate_is_refused) {
    for (const auto* role : {"pz_app", "pz_support", "pz_admin", "pz_identity"}) {
        auto connection = database->connect(role);
        for (const auto& table : tables) {
            EXPECT_EQ(
                attempt_as_tenant(connection, globex, "truncate " + table.name + " cascade"),
                insufficient_privilege
            ) << role
              << table.name;
        }
    }
}

TEST_F(Isolation, copy_from_is_refused) {
    auto connection = database->connect("pz_app");
    for (const auto& table : tables) {
        EXPECT_EQ(attempt_as_tenant(connection, globex, "copy " + table.name + " from stdin"), "0A000")
            << table.name;
    }
}

TEST_F(Isolation, a_row_cannot_refer_to_another_tenants_row) {
    auto superuser = database->connect_as_superuser();
    const std::string project = superuser.value(
        "select id from app.project where tenant_id = " + literal(acme) + " order by id limit 1"
    );
    const std::string insert = "insert into app.item (tenant_id, id, project_id, title) values (" +
                               literal(globex) + ", " + literal(new_id) + ", " + literal(project) +
                               ", 'refers across')";
    const std::string update =
        "update app.item set project_id = " + literal(project) + " where tenant_id = " + literal(globex);
    auto connection = database->connect("pz_app");
    EXPECT_EQ(attempt_as_tenant(connection, globex, insert), foreign_key_violation);
    EXPECT_EQ(attempt_as_tenant(connection, globex, update), foreign_key_violation);
    EXPECT_EQ(attempt_as_tenant(superuser, globex, insert), foreign_key_violation)
        << "not even the superuser can";
}

TEST_F(Isolation, deleting_a_project_takes_its_own_tenants_items_only) {
    auto connection = database->connect("pz_app");
    auto superuser = database->connect_as_superuser();
    const std::string foreign = count(superuser, "app.item where tenant_id = " + literal(acme));
    const TenantTransaction transaction{connection, globex};
    connection.execute_script("delete from app.project");
    EXPECT_EQ(count(connection, "app.item where project_id is not null"), "0");
    connection.execute_script("set local app.current_tenant = " + literal(acme));
    EXPECT_EQ(count(connection, "app.item"), foreign);
}

TEST_F(Isolation, support_reads_and_cannot_write) {
    auto connection = database->connect("pz_support");
    for (const auto& table : tables) {
        EXPECT_EQ(attempt_as_tenant(connection, acme, "select * from " + table.name), "00000");
        EXPECT_EQ(
            attempt_as_tenant(connection, acme, insert_copy(table, acme, new_id)), insufficient_privilege
        );
        EXPECT_EQ(
            attempt_as_tenant(connection, acme, "update " + table.name + " set version = 0"),
            insufficient_privilege
        );
        EXPECT_EQ(attempt_as_tenant(connection, acme, "delete from " + table.name), insufficient_privilege);
        EXPECT_EQ(
            attempt_as_tenant(connection, acme, "select * from " + table.name + " for update"),
            insufficient_privilege
        );
    }
}

TEST_F(Isolation, the_platform_reads_across_tenants_and_cannot_write_business_rows) {
    auto connection = database->connect("pz_admin");
    for (const auto& table : tables) {
        EXPECT_NE(connection.value("select count(distinct tenant_id) from " + table.name), "1");
        EXPECT_EQ(attempt(connection, insert_copy(table, acme, new_id)), insufficient_privilege);
        EXPECT_EQ(attempt(connection, "update " + table.name + " set version = 0"), insufficient_privilege);
        EXPECT_EQ(attempt(connection, "delete from " + table.name), insufficient_privilege);
    }
}

TEST_F(Isolation, the_identity_service_sees_no_business_row) {
    auto connection = database->connect("pz_identity");
    for (const auto& table : tables) {
        EXPECT_EQ(attempt_as_tenant(connection, acme, "select * from " + table.name), insufficient_privilege);
    }
}

TEST_F(Isolation, a_tenant_sees_its_own_line_of_the_registry_and_changes_none) {
    for (const auto* role : {"pz_app", "pz_support"}) {
        auto connection = database->connect(role);
        {
            const TenantTransaction transaction{connection, globex};
            EXPECT_EQ(connection.value("select id from platform.tenant"), globex);
        }
        EXPECT_EQ(
            attempt_as_tenant(connection, globex, "update platform.tenant set plan = 'enterprise'"),
            insufficient_privilege
        );
    }
}

}  // namespace

}  // namespace pz::tests
