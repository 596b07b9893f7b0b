#pragma once

#include "support/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::product::support {

/// At most 20 organizations, by name, as this agent meets them.
boost::asio::awaitable<std::vector<OrgSummary>> lookup(
    tenancy::AdminDb db, LookupQuery query, core::Uuid agent, auth::Role role, core::Timestamp now
);

/// What platform.start_impersonation() is told.
struct Beginning {
    core::Uuid tenant;
    core::Uuid id;
    core::Uuid agent;
    auth::Role agent_role{};
    core::Uuid agent_session;
    std::optional<core::Uuid> person;
    ImpersonationMode mode{};
    std::int32_t minutes = 0;
    std::optional<std::string> reason;
    std::optional<std::string> ticket;
    bool proved = false;  ///< the token says that the second factor was given a short while ago
    std::int32_t starts_per_hour = 0;
};

/// What it answers: a session, or why there is none.
struct Begun {
    std::optional<std::string> refusal;
    std::optional<std::int32_t> wait_seconds;
    std::optional<core::Uuid> id;
    std::optional<SessionState> state;
    std::optional<ImpersonationMode> mode;
    std::optional<core::Timestamp> expires_at;
    bool is_new = false;
};
PZ_DESCRIBE(Begun, refusal, wait_seconds, id, state, mode, expires_at, is_new)

boost::asio::awaitable<Begun> begin(tenancy::AdminDb db, Beginning beginning, core::Timestamp now);

/// What a step did; `before` and `after` are the same when there was nothing left to end.
struct StepTaken {
    core::Uuid tenant;
    SessionState before{};
    SessionState after{};
    core::Uuid agent;
};
PZ_DESCRIBE(StepTaken, tenant, before, after, agent)

/// Who takes a step, and which.
struct StepToTake {
    core::Uuid session;
    Step step{};
    core::Uuid actor;
    auth::Role role{};
};

/// nullopt: there is no such session for this person. Throws 409 wrong_state for a step that does not lead
/// on, 403 where another person has to take it. The handle tells who they are: staff on the platform's
/// connection, an organization's admin on its own, the agent inside the session on the read-only one.
boost::asio::awaitable<std::optional<StepTaken>> take(
    tenancy::AdminDb db, StepToTake step, core::Timestamp now
);

/// Newest first; of one agent, or of all.
boost::asio::awaitable<web::Page<SupportSession>> list(
    tenancy::AdminDb db, SessionQuery query, std::optional<core::Uuid> agent, core::Timestamp now
);
boost::asio::awaitable<std::optional<SupportSession>> find(
    tenancy::AdminDb db, core::Uuid id, core::Timestamp now
);

/// The latest first; at most 200.
boost::asio::awaitable<std::vector<SupportSignal>> list_signals(
    tenancy::AdminDb db, SignalQuery query, Rules rules, core::Timestamp now
);

/// The organization's own.
boost::asio::awaitable<web::Page<SupportSession>> list_own(
    tenancy::TenantDb db, SessionQuery query, core::Timestamp now
);
boost::asio::awaitable<std::optional<SupportSession>> find_own(
    tenancy::TenantDb db, core::Uuid id, core::Timestamp now
);
boost::asio::awaitable<std::optional<StepTaken>> take_own(
    tenancy::TenantDb db, StepToTake step, core::Timestamp now
);
boost::asio::awaitable<OrgSupportPolicy> find_policy(tenancy::TenantDb db);
boost::asio::awaitable<void> set_policy(
    tenancy::TenantDb db, SupportPolicyChange change, core::Uuid actor, core::Timestamp now
);

/// The statements above, by the role that runs them.
std::span<const pg::Query> staff_queries();
std::span<const pg::Query> tenant_queries();
/// On the connection of sessions that only read.
std::span<const pg::Query> session_queries();

}  // namespace pz::product::support
