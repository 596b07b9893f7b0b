// What a login role cannot become, read or make, tried as that role.

#include "attempt.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pz::tests {

namespace {

using testkit::acme;

constexpr const char* service_roles[] = {"pz_app", "pz_support", "pz_admin", "pz_identity"};
constexpr const char* all_roles[] = {
    "postgres", "pz_owner", "pz_migrator", "pz_app", "pz_support", "pz_admin", "pz_identity", "pz_backup"
};

class Roles : public ::testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<testkit::TestDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    static inline std::unique_ptr<testkit::TestDatabase> database;
};

TEST_F(Roles, a_service_role_cannot_become_another) {
    for (const auto* role : service_roles) {
        auto connection = database->connect(role);
        for (const std::string target : all_roles) {
            if (target == role) {
                continue;
            }
            EXPECT_EQ(attempt(connection, "set role " + target), insufficient_privilege)
                << role << " -> " << target;
            EXPECT_EQ(attempt(connection, "set session authorization " + target), insufficient_privilege)
                << role;
        }
    }
}

TEST_F(Roles, a_service_role_cannot_switch_the_tenant_from_inside_an_expression) {
    const std::string other = std::string{"'"} + std::string{testkit::globex} + "'";
    for (const auto* role : service_roles) {
        auto connection = database->connect(role);
        EXPECT_EQ(
            attempt_as_tenant(
                connection, acme, "select set_config('app.current_tenant', " + other + ", true)"
            ),
            insufficient_privilege
        ) << role;
        EXPECT_EQ(
            attempt_as_tenant(
                connection,
                acme,
                "update pg_settings set setting = " + other + " where name = 'app.current_tenant'"
            ),
            insufficient_privilege
        ) << role
          << ": the view's rule calls set_config";
    }
}

TEST_F(Roles, switching_row_security_off_raises_instead_of_showing_rows) {
    for (const auto* role : {"pz_app", "pz_support"}) {
        auto connection = database->connect(role);
        EXPECT_EQ(
            attempt_as_tenant(connection, acme, "set local row_security = off; select * from app.item"),
            insufficient_privilege
        );
    }
}

TEST_F(Roles, a_service_role_creates_nothing) {
    for (const auto* role : service_roles) {
        auto connection = database->connect(role);
        EXPECT_EQ(attempt(connection, "create temporary table item (id int)"), insufficient_privilege)
            << role;
        EXPECT_EQ(attempt(connection, "create schema broken"), insufficient_privilege) << role;
        for (const std::string schema : {"public", "app", "platform", "identity"}) {
            EXPECT_EQ(
                attempt(connection, "create table " + schema + ".broken (id int)"), insufficient_privilege
            );
            EXPECT_EQ(
                attempt(
                    connection,
                    "create function " + schema + ".broken() returns int language sql as 'select 1'"
                ),
                insufficient_privilege
            );
        }
        EXPECT_EQ(attempt(connection, "create policy more on app.item using (true)"), insufficient_privilege);
        EXPECT_EQ(
            attempt(connection, "alter table app.item disable row level security"), insufficient_privilege
        );
        EXPECT_EQ(attempt(connection, "drop policy tenant_rw on app.item"), insufficient_privilege);
        EXPECT_EQ(
            attempt(connection, "alter role " + std::string{role} + " bypassrls"), insufficient_privilege
        );
    }
}

TEST_F(Roles, only_the_identity_service_reads_identity) {
    for (const auto* role : {"pz_app", "pz_support", "pz_admin"}) {
        auto connection = database->connect(role);
        for (const std::string table :
             {"person",
              "membership",
              "session",
              "signing_key",
              "login_throttle",
              "totp",
              "recovery_code",
              "mfa_challenge",
              "api_key"}) {
            EXPECT_EQ(attempt(connection, "select * from identity." + table), insufficient_privilege)
                << role << table;
        }
    }
    auto identity = database->connect("pz_identity");
    EXPECT_EQ(identity.value("select count(*) > 0 from identity.person"), "t");
}

TEST_F(Roles, the_identity_service_reads_the_registry_and_does_not_write_it) {
    auto identity = database->connect("pz_identity");
    EXPECT_EQ(identity.value("select count(*) > 1 from platform.tenant"), "t");
    EXPECT_EQ(attempt(identity, "update platform.tenant set state = 'active'"), insufficient_privilege);
}

TEST_F(Roles, the_backup_reads_every_tenant_and_writes_nothing) {
    auto backup = database->connect("pz_backup");
    EXPECT_NE(backup.value("select count(distinct tenant_id) from app.item"), "1");
    EXPECT_EQ(attempt(backup, "delete from app.item"), read_only_transaction);
    backup.execute_script("set default_transaction_read_only = off");
    EXPECT_EQ(attempt(backup, "delete from app.item"), insufficient_privilege)
        << "the setting is a courtesy, the missing grant is the wall";
}

TEST_F(Roles, the_migrator_acts_as_the_owner) {
    auto migrator = database->connect("pz_migrator");
    EXPECT_EQ(migrator.value("select session_user || ' as ' || current_user"), "pz_migrator as pz_owner");
}

TEST_F(Roles, a_data_migration_behind_a_policy_raises_instead_of_changing_nothing) {
    auto migrator = database->connect("pz_migrator");
    EXPECT_EQ(attempt(migrator, "update app.item set version = version"), insufficient_privilege);
}

TEST_F(Roles, what_the_migrator_makes_belongs_to_the_owner) {
    auto migrator = database->connect("pz_migrator");
    migrator.execute_script("begin; create table app.made (tenant_id uuid)");
    EXPECT_EQ(
        migrator.value("select relowner::regrole from pg_class where oid = 'app.made'::regclass"), "pz_owner"
    );
    migrator.execute_script("rollback");
}

}  // namespace

}  // namespace pz::tests
