// The life of a support session as the database holds it: every state, every step, everybody who might take
// it, and what ends a session without anybody's step. The table below is written by hand and says everything
// that may happen; what it does not say must not.

#include "attempt.hpp"

#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace pz::tests {

namespace {

using testkit::acme, testkit::acme_admin, testkit::acme_user, testkit::globex, testkit::globex_admin,
    testkit::initech, testkit::numbersence, testkit::platform_admin, testkit::support_agent;

const std::string session = "0197c0de-ffff-7000-8000-0000000000b1";
const std::string sign_in = "0197c0de-ffff-7000-8000-0000000000aa";

std::string literal(std::string_view text) {
    return "'" + std::string{text} + "'";
}

/// A session's beginning for each row of the table.
struct Beginning {
    std::string name;
    std::string state;
    std::string mode;
    std::string policy;
};

const std::vector<Beginning> beginnings{
    {"pending rw", "pending", "rw", "notify"},
    {"pending rw, approval", "pending", "rw", "approval"},
    {"pending ro", "pending", "ro", "approval"},
    {"active", "active", "ro", "notify"},
    {"denied", "denied", "ro", "notify"},
    {"expired", "expired", "ro", "notify"},
    {"ended", "ended", "ro", "notify"},
    {"idle", "idle", "ro", "notify"},
    {"revoked", "revoked", "ro", "notify"},
};

/// Who takes a step: the connection and the tenant that tell the database who it is, and the person.
struct Actor {
    std::string name;
    const char* login;
    std::string_view tenant;
    std::string_view person;
    std::string_view role;
};

const std::vector<Actor> actors{
    {"agent", "pz_admin", numbersence, support_agent.person, "support_agent"},
    {"agent inside", "pz_support", acme, support_agent.person, "support_agent"},
    {"another agent", "pz_admin", numbersence, acme_user.person, "support_agent"},
    {"platform admin", "pz_admin", numbersence, platform_admin.person, "platform_admin"},
    {"tenant admin", "pz_app", acme, acme_admin.person, "admin"},
    {"tenant's standard person", "pz_app", acme, acme_user.person, "standard"},
    {"another tenant's admin", "pz_app", globex, globex_admin.person, "admin"},
    {"another tenant's session", "pz_support", globex, support_agent.person, "support_agent"},
};

constexpr const char* nothing = "no such session";

class SupportLife : public ::testing::Test {
 protected:
    void SetUp() override {
        arrange(
            "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
            "auth_time, idle_expires_at, expires_at) values (" +
            literal(sign_in) + ", " + literal(support_agent.person) + ", " + literal(numbersence) +
            ", '\\x00112233445566778899aabbccddeeff', now(), now(), now(), now() + interval '1 hour', now() "
            "+ "
            "interval '1 hour')"
        );
    }

    void arrange(const std::string& sql) { superuser_.execute_script(sql); }

    std::string look(const std::string& sql) { return superuser_.value(sql); }

    pg::BlockingConnection& connection_of(const char* login) {
        const auto found = connections_.find(login);
        return found != connections_.end()
                   ? found->second
                   : connections_.emplace(login, database_.connect(login)).first->second;
    }

    void begin_as(const Beginning& beginning) {
        const bool pending = beginning.state == "pending";
        const bool open = pending || beginning.state == "active";
        arrange(
            "delete from platform.support_policy; delete from platform.impersonation_session;"
            "insert into platform.support_policy (tenant_id, policy, updated_at) values (" +
            literal(acme) + ", " + literal(beginning.policy) +
            ", now());"
            "insert into platform.impersonation_session (tenant_id, id, agent_id, agent_role, "
            "agent_session_id, "
            "mode, state, reason, requested_at, started_at, last_request_at, expires_at, ended_at, "
            "approved_by) "
            "values (" +
            literal(acme) + ", " + literal(session) + ", " + literal(support_agent.person) +
            ", 'support_agent', " + literal(sign_in) + ", " + literal(beginning.mode) + ", " +
            literal(beginning.state) + ", 'because a test wants it', now(), " +
            (pending ? "null, null, null" : "now(), now(), now() + interval '30 minutes'") + ", " +
            (open ? "null" : "now()") + ", null)"
        );
    }

    /// The state that the step leads to, the SQLSTATE of its refusal, or that there is nothing for this
    /// person.
    std::string take(const Actor& actor, const std::string& step) {
        pg::BlockingConnection& connection = connection_of(actor.login);
        connection.execute_script("begin; set local app.current_tenant = " + literal(actor.tenant));
        try {
            const auto taken = connection.query(
                "select after from platform.take_impersonation_step($1::text::uuid, $2, $3::text::uuid, $4, "
                "now())",
                {session, step, std::string{actor.person}, std::string{actor.role}}
            );
            connection.execute_script("commit");
            return taken.rows.empty() ? nothing : taken.rows.front().at(0).value();
        } catch (const pg::BlockingError& error) {
            connection.execute_script("rollback");
            return error.sqlstate();
        }
    }

    std::string state() { return look("select state from platform.impersonation_session"); }

    /// A start by the support agent: the refusal, or "started".
    std::string start(
        std::string_view tenant,
        const std::string& mode = "ro",
        const Actor& agent = actors.front(),
        const std::string& person = "null"
    ) {
        pg::BlockingConnection& admin = connection_of("pz_admin");
        admin.execute_script("begin; set local app.current_tenant = " + literal(numbersence));
        try {
            const auto begun = admin.query(
                "select refusal, coalesce(is_new, false) from platform.start_impersonation($1::text::uuid, "
                "gen_random_uuid(), "
                "$2::text::uuid, $3, $4::text::uuid, " +
                    person + ", $5, 30::smallint, 'because a test wants it', null, false, 10, now())",
                {std::string{tenant}, std::string{agent.person}, std::string{agent.role}, sign_in, mode}
            );
            admin.execute_script("commit");
            return begun.rows.front().at(0).value_or(
                begun.rows.front().at(1).value() == "t" ? "started" : "the same"
            );
        } catch (const pg::BlockingError& error) {
            admin.execute_script("rollback");
            return error.sqlstate();
        }
    }

    testkit::TestDatabase database_;
    pg::BlockingConnection superuser_ = database_.connect_as_superuser();
    std::map<std::string, pg::BlockingConnection> connections_;
};

TEST_F(SupportLife, every_state_meets_every_step_of_everybody) {
    // Of approve, deny and end: where each leads. PZ409 does not lead on, PZ451 is another person's to take.
    using Cells = std::vector<std::string>;
    const Cells invisible{nothing, nothing, nothing};
    const std::string no = "PZ409";
    const std::string other = "PZ451";
    std::size_t cells = 0;
    for (const Beginning& beginning : beginnings) {
        const bool over = beginning.state != "pending" && beginning.state != "active";
        std::map<std::string, Cells> expected;
        for (const Actor& actor : actors) {
            expected[actor.name] = invisible;
        }
        for (const char* name : {"agent", "agent inside"}) {
            expected[name] = over                          ? Cells{no, no, beginning.state}
                             : beginning.state == "active" ? Cells{no, no, "ended"}
                                                           : Cells{other, other, "denied"};
        }
        for (const char* name : {"platform admin", "tenant admin"}) {
            expected[name] = over                          ? Cells{no, no, beginning.state}
                             : beginning.state == "active" ? Cells{no, no, "revoked"}
                                                           : Cells{"active", "denied", "denied"};
        }
        if (beginning.policy == "approval") {
            expected["platform admin"] = {other, other, "denied"};
        }
        for (const Actor& actor : actors) {
            const char* const steps[] = {"approve", "deny", "end"};
            for (std::size_t i = 0; i < std::size(steps); ++i) {
                begin_as(beginning);
                const std::string& wanted = expected.at(actor.name).at(i);
                EXPECT_EQ(take(actor, steps[i]), wanted)
                    << beginning.name << ", " << steps[i] << " by " << actor.name;
                const bool moved = wanted != nothing && !wanted.starts_with("PZ");
                EXPECT_EQ(state(), moved ? wanted : beginning.state)
                    << beginning.name << ", " << steps[i] << " by " << actor.name;
                ++cells;
            }
        }
    }
    EXPECT_EQ(cells, beginnings.size() * actors.size() * 3);
}

TEST_F(SupportLife, whatever_takes_the_ground_away_ends_what_is_open_at_once_and_nothing_else) {
    const std::string agent = literal(support_agent.person);

    struct Event {
        std::string sql;
        std::string because;
    };

    const std::vector<Event> events{
        {"update identity.person set state = 'disabled' where id = " + agent, "agent_changed"},
        {"update identity.person set epoch = epoch + 1 where id = " + agent, "agent_changed"},
        {"update identity.membership set state = 'disabled' where person_id = " + agent, "agent_changed"},
        {"update identity.membership set role = 'platform_admin' where person_id = " + agent, "agent_changed"
        },
        {"delete from identity.membership where person_id = " + agent, "agent_changed"},
        {"update identity.session set revoked_at = now(), revoke_reason = 'forced' where id = " +
             literal(sign_in),
         "signed_out"},
        {"delete from identity.session where id = " + literal(sign_in), "signed_out"},
        {"update platform.tenant set state = 'suspended', epoch = epoch + 1 where slug = 'acme'",
         "organization"},
        {"update platform.tenant set state = 'read_only', epoch = epoch + 1 where slug = 'acme'",
         "organization"},
    };
    for (const Event& event : events) {
        for (const Beginning& beginning : beginnings) {
            begin_as(beginning);
            pg::BlockingConnection& connection = superuser_;
            connection.execute_script("begin; " + event.sql);
            const std::string after = beginning.state == "pending"  ? "denied"
                                      : beginning.state == "active" ? "revoked"
                                                                    : beginning.state;
            EXPECT_EQ(connection.value("select state from platform.impersonation_session"), after)
                << beginning.name << ": " << event.sql;
            if (after != beginning.state) {
                EXPECT_EQ(
                    connection.value(
                        "select ended_because || ' ' || recorded from platform.impersonation_session"
                    ),
                    event.because + " false"
                );
            }
            connection.execute_script("rollback");
        }
    }
}

TEST_F(SupportLife, a_policy_of_deny_ends_what_is_open_when_it_commits) {
    for (const Beginning& beginning : beginnings) {
        begin_as(beginning);
        connection_of("pz_app").execute_script(
            "begin; set local app.current_tenant = " + literal(acme) +
            "; select platform.set_support_policy('deny', null, " + literal(acme_admin.person) +
            ", now()); commit"
        );
        EXPECT_EQ(
            state(),
            beginning.state == "pending"  ? "denied"
            : beginning.state == "active" ? "revoked"
                                          : beginning.state
        ) << beginning.name;
    }
    EXPECT_EQ(start(acme), "denied");
}

TEST_F(SupportLife, time_ends_what_is_open_also_while_nobody_writes_it_down) {
    const std::string over = "select state from platform.support_sessions(now() + interval '";
    const auto at = [&](const char* later) { return look(over + later + "')"); };
    begin_as(beginnings.at(0));
    EXPECT_EQ(at("59 minutes"), "pending");
    EXPECT_EQ(at("60 minutes"), "expired");
    begin_as(beginnings.at(3));
    EXPECT_EQ(at("9 minutes"), "active");
    EXPECT_EQ(at("10 minutes"), "idle");
    arrange("update platform.impersonation_session set last_request_at = now() + interval '25 minutes'");
    EXPECT_EQ(at("29 minutes"), "active");
    EXPECT_EQ(at("30 minutes"), "expired");
    const auto lapse = [&](const char* later) {
        auto admin = database_.connect("pz_admin");
        admin.execute_script("begin; set local app.current_tenant = " + literal(numbersence));
        std::string count = admin.value(
            "select platform.lapse_impersonations(now() + interval '" + std::string{later} + "', null, null)"
        );
        admin.execute_script("commit");
        return count;
    };
    EXPECT_EQ(lapse("29 minutes"), "0");
    EXPECT_EQ(lapse("30 minutes"), "1");
    EXPECT_EQ(lapse("30 minutes"), "0");
    EXPECT_EQ(
        look("select state || ' ' || ended_because || ' ' || recorded from platform.impersonation_session"),
        "expired time false"
    );
    EXPECT_EQ(take(actors.front(), "end"), "expired")
        << "ending what is over is no error and changes nothing";
    EXPECT_EQ(state(), "expired");
}

TEST_F(SupportLife, no_staff_targets_no_admins_and_nobody_of_another_organization) {
    EXPECT_EQ(start(acme, "ro", actors.front(), literal(acme_admin.person)), "staff_or_admin");
    EXPECT_EQ(start(acme, "ro", actors.front(), literal(platform_admin.person)), "unknown_person");
    EXPECT_EQ(start(acme, "ro", actors.front(), literal(globex_admin.person)), "unknown_person");
    arrange(
        "insert into identity.membership (tenant_id, person_id, role) values (" + literal(acme) + ", " +
        literal(platform_admin.person) + ", 'standard')"
    );
    EXPECT_EQ(start(acme, "ro", actors.front(), literal(platform_admin.person)), "staff_or_admin");
    EXPECT_EQ(start(acme, "ro", actors.front(), literal(acme_user.person)), "started");
}

TEST_F(SupportLife, a_second_start_gives_the_same_session_and_the_fourth_organization_none) {
    EXPECT_EQ(start(numbersence), "own_organization");
    EXPECT_EQ(start("0197c0de-ffff-7000-8000-0000000000ff"), "no_organization");
    EXPECT_EQ(start(initech), "suspended");
    EXPECT_EQ(start(acme), "started");
    EXPECT_EQ(start(acme), "the same");
    EXPECT_EQ(start(acme, "rw"), "the same");
    arrange(
        "insert into platform.tenant (id, slug, name) values "
        "('0197c0de-ffff-7000-8000-0000000000e1', 'one', 'One'), ('0197c0de-ffff-7000-8000-0000000000e2', "
        "'two', 'Two')"
    );
    EXPECT_EQ(start(globex), "started");
    EXPECT_EQ(start("0197c0de-ffff-7000-8000-0000000000e1"), "started");
    EXPECT_EQ(start("0197c0de-ffff-7000-8000-0000000000e2"), "session_limit");
    EXPECT_EQ(start(acme), "the same");
}

TEST_F(SupportLife, begins_by_the_policy_and_write_access_always_waits_for_a_second_person) {
    const auto first_state = [&](const std::string& policy, const std::string& mode) {
        arrange(
            "delete from platform.impersonation_session; delete from platform.support_policy;"
            "insert into platform.support_policy (tenant_id, policy, window_until, updated_at) values (" +
            literal(acme) + ", " + literal(policy) + ", " +
            (policy == "window" ? "now() + interval '10 minutes'" : "null") + ", now())"
        );
        const std::string outcome = start(acme, mode);
        return outcome == "started" ? state() : outcome;
    };
    for (const char* policy : {"open", "notify", "window"}) {
        EXPECT_EQ(first_state(policy, "ro"), "active") << policy;
        EXPECT_EQ(first_state(policy, "rw"), "pending") << policy;
    }
    EXPECT_EQ(first_state("approval", "ro"), "pending");
    EXPECT_EQ(first_state("approval", "rw"), "pending");
    EXPECT_EQ(first_state("deny", "ro"), "denied");
    EXPECT_EQ(first_state("window", "ro"), "active");
    EXPECT_EQ(
        look("select expires_at <= now() + interval '10 minutes' from platform.impersonation_session"), "t"
    ) << "and not beyond the window";
    arrange("update platform.tenant set state = 'read_only' where slug = 'acme'");
    EXPECT_EQ(first_state("notify", "rw"), "read_only");
    EXPECT_EQ(first_state("notify", "ro"), "active");
}

TEST_F(SupportLife, tells_the_organizations_admins_what_its_policy_says) {
    const auto letters = [&] {
        return look(
            "select coalesce(string_agg(kind || ' ' || recipient, ', ' order by kind), '') from identity.mail"
        );
    };
    const auto begin_with = [&](const std::string& policy) {
        arrange(
            "delete from platform.impersonation_session; delete from platform.support_policy; delete from "
            "identity.mail;"
            "insert into platform.support_policy (tenant_id, policy, updated_at) values (" +
            literal(acme) + ", " + literal(policy) + ", now())"
        );
        EXPECT_EQ(start(acme), "started");
    };
    begin_with("open");
    EXPECT_EQ(letters(), "");
    begin_with("approval");
    EXPECT_EQ(letters(), "support_wanted admin@acme.example");
    begin_with("notify");
    EXPECT_EQ(letters(), "support_started admin@acme.example");
    arrange("update platform.tenant set epoch = epoch + 1 where slug = 'acme'");
    EXPECT_EQ(letters(), "support_ended admin@acme.example, support_started admin@acme.example");
}

TEST_F(SupportLife, a_week_with_sessions_is_one_letter_to_each_admin) {
    EXPECT_EQ(start(acme), "started");
    const auto queue = [&](const char* later) {
        auto admin = database_.connect("pz_admin");
        admin.execute_script("begin; set local app.current_tenant = " + literal(numbersence));
        std::string count = admin.value(
            "select platform.queue_support_digests(now() + interval '" + std::string{later} + "')"
        );
        admin.execute_script("commit");
        return count;
    };
    EXPECT_EQ(queue("0"), "1");
    EXPECT_EQ(queue("1 day"), "0") << "once a week";
    EXPECT_EQ(
        look("select string_agg(recipient, ',') from identity.mail where kind = 'support_digest'"),
        "admin@acme.example"
    );
    EXPECT_EQ(queue("8 days"), "0") << "nobody was in during that week";
    EXPECT_EQ(start(acme), "the same");
    EXPECT_EQ(look("select policy from platform.support_policy"), "notify") << "and nothing else has changed";
}

TEST_F(SupportLife, who_has_a_second_factor_proves_it_first) {
    arrange(
        "insert into identity.totp (person_id, secret_encrypted, confirmed_at, created_at) values (" +
        literal(support_agent.person) + ", 'x', now(), now())"
    );
    EXPECT_EQ(start(acme), "unproved");
}

TEST_F(SupportLife, of_a_start_and_what_forbids_it_one_waits_for_the_other) {
    auto admin = database_.connect("pz_admin");
    admin.execute_script(
        "begin; set local app.current_tenant = " + literal(numbersence) +
        "; select platform.start_impersonation(" + literal(acme) + ", gen_random_uuid(), " +
        literal(support_agent.person) + ", 'support_agent', " + literal(sign_in) +
        ", null, 'ro', 30::smallint, 'because a test wants it', null, false, 10, now())"
    );
    for (const std::string& end :
         {std::string{"update platform.tenant set state = 'suspended' where slug = 'acme'"},
          "update identity.person set epoch = epoch + 1 where id = " + literal(support_agent.person),
          "update identity.session set revoked_at = now(), revoke_reason = 'forced' where id = " +
              literal(sign_in)}) {
        auto connection = database_.connect_as_superuser();
        connection.execute_script("set lock_timeout = '50ms'");
        EXPECT_EQ(sqlstate_of(connection, end), "55P03") << end;
    }
    admin.execute_script("rollback");
}

TEST_F(SupportLife, only_its_functions_write_down_what_they_decide) {
    for (const char* role : {"pz_support", "pz_admin", "pz_identity"}) {
        auto connection = database_.connect(role);
        EXPECT_EQ(
            attempt_as_tenant(connection, acme, "update platform.impersonation_session set state = 'active'"),
            insufficient_privilege
        ) << role;
    }
    auto app = database_.connect("pz_app");
    EXPECT_EQ(
        attempt_as_tenant(
            app,
            acme,
            "select platform.start_impersonation(null, null, null, null, null, null, null, null, null, null, "
            "null, "
            "null, null)"
        ),
        insufficient_privilege
    );
    auto admin = database_.connect("pz_admin");
    EXPECT_EQ(
        attempt_as_tenant(admin, acme, "select platform.lapse_impersonations(now(), null, null)"),
        insufficient_privilege
    );
    EXPECT_EQ(
        attempt_as_tenant(admin, acme, "select platform.set_support_policy('open', null, null, now())"),
        insufficient_privilege
    );
}

}  // namespace

}  // namespace pz::tests
