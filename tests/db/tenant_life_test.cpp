// The life of a tenant as the database holds it: every step from every state, what a step ends, and who may
// take one.

#include "attempt.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

namespace pz::tests {

namespace {

using testkit::acme;
using testkit::acme_admin;
using testkit::numbersence;

constexpr std::string_view refused = "PZ409";
const std::string nobody = "00000000-0000-0000-0000-000000000001";

class TenantLife : public ::testing::Test {
 protected:
    void arrange(const std::string& sql) { database_.connect_as_superuser().execute_script(sql); }

    std::string look(const std::string& sql) { return database_.connect_as_superuser().value(sql); }

    static std::string call(
        std::string_view step, std::string_view tenant = acme, const std::string& at = "now()"
    ) {
        return "select platform.take_tenant_step('" + std::string{tenant} + "', '" + std::string{step} +
               "', 'a reason', '" + nobody + "', " + at + ")";
    }

    /// Takes the step and commits; the SQLSTATE.
    std::string take(std::string_view step, std::string_view tenant = acme, const std::string& at = "now()") {
        auto admin = database_.connect("pz_admin");
        admin.execute_script("begin; set local app.current_tenant = '" + std::string{numbersence} + "'");
        std::string outcome = sqlstate_of(admin, call(step, tenant, at));
        admin.execute_script("commit");
        return outcome;
    }

    std::string state() { return look("select state from platform.tenant where slug = 'acme'"); }

    testkit::TestDatabase database_;
};

TEST_F(TenantLife, takes_the_steps_that_lead_on_and_refuses_all_others) {
    const std::map<std::pair<std::string, std::string>, std::string> leads_to{
        {{"provisioning", "start_trial"}, "trial"},
        {{"provisioning", "activate"}, "active"},
        {{"trial", "activate"}, "active"},
        {{"trial", "make_read_only"}, "read_only"},
        {{"trial", "suspend"}, "suspended"},
        {{"trial", "schedule_deletion"}, "deletion_scheduled"},
        {{"active", "make_read_only"}, "read_only"},
        {{"active", "suspend"}, "suspended"},
        {{"active", "schedule_deletion"}, "deletion_scheduled"},
        {{"read_only", "activate"}, "active"},
        {{"read_only", "suspend"}, "suspended"},
        {{"read_only", "schedule_deletion"}, "deletion_scheduled"},
        {{"suspended", "activate"}, "active"},
        {{"suspended", "schedule_deletion"}, "deletion_scheduled"},
        {{"deletion_scheduled", "undo_deletion"}, "trial"},
        {{"deleting", "finish_deletion"}, "deleted"},
    };
    for (const std::string from :
         {"provisioning",
          "trial",
          "active",
          "read_only",
          "suspended",
          "deletion_scheduled",
          "deleting",
          "deleted"}) {
        for (const std::string step :
             {"start_trial",
              "activate",
              "make_read_only",
              "suspend",
              "schedule_deletion",
              "undo_deletion",
              "begin_deletion",
              "finish_deletion",
              "anything_else"}) {
            const bool scheduled = from == "deletion_scheduled";
            arrange(
                "update platform.tenant set state = '" + from + "', epoch = 5, state_before_deletion = " +
                (scheduled ? "'trial', deletion_due_at = now() + interval '1 day'"
                           : "null, deletion_due_at = null") +
                " where slug = 'acme'"
            );
            const auto wanted = leads_to.find({from, step});
            const std::string outcome = take(step);
            if (wanted == leads_to.end()) {
                EXPECT_EQ(outcome, refused) << from << ' ' << step;
                EXPECT_EQ(state(), from) << step;
                EXPECT_EQ(look("select epoch from platform.tenant where slug = 'acme'"), "5");
            } else {
                EXPECT_EQ(outcome, "00000") << from << ' ' << step;
                EXPECT_EQ(state(), wanted->second) << from << ' ' << step;
                EXPECT_EQ(look("select epoch from platform.tenant where slug = 'acme'"), "6") << from << step;
            }
        }
    }
}

TEST_F(TenantLife, gives_thirty_days_to_undo_a_deletion_and_not_one_more) {
    const auto at = [](const std::string& more) { return "'2026-01-01 00:00:00Z'::timestamptz + " + more; };
    ASSERT_EQ(take("schedule_deletion", acme, at("interval '0'")), "00000");
    EXPECT_EQ(take("begin_deletion", acme, at("interval '30 days' - interval '1 us'")), refused);
    EXPECT_EQ(take("undo_deletion", acme, at("interval '30 days'")), refused);
    EXPECT_EQ(take("undo_deletion", acme, at("interval '30 days' - interval '1 us'")), "00000");
    EXPECT_EQ(state(), "active");
    ASSERT_EQ(take("schedule_deletion", acme, at("interval '0'")), "00000");
    EXPECT_EQ(take("begin_deletion", acme, at("interval '30 days'")), "00000");
    EXPECT_EQ(state(), "deleting");
}

TEST_F(TenantLife, says_what_the_state_was_and_nothing_of_an_unknown_tenant) {
    auto admin = database_.connect("pz_admin");
    const TenantTransaction transaction{admin, numbersence};
    EXPECT_EQ(admin.value(call("suspend")), "active");
    EXPECT_EQ(admin.value("select " + call("suspend", nobody).substr(7) + " is null"), "t");
}

TEST_F(TenantLife, never_changes_the_platforms_own_tenant) {
    for (const char* step : {"suspend", "make_read_only", "schedule_deletion"}) {
        EXPECT_EQ(take(step, numbersence), refused) << step;
    }
}

TEST_F(TenantLife, ends_the_sessions_of_people_who_lose_their_access_and_keeps_keys_of_machines) {
    const std::string key = "0197c0de-ffff-7000-8000-0000000000ee";
    const std::string admin_id{acme_admin.person};
    const auto insert_session = [&](const std::string& id, const std::string& person) {
        return "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, "
               "created_at, "
               "auth_time, idle_expires_at, expires_at) values ('" +
               id + "', '" + person + "', '" + std::string{acme} +
               "', '\\x00112233445566778899aabbccddeeff', now(), now(), now(), now() + interval '1 h', "
               "now() + interval '1 h');";
    };
    arrange(
        "insert into identity.person (id, kind, name) values ('" + key + "', 'machine', 'CI');" +
        insert_session(key, key) + insert_session("0197c0de-ffff-7000-8000-0000000000aa", admin_id) +
        "insert into identity.api_key (id, tenant_id, name, role, secret_hash, created_by, created_at) "
        "values ('" +
        key + "', '" + std::string{acme} + "', 'CI', 'admin', decode(repeat('00', 32), 'hex'), '" + admin_id +
        "', now())"
    );
    const std::string live =
        "select string_agg(id::text, ' ') from identity.session where revoked_at is null";
    for (const char* step : {"make_read_only", "activate"}) {
        ASSERT_EQ(take(step), "00000");
        EXPECT_NE(look(live).find("aa"), std::string::npos) << step << " signs nobody out";
    }
    ASSERT_EQ(take("suspend"), "00000");
    EXPECT_EQ(look(live), key);
}

TEST_F(TenantLife, is_changed_by_the_platforms_role_in_the_platforms_tenant_alone) {
    for (const char* role : {"pz_app", "pz_support", "pz_identity", "pz_backup"}) {
        auto connection = database_.connect(role);
        EXPECT_EQ(attempt_as_tenant(connection, numbersence, call("suspend")), insufficient_privilege)
            << role;
    }
    auto admin = database_.connect("pz_admin");
    EXPECT_EQ(attempt_as_tenant(admin, acme, call("suspend")), insufficient_privilege);
    auto unbound = database_.connect("pz_admin");
    EXPECT_EQ(attempt(unbound, call("suspend")), undefined_object);
}

TEST_F(TenantLife, is_written_by_hand_in_name_plan_and_limits_alone) {
    auto admin = database_.connect("pz_admin");
    const auto set = [&](const std::string& column, const std::string& value) {
        return attempt_as_tenant(
            admin,
            numbersence,
            "update platform.tenant set " + column + " = " + value + " where id = '" + std::string{acme} + "'"
        );
    };
    for (const char* column : {"name", "plan"}) {
        EXPECT_EQ(set(column, "'free'"), "00000") << column;
    }
    for (const char* column : {"item_limit", "member_limit", "request_limit"}) {
        EXPECT_EQ(set(column, "7"), "00000") << column;
    }
    for (const char* column :
         {"state",
          "epoch",
          "slug",
          "state_before_deletion",
          "deletion_due_at",
          "erased_at",
          "erasure_certificate",
          "contact_email",
          "created_at",
          "state_changed_by"}) {
        EXPECT_EQ(set(column, "null"), insufficient_privilege) << column;
    }
}

TEST_F(TenantLife, is_buried_once_when_it_is_erased_and_by_the_platform_alone) {
    const std::string bury = "select platform.bury_tenant('" + std::string{acme} + "', 'certificate', now())";
    for (const char* role : {"pz_app", "pz_support", "pz_identity", "pz_backup"}) {
        auto connection = database_.connect(role);
        EXPECT_EQ(attempt_as_tenant(connection, numbersence, bury), insufficient_privilege) << role;
    }
    auto admin = database_.connect("pz_admin");
    EXPECT_EQ(attempt_as_tenant(admin, acme, bury), insufficient_privilege);
    EXPECT_EQ(attempt_as_tenant(admin, numbersence, bury), refused) << "Acme is alive";
    arrange("update platform.tenant set state = 'deleted' where slug = 'acme'");
    EXPECT_EQ(attempt_as_tenant(admin, numbersence, bury), "00000");
    arrange("update platform.tenant set erased_at = now() where slug = 'acme'");
    EXPECT_EQ(attempt_as_tenant(admin, numbersence, bury), refused) << "a certificate is not written over";
}

TEST_F(TenantLife, the_people_of_an_archive_are_those_of_the_bound_tenant) {
    const std::string people =
        "select string_agg(email, ' ' order by email) from platform.people_of_archive()";
    auto app = database_.connect("pz_app");
    EXPECT_EQ(attempt(app, people), undefined_object);
    const TenantTransaction bound(app, acme);
    EXPECT_EQ(app.value(people), "admin@acme.example user@acme.example");
    for (const char* role : {"pz_support", "pz_admin", "pz_identity", "pz_backup"}) {
        auto connection = database_.connect(role);
        EXPECT_EQ(attempt_as_tenant(connection, acme, people), insufficient_privilege) << role;
    }
}

TEST_F(TenantLife, the_first_admin_is_invited_by_the_platforms_role_in_the_platforms_tenant_alone) {
    const std::string invite = "select platform.invite_first_admin('" + std::string{testkit::initech} +
                               "', 'x@example.org', '" + std::string{testkit::platform_admin.person} +
                               "', gen_random_uuid(), gen_random_uuid(), now())";
    for (const char* role : {"pz_app", "pz_support", "pz_identity", "pz_backup"}) {
        auto connection = database_.connect(role);
        EXPECT_EQ(attempt_as_tenant(connection, numbersence, invite), insufficient_privilege) << role;
    }
    auto admin = database_.connect("pz_admin");
    EXPECT_EQ(attempt_as_tenant(admin, acme, invite), insufficient_privilege);
    EXPECT_EQ(attempt_as_tenant(admin, numbersence, invite), refused) << "Initech has an admin";
    arrange(
        "update identity.membership set state = 'disabled' where tenant_id = '" +
        std::string{testkit::initech} + "'"
    );
    EXPECT_EQ(attempt_as_tenant(admin, numbersence, invite), "00000");
}

TEST_F(TenantLife, members_are_counted_for_the_platform_and_for_the_tenant_itself_alone) {
    const std::string count = "select members from platform.count_members('" + std::string{acme} + "')";
    const auto count_as = [&](const char* role, std::string_view tenant) {
        auto connection = database_.connect(role);
        const TenantTransaction transaction{connection, tenant};
        return connection.value(count);
    };
    EXPECT_EQ(count_as("pz_admin", numbersence), "2");
    EXPECT_EQ(count_as("pz_admin", testkit::globex), "0");
    EXPECT_EQ(count_as("pz_app", acme), "2");
    EXPECT_EQ(count_as("pz_app", testkit::globex), "0");
    EXPECT_EQ(count_as("pz_app", numbersence), "0") << "the public tenant is not the platform's role";
    auto identity = database_.connect("pz_identity");
    EXPECT_EQ(attempt_as_tenant(identity, acme, count), insufficient_privilege);
}

}  // namespace

}  // namespace pz::tests
