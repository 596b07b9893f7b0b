#include "support/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/web/cursor.hpp>

#include <array>

namespace pz::product::support {

namespace {

using boost::asio::awaitable;
using tenancy::AdminDb, tenancy::TenantDb;
using Order = web::Descending<&SupportSession::requested_at>;

constexpr pg::Query lookup_orgs{"support.lookup", R"sql(
    SELECT t.id, t.name, t.slug, t.state, t.plan, coalesce(y.policy, 'notify'), y.window_until,
           coalesce(platform.why_no_support(t.id, $4, 'ro', $5),
                    CASE WHEN own.id IS NULL AND limits.sessions >= 3 THEN 'session_limit' END),
           own.id, seen.last_request_at, seen.agent_name
      FROM (SELECT * FROM platform.tenant
             WHERE name_folded ^@ lower($1) OR slug ^@ lower($1) OR id = $2
             ORDER BY name_folded, id
             LIMIT 20) AS t
      LEFT JOIN platform.support_policy y ON y.tenant_id = t.id
      LEFT JOIN LATERAL (
        SELECT i.id FROM platform.impersonation_session i
         WHERE i.tenant_id = t.id AND i.agent_id = $3 AND i.state IN ('pending', 'active')
           AND platform.impersonation_state_at(i.state, i.requested_at, i.last_request_at, i.expires_at, $5)
               IN ('pending', 'active')) AS own ON true
      LEFT JOIN LATERAL (
        SELECT i.last_request_at, i.agent_name FROM platform.impersonation_session i
         WHERE i.tenant_id = t.id AND i.last_request_at IS NOT NULL
         ORDER BY i.requested_at DESC LIMIT 1) AS seen ON true
     CROSS JOIN (
        SELECT count(*) AS sessions FROM platform.impersonation_session i
         WHERE i.agent_id = $3 AND i.state IN ('pending', 'active')
           AND platform.impersonation_state_at(i.state, i.requested_at, i.last_request_at, i.expires_at, $5)
               IN ('pending', 'active')) AS limits
     ORDER BY t.name_folded, t.id)sql"};

constexpr pg::Query begin_session{"support.begin", R"sql(
    SELECT refusal, wait, id, state, session_mode, expires_at, coalesce(is_new, false)
      FROM platform.start_impersonation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13))sql"};

constexpr pg::Query take_step{"support.take_step", R"sql(
    SELECT tenant, before, after, agent FROM platform.take_impersonation_step($1, $2, $3, $4, $5))sql"};

constexpr pg::Query list_sessions{"support.list", R"sql(
    SELECT * FROM platform.support_sessions($2)
     WHERE ($1::uuid IS NULL OR agent_id = $1) AND (requested_at, id) < ($3, $4)
       AND ($6::boolean IS NULL OR (state IN ('pending', 'active')) = $6)
     ORDER BY requested_at DESC, id DESC LIMIT $5)sql"};

constexpr pg::Query find_session{"support.find", R"sql(
    SELECT * FROM platform.support_sessions($2) WHERE id = $1)sql"};

constexpr pg::Query list_own_sessions{"support.list_own", R"sql(
    SELECT * FROM platform.support_sessions($2)
     WHERE org_id = $1 AND (requested_at, id) < ($3, $4)
       AND ($6::boolean IS NULL OR (state IN ('pending', 'active')) = $6)
     ORDER BY requested_at DESC, id DESC LIMIT $5)sql"};

constexpr pg::Query find_own_session{"support.find_own", R"sql(
    SELECT * FROM platform.support_sessions($2) WHERE org_id = $1 AND id = $3)sql"};

constexpr pg::Query find_signals{"support.signals", R"sql(
    SELECT * FROM platform.support_signals($1, $2, $3, $4, $5, $6))sql"};

// $1 is the tenant, which the function takes from the transaction, too.
constexpr pg::Query take_own_step{"support.take_own_step", R"sql(
    SELECT tenant, before, after, agent FROM platform.take_impersonation_step($2, $3, $4, $5, $6)
     WHERE tenant = $1)sql"};

constexpr pg::Query find_own_policy{
    "support.find_policy", R"sql(
    SELECT policy, window_until, updated_at, updated_by FROM platform.support_policy WHERE tenant_id = $1)sql"
};

constexpr pg::Query set_own_policy{"support.set_policy", R"sql(
    SELECT platform.set_support_policy($2, $3, $4, $5) WHERE $1::uuid IS NOT NULL)sql"};

std::optional<bool> is_open(SessionPart part) {
    return part == SessionPart::all ? std::nullopt : std::optional{part == SessionPart::open};
}

/// What the state machine says no to.
core::ApiError refusal_of(const pg::Error& error) {
    if (error.sqlstate() == "PZ451") {
        return core::forbidden("another person has to decide about this session");
    }
    return {409, core::ErrorCode::wrong_state, "the session is in a state from which this does not lead on"};
}

bool is_refusal(const pg::Error& error) {
    return error.sqlstate() == "PZ409" || error.sqlstate() == "PZ451";
}

}  // namespace

awaitable<std::vector<OrgSummary>> lookup(
    AdminDb db, LookupQuery query, core::Uuid agent, auth::Role role, core::Timestamp now
) {
    const std::optional<core::Uuid> id = core::Uuid::parse(query.q);
    co_return co_await db.finish<OrgSummary>(lookup_orgs, query.q, id, agent, role, now);
}

awaitable<Begun> begin(AdminDb db, Beginning b, core::Timestamp now) {
    std::optional<Begun> begun = co_await db.query_optional<Begun>(
        begin_session,
        b.tenant,
        b.id,
        b.agent,
        b.agent_role,
        b.agent_session,
        b.person,
        b.mode,
        b.minutes,
        b.reason,
        b.ticket,
        b.proved,
        b.starts_per_hour,
        now
    );
    co_return std::move(begun).value();
}

awaitable<std::optional<StepTaken>> take(AdminDb db, StepToTake step, core::Timestamp now) {
    try {
        co_return co_await db.query_optional<StepTaken>(
            take_step, step.session, step.step, step.actor, step.role, now
        );
    } catch (const pg::Error& error) {
        if (is_refusal(error)) {
            throw refusal_of(error);
        }
        throw;
    }
}

awaitable<web::Page<SupportSession>> list(
    AdminDb db, SessionQuery query, std::optional<core::Uuid> agent, core::Timestamp now
) {
    const auto after = Order::after(query.cursor);
    std::vector<SupportSession> rows = co_await db.finish<SupportSession>(
        list_sessions, agent, now, after.value, after.id, query.limit + 1, is_open(query.part)
    );
    co_return Order::page(std::move(rows), query.limit);
}

awaitable<std::optional<SupportSession>> find(AdminDb db, core::Uuid id, core::Timestamp now) {
    co_return co_await db.finish_optional<SupportSession>(find_session, id, now);
}

awaitable<std::vector<SupportSignal>> list_signals(
    AdminDb db, SignalQuery query, Rules rules, core::Timestamp now
) {
    co_return co_await db.finish<SupportSignal>(
        find_signals,
        now,
        query.days,
        rules.many_organizations,
        rules.time_zone,
        rules.first_hour,
        rules.last_hour
    );
}

awaitable<web::Page<SupportSession>> list_own(TenantDb db, SessionQuery query, core::Timestamp now) {
    const auto after = Order::after(query.cursor);
    std::vector<SupportSession> rows = co_await db.finish<SupportSession>(
        list_own_sessions, now, after.value, after.id, query.limit + 1, is_open(query.part)
    );
    co_return Order::page(std::move(rows), query.limit);
}

awaitable<std::optional<SupportSession>> find_own(TenantDb db, core::Uuid id, core::Timestamp now) {
    co_return co_await db.finish_optional<SupportSession>(find_own_session, now, id);
}

awaitable<std::optional<StepTaken>> take_own(TenantDb db, StepToTake step, core::Timestamp now) {
    try {
        co_return co_await db.query_optional<StepTaken>(
            take_own_step, step.session, step.step, step.actor, step.role, now
        );
    } catch (const pg::Error& error) {
        if (is_refusal(error)) {
            throw refusal_of(error);
        }
        throw;
    }
}

awaitable<OrgSupportPolicy> find_policy(TenantDb db) {
    const std::optional<OrgSupportPolicy> policy =
        co_await db.finish_optional<OrgSupportPolicy>(find_own_policy);
    co_return policy.value_or(OrgSupportPolicy{
        .policy = SupportPolicy::notify, .window_until = {}, .updated_at = {}, .updated_by = {}
    });
}

awaitable<void> set_policy(TenantDb db, SupportPolicyChange change, core::Uuid actor, core::Timestamp now) {
    const std::uint64_t done =
        co_await db.execute(set_own_policy, change.policy, change.window_until, actor, now);
    static_cast<void>(done);
}

std::span<const pg::Query> staff_queries() {
    static constexpr std::array all{
        lookup_orgs, begin_session, take_step, list_sessions, find_session, find_signals
    };
    return all;
}

std::span<const pg::Query> tenant_queries() {
    static constexpr std::array all{
        list_own_sessions, find_own_session, take_own_step, find_own_policy, set_own_policy
    };
    return all;
}

std::span<const pg::Query> session_queries() {
    static constexpr std::array all{take_step};
    return all;
}

}  // namespace pz::product::support
