// Who may still act, asked inside the request's own transaction: by the statement that the services send, and
// by the function behind it. Both must say the same.

#include "attempt.hpp"

#include <pz/tenancy/database.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>

namespace pz::tests {

namespace {

using namespace std::string_literals;
using testkit::acme;
using testkit::acme_admin;
using testkit::acme_user;
using testkit::globex;

constexpr std::string_view live = "00000";
constexpr std::string_view session_ended = "PZ401";
constexpr std::string_view tenant_suspended = "PZ403";
constexpr std::string_view tenant_read_only = "PZ423";
constexpr std::string_view key_revoked = "PZ498";

/// A token's claims, as they reach the statement.
struct Claims {
    std::optional<std::string> person{acme_admin.person};
    int person_epoch = 1;
    int tenant_epoch = 1;
    std::optional<std::string> session{"0197c0de-ffff-7000-8000-0000000000aa"};
    std::string signing_key = "good";
};

/// Each test has a database of its own, because what it changes must be committed: the role under test is
/// another session.
class Liveness : public ::testing::Test {
 protected:
    void SetUp() override {
        arrange(R"sql(
            insert into identity.signing_key (kid, algorithm, state, public_jwk, private_key_encrypted)
            values ('good', 'ES256', 'active', '{}', 'x'), ('bad', 'ES256', 'next', '{}', 'x');
            insert into identity.session
            (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time, idle_expires_at, expires_at)
            select '0197c0de-ffff-7000-8000-0000000000aa', p.id, m.tenant_id, '\x00112233445566778899aabbccddeeff',
                   now(), now(), now(), now() + interval '1 hour', now() + interval '1 hour'
              from identity.person p join identity.membership m on m.person_id = p.id where p.email = 'admin@acme.example')sql"
        );
    }

    void arrange(const std::string& sql) { database_.connect_as_superuser().execute_script(sql); }

    /// The SQLSTATE of a request: "00000" when it may go on.
    std::string verdict(
        const Claims& claims, bool writes = false, std::string_view tenant = acme, const char* role = "pz_app"
    ) {
        const std::string function = verdict_of(
            "select platform.require_live_token($6::text, $1::uuid, $2::int, $3::int, $4::uuid, $5::boolean)"
            " where $7::uuid is not null",
            claims,
            writes,
            tenant,
            role
        );
        const std::string statement = verdict_of(services_statement(), claims, writes, tenant, role);
        EXPECT_EQ(statement, function);
        return statement;
    }

    static std::string services_statement() {
        for (const pg::Query& query : tenancy::queries()) {
            if (std::string_view{query.name()} == "tenancy.require_live") {
                return query.sql();
            }
        }
        throw std::logic_error("libs/tenancy has no statement of this name");
    }

    std::string verdict_of(
        const std::string& sql, const Claims& claims, bool writes, std::string_view tenant, const char* role
    ) {
        auto connection = database_.connect(role);
        const TenantTransaction transaction{connection, tenant};
        try {
            connection.query(
                sql,
                {claims.person,
                 std::to_string(claims.person_epoch),
                 std::to_string(claims.tenant_epoch),
                 claims.session,
                 writes ? "true" : "false",
                 claims.signing_key,
                 std::string{tenant}}
            );
            return std::string{live};
        } catch (const pg::BlockingError& error) {
            return error.sqlstate();
        }
    }

    /// Whether platform.live_session settles it, so that the function behind it is not asked.
    bool settled(const Claims& claims, bool writes = false) {
        auto connection = database_.connect_as_superuser();
        const std::string body = connection.value(
            "select pg_get_functiondef('platform.require_live_token'::regproc)"
        );
        connection.execute_script(
            "create or replace function platform.require_live_token(signing_key text, person uuid, person_epoch "
            "integer, tenant_epoch integer, session uuid, writes boolean) returns void language plpgsql as "
            "$$ begin raise exception 'asked' using errcode = 'PZ000'; end $$"
        );
        const std::string outcome = verdict_of(services_statement(), claims, writes, acme, "pz_app");
        connection.execute_script(body);
        EXPECT_TRUE(outcome == live || outcome == "PZ000") << outcome;
        return outcome == live;
    }

    static Claims anonymous() { return {.person = std::nullopt, .session = std::nullopt, .signing_key = ""}; }

    testkit::TestDatabase database_;
};

TEST_F(Liveness, a_live_session_passes_for_reads_and_writes_in_every_role_that_serves_requests) {
    EXPECT_EQ(verdict({}), live);
    EXPECT_EQ(verdict({}, /*writes=*/true), live);
    EXPECT_EQ(verdict({}, /*writes=*/false, acme, "pz_support"), live);
    EXPECT_EQ(verdict({}, /*writes=*/false, acme, "pz_admin"), live);
    EXPECT_EQ(verdict({}, /*writes=*/false, acme, "pz_identity"), live);
    EXPECT_EQ(verdict({}, /*writes=*/false, acme, "pz_backup"), insufficient_privilege);
}

TEST_F(Liveness, a_live_session_is_settled_by_one_row_and_everything_else_is_asked_of_the_function) {
    EXPECT_TRUE(settled({}));
    EXPECT_TRUE(settled({}, /*writes=*/true));
    EXPECT_FALSE(settled({.person = std::string{acme_user.person}}));
    EXPECT_FALSE(settled({.person_epoch = 2}));
    EXPECT_FALSE(settled({.tenant_epoch = 2}));
    EXPECT_FALSE(settled({.session = "0197c0de-ffff-7000-8000-0000000000bb"}));
    EXPECT_FALSE(settled({.signing_key = "bad"}));
    EXPECT_FALSE(settled(anonymous()));
}

TEST_F(Liveness, whatever_ends_a_session_takes_its_row_away_in_the_same_transaction) {
    const std::string person = "'" + std::string{acme_admin.person} + "'";
    for (const std::string& end : {
             "update identity.session set revoked_at = now(), revoke_reason = 'forced'"s,
             "update identity.session set expires_at = now() - interval '1 s'"s,
             "delete from identity.session"s,
             "update identity.person set epoch = epoch + 1 where id = " + person,
             "update identity.person set state = 'disabled' where id = " + person,
             "update platform.tenant set epoch = epoch + 1 where slug = 'acme'"s,
             "update platform.tenant set state = 'suspended' where slug = 'acme'"s,
             "update identity.signing_key set state = 'revoked' where kid = 'good'"s,
             "update identity.signing_key set state = 'retiring' where kid = 'good';"
             "update identity.signing_key set state = 'revoked' where kid = 'good'"s,
         }) {
        auto connection = database_.connect_as_superuser();
        const auto rows = [&] {
            return connection.value("select count(*) from platform.live_session where expires_at > now()");
        };
        connection.execute_script("begin");
        EXPECT_EQ(rows(), "1");
        connection.execute_script(end);
        EXPECT_EQ(rows(), "0") << end;
        connection.execute_script("rollback");
        EXPECT_EQ(rows(), "1") << "and the row comes back with the transaction: " << end;
    }
    EXPECT_TRUE(settled({}));
}

TEST_F(Liveness, the_next_token_puts_the_row_back_with_what_holds_then) {
    arrange("update identity.person set epoch = 2 where email = 'admin@acme.example';"
            "update platform.tenant set epoch = 5, state = 'read_only' where slug = 'acme';"
            "update identity.signing_key set state = 'retiring' where kid = 'good';"
            "update identity.signing_key set state = 'active' where kid = 'bad'");
    const Claims next{.person_epoch = 2, .tenant_epoch = 5, .signing_key = "bad"};
    EXPECT_FALSE(settled(next));
    EXPECT_EQ(verdict(next), live) << "the long way";
    arrange("update identity.session set rotated_at = now() + interval '1 s'");
    EXPECT_TRUE(settled(next));
    EXPECT_FALSE(settled(next, /*writes=*/true)) << "the organization is read-only";
    EXPECT_FALSE(settled({}));
}

/// What ends a session, and whether it is first or the session's next token is.
class LivenessRace : public Liveness, public testing::WithParamInterface<std::tuple<const char*, bool>> {};

INSTANTIATE_TEST_SUITE_P(
    of_each_end,
    LivenessRace,
    testing::Combine(
        testing::Values(
            "update identity.person set epoch = epoch + 1 where email = 'admin@acme.example'",
            "update platform.tenant set epoch = epoch + 1 where slug = 'acme'",
            "update identity.signing_key set state = 'revoked' where kid = 'good'"
        ),
        testing::Bool()
    )
);

TEST_P(LivenessRace, of_two_at_once_one_waits_and_no_row_outlives_what_it_says) {
    const auto& [end, ends_first] = GetParam();
    const std::string issue = "update identity.session set rotated_at = rotated_at + interval '1 s'";
    auto first = database_.connect_as_superuser();
    first.execute_script("begin; " + (ends_first ? std::string{end} : issue));
    std::atomic<bool> over = false;
    std::thread second([&] {
        arrange(ends_first ? issue : std::string{end});
        over = true;
    });
    auto observer = database_.connect_as_superuser();
    while (!over && observer.value("select count(*) from pg_locks where not granted") == "0") {
        std::this_thread::yield();
    }
    EXPECT_FALSE(over) << "nobody waited";
    first.execute_script("commit");
    second.join();
    EXPECT_FALSE(settled({})) << "with the token of before";
    EXPECT_NE(verdict({}), live);
}

TEST_F(Liveness, a_tenants_connection_sees_its_own_live_sessions_only) {
    for (const char* role : {"pz_app", "pz_support", "pz_admin", "pz_identity"}) {
        auto connection = database_.connect(role);
        const auto rows = [&] { return connection.value("select count(*) from platform.live_session"); };
        {
            const TenantTransaction transaction{connection, acme};
            EXPECT_EQ(rows(), "1") << role;
        }
        const TenantTransaction transaction{connection, globex};
        EXPECT_EQ(rows(), "0") << role;
    }
}

TEST_F(Liveness, another_person_epoch_than_the_tokens_ends_the_session) {
    EXPECT_EQ(verdict({.person_epoch = 2}), session_ended);
    arrange("update identity.person set epoch = 2 where email = 'admin@acme.example'");
    EXPECT_EQ(verdict({}), session_ended);
    EXPECT_EQ(verdict({.person_epoch = 2}), live);
}

TEST_F(Liveness, another_tenant_epoch_than_the_tokens_ends_the_session) {
    EXPECT_EQ(verdict({.tenant_epoch = 2}), session_ended);
    arrange("update platform.tenant set epoch = 2 where slug = 'acme'");
    EXPECT_EQ(verdict({}), session_ended);
    EXPECT_EQ(verdict({.tenant_epoch = 2}), live);
}

TEST_F(Liveness, a_revoked_session_is_dead) {
    arrange("update identity.session set revoked_at = now(), revoke_reason = 'signed_out'");
    EXPECT_EQ(verdict({}), session_ended);
}

TEST_F(Liveness, an_expired_session_is_dead) {
    arrange("update identity.session set expires_at = now() - interval '1 second'");
    EXPECT_EQ(verdict({}), session_ended);
}

TEST_F(Liveness, an_unknown_or_missing_session_is_dead) {
    EXPECT_EQ(verdict({.session = "0197c0de-ffff-7000-8000-0000000000bb"}), session_ended);
    EXPECT_EQ(verdict({.session = std::nullopt}), session_ended);
}

TEST_F(Liveness, a_token_of_a_revoked_key_is_dead_whatever_else_it_says) {
    EXPECT_EQ(verdict({.signing_key = "bad"}), live);
    arrange("update identity.signing_key set state = 'revoked' where kid = 'bad'");
    EXPECT_EQ(verdict({.signing_key = "bad"}), key_revoked);
    EXPECT_EQ(verdict({.signing_key = "bad"}, /*writes=*/true, acme, "pz_support"), key_revoked);
    EXPECT_EQ(verdict({.signing_key = "bad"}, /*writes=*/true, acme, "pz_admin"), key_revoked);
    EXPECT_EQ(verdict({.session = std::nullopt, .signing_key = "bad"}), key_revoked);
    EXPECT_EQ(verdict({}), live) << "the others' tokens";
    EXPECT_EQ(verdict(anonymous()), live);
}

TEST_F(Liveness, the_previous_releases_check_still_answers) {
    const auto verdict_of_it = [&](const std::string& session) {
        auto connection = database_.connect("pz_app");
        const TenantTransaction transaction{connection, acme};
        return sqlstate_of(
            connection,
            "select platform.require_live('" + std::string{acme_admin.person} + "', 1, 1, '" + session +
                "', false)"
        );
    };
    EXPECT_EQ(verdict_of_it("0197c0de-ffff-7000-8000-0000000000aa"), live);
    EXPECT_EQ(verdict_of_it("0197c0de-ffff-7000-8000-0000000000bb"), session_ended);
}

TEST_F(Liveness, a_disabled_person_is_dead) {
    arrange("update identity.person set state = 'disabled' where email = 'admin@acme.example'");
    EXPECT_EQ(verdict({}), session_ended);
}

TEST_F(Liveness, an_unknown_person_is_dead) {
    EXPECT_EQ(verdict({.person = "0197c0de-ffff-7000-8000-0000000000cc"}), session_ended);
}

TEST_F(Liveness, a_session_of_another_person_is_dead) {
    EXPECT_EQ(verdict({.person = std::string{acme_user.person}}), session_ended);
}

TEST_F(Liveness, a_session_of_another_tenant_is_dead) {
    EXPECT_EQ(verdict({}, /*writes=*/false, globex), session_ended);
}

TEST_F(
    Liveness, every_state_but_trial_active_and_read_only_refuses_all_but_an_admin_whose_data_will_be_deleted
) {
    for (const std::string state :
         {"provisioning", "suspended", "deletion_scheduled", "deleting", "deleted"}) {
        arrange("update platform.tenant set state = '" + state + "' where slug = 'acme'");
        const Claims standard{.person = std::string{acme_user.person}};
        EXPECT_EQ(verdict(standard), tenant_suspended) << state;
        EXPECT_EQ(verdict(anonymous()), tenant_suspended) << state;
        EXPECT_EQ(verdict({}), state == "deletion_scheduled" ? live : tenant_suspended) << state;
    }
    for (const std::string state : {"trial", "active", "read_only"}) {
        arrange("update platform.tenant set state = '" + state + "' where slug = 'acme'");
        EXPECT_EQ(verdict({}), live) << state;
    }
}

TEST_F(Liveness, a_tenant_that_does_not_exist_refuses) {
    EXPECT_EQ(
        verdict(anonymous(), /*writes=*/false, "0197c0de-ffff-7000-8000-0000000000dd"), tenant_suspended
    );
}

TEST_F(Liveness, a_read_only_tenant_reads_and_does_not_write) {
    arrange("update platform.tenant set state = 'read_only' where slug = 'acme'");
    EXPECT_EQ(verdict({}), live);
    EXPECT_EQ(verdict({}, /*writes=*/true), tenant_read_only);
    EXPECT_EQ(verdict(anonymous(), /*writes=*/true), tenant_read_only);
}

TEST_F(Liveness, an_admin_whose_data_will_be_deleted_reads_and_does_not_write) {
    arrange("update platform.tenant set state = 'deletion_scheduled' where slug = 'acme'");
    EXPECT_EQ(verdict({}), live);
    EXPECT_EQ(verdict({}, /*writes=*/true), tenant_read_only);
    EXPECT_EQ(verdict({.tenant_epoch = 2}), session_ended);
    arrange(
        "update identity.membership set state = 'disabled' where person_id = '" +
        std::string{acme_admin.person} + "'"
    );
    EXPECT_EQ(verdict({}), tenant_suspended);
}

TEST_F(Liveness, a_dead_session_of_a_read_only_tenant_hears_about_the_session) {
    arrange(
        "update platform.tenant set state = 'read_only' where slug = 'acme'; update identity.person set "
        "epoch = 9"
    );
    EXPECT_EQ(verdict({}, /*writes=*/true), session_ended);
}

TEST_F(Liveness, nobody_in_particular_is_live_while_the_tenant_is) {
    EXPECT_EQ(verdict(anonymous()), live);
    EXPECT_EQ(verdict(anonymous(), /*writes=*/true), live);
}

TEST_F(Liveness, an_unbound_session_raises) {
    auto connection = database_.connect("pz_app");
    EXPECT_EQ(attempt(connection, "select platform.require_live(null, 1, 1, null, false)"), undefined_object);
}

}  // namespace

}  // namespace pz::tests
