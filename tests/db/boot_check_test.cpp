// What a service refuses to start with, on databases of the test's own.

#include <pz/tenancy/boot_check.hpp>

#include <pz/core/config.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pz::tests {

namespace {

using tenancy::Reach;

class BootCheck : public ::testing::Test {
 protected:
    /// The sentence, or nothing.
    std::string refusal(
        const std::string& app = "pz_app",
        const std::string& support = "pz_support",
        const std::string& admin = "pz_admin"
    ) {
        try {
            tenancy::refuse_unsafe_database(
                {{"PZ_DATABASE_APP", database_.connection_string(app), Reach::one_tenant},
                 {"PZ_DATABASE_SUPPORT", database_.connection_string(support), Reach::one_tenant},
                 {"PZ_DATABASE_ADMIN", database_.connection_string(admin), Reach::all_tenants}}
            );
        } catch (const core::ConfigError& error) {
            return error.what();
        }
        return "";
    }

    void arrange(const std::string& sql) { database_.connect_as_superuser().execute_script(sql); }

    testkit::TestDatabase database_;
};

TEST_F(BootCheck, lets_the_services_own_roles_start) {
    EXPECT_EQ(refusal(), "");
    auto connection = database_.connect("pz_identity");
    EXPECT_NO_THROW(tenancy::refuse_unsafe_database(
        connection, {{"PZ_DATABASE_IDENTITY", database_.connection_string("pz_identity"), Reach::all_tenants}}
    ));
}

TEST_F(BootCheck, refuses_powerful_roles_and_names_the_setting) {
    const std::string rest = ": row level security would not hold; use the service's own role";
    EXPECT_EQ(refusal("postgres"), "PZ_DATABASE_APP logs in as postgres, which is a superuser" + rest);
    EXPECT_EQ(
        refusal("pz_app", "pz_backup"),
        "PZ_DATABASE_SUPPORT logs in as pz_backup, which bypasses row level security" + rest
    );
    EXPECT_EQ(
        refusal("pz_app", "pz_support", "pz_migrator"),
        "PZ_DATABASE_ADMIN logs in as pz_migrator, which is a member of pz_owner, which owns tables" + rest
    );
}

TEST_F(BootCheck, refuses_a_member_of_a_powerful_role_at_any_depth) {
    auto superuser = database_.connect_as_superuser();
    // Roles belong to the cluster, which other tests share: nothing of this is committed.
    superuser.execute_script(
        "begin; create role boot_between noinherit; grant pz_owner to boot_between; grant boot_between to "
        "pz_app"
    );
    try {
        tenancy::refuse_unsafe_database(
            superuser, {{"PZ_DATABASE_APP", database_.connection_string("pz_app"), Reach::one_tenant}}
        );
        FAIL() << "it started";
    } catch (const core::ConfigError& error) {
        EXPECT_EQ(
            std::string_view{error.what()},
            "PZ_DATABASE_APP logs in as pz_app, which is a member of pz_owner, which owns tables: row level "
            "security "
            "would not hold; use the service's own role"
        );
    }
}

TEST_F(BootCheck, refuses_a_role_that_sees_all_tenants_where_one_is_meant) {
    const std::string sentence = ", which sees all tenants' rows of ";
    EXPECT_EQ(
        refusal("pz_admin"),
        "PZ_DATABASE_APP logs in as pz_admin, which sees all tenants' rows of app.integration; use a role "
        "that sees one"
    );
    EXPECT_TRUE(
        refusal("pz_app", "pz_admin").starts_with("PZ_DATABASE_SUPPORT logs in as pz_admin" + sentence)
    );
    EXPECT_TRUE(refusal("pz_identity").starts_with("PZ_DATABASE_APP logs in as pz_identity" + sentence));
    arrange("create policy planted on app.item for select to public using (true)");
    EXPECT_TRUE(refusal().starts_with("PZ_DATABASE_APP logs in as pz_app" + sentence + "app.item;"));
}

TEST_F(BootCheck, refuses_a_tenant_table_that_is_not_forced) {
    const std::string rest =
        " has a tenant_id, but its row level security is not enabled and forced; phasezero prove says more";
    arrange("alter table app.item no force row level security");
    EXPECT_EQ(refusal(), "the table app.item" + rest);
    arrange("alter table app.item force row level security; alter table app.item disable row level security");
    EXPECT_EQ(refusal(), "the table app.item" + rest);
    arrange("alter table app.item enable row level security; create table public.forgotten (tenant_id uuid)");
    EXPECT_EQ(refusal(), "the table public.forgotten" + rest);
    arrange("drop table public.forgotten");
    EXPECT_EQ(refusal(), "");
}

TEST_F(BootCheck, refuses_a_database_that_lacks_migrations_and_starts_on_a_newer_one) {
    const int newest =
        std::stoi(database_.connect_as_superuser().value("select max(number) from platform.schema_migration")
        );
    arrange(
        "update platform.schema_migration set number = number + 1 where number = " + std::to_string(newest)
    );
    EXPECT_EQ(refusal(), "") << "the release before has to start while the next one is rolled out";
    arrange("delete from platform.schema_migration where number >= " + std::to_string(newest));
    EXPECT_EQ(
        refusal(),
        "the database is at migration " + std::to_string(newest - 1) + ", and this program needs " +
            std::to_string(newest) + ": run phasezero migrate"
    );
    arrange("drop table platform.schema_migration");
    EXPECT_EQ(
        refusal(), "PZ_DATABASE_APP leads to a database that was never migrated: run phasezero migrate"
    );
}

TEST_F(BootCheck, refuses_what_does_not_work_and_waits_for_what_is_away) {
    const auto refuse = [](const std::string& text) -> std::string {
        try {
            tenancy::refuse_unsafe_database({{"PZ_DATABASE_APP", core::SecretString{text}, Reach::one_tenant}}
            );
        } catch (const core::ConfigError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(
        refuse("no connection string"), "PZ_DATABASE_APP does not work: it is not a libpq connection string"
    );
    EXPECT_EQ(refuse("host=/nowhere dbname=x user=y"), "");
}

}  // namespace

}  // namespace pz::tests
