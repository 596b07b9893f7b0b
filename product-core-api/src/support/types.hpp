#pragma once

#include "orgs/types.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Support sessions: platform staff inside an organization, as far as its admins let them.
namespace pz::product::support {

using auth::ImpersonationMode;

/// The last five never change again.
enum class SessionState : std::uint8_t { pending, active, denied, expired, ended, idle, revoked };
BOOST_DESCRIBE_ENUM(SessionState, pending, active, denied, expired, ended, idle, revoked)

/// Who or what ended a session.
enum class SessionEnd : std::uint8_t {
    agent,           ///< whose session it was
    platform_admin,  ///< another one
    tenant_admin,    ///< the organization's
    unanswered,      ///< nobody let it begin for an hour
    time,            ///< what was asked for is over
    idle,            ///< ten minutes without a request
    agent_changed,   ///< the account was disabled, lost its role or got a new password
    signed_out,      ///< the agent's sign-in ended
    organization,    ///< its state changed
    policy           ///< the organization denies support now
};
BOOST_DESCRIBE_ENUM(
    SessionEnd,
    agent,
    platform_admin,
    tenant_admin,
    unanswered,
    time,
    idle,
    agent_changed,
    signed_out,
    organization,
    policy
)

enum class SupportPolicy : std::uint8_t { open, notify, approval, window, deny };
BOOST_DESCRIBE_ENUM(SupportPolicy, open, notify, approval, window, deny)

/// Why a session cannot be started: what the button says that cannot be pressed.
enum class StartObstacle : std::uint8_t {
    own_organization,
    not_active,
    suspended,
    read_only,
    denied,
    window_over,
    session_limit
};
BOOST_DESCRIBE_ENUM(
    StartObstacle, own_organization, not_active, suspended, read_only, denied, window_over, session_limit
)

/// What a support agent may know of an organization before a support session: enough to find it, nothing of
/// its data.
struct OrgSummary {
    core::Uuid id;
    std::string name;
    std::string slug;
    orgs::OrgState state{};
    orgs::Plan plan{};
    SupportPolicy support_policy{};
    std::optional<core::Timestamp> window_until;
    /// Null: a session can be started.
    std::optional<StartObstacle> obstacle;
    /// The caller's own session there, pending or active.
    std::optional<core::Uuid> session_id;
    std::optional<core::Timestamp> last_access_at;
    std::optional<std::string> last_access_by;
};
PZ_DESCRIBE(
    OrgSummary,
    id,
    name,
    slug,
    state,
    plan,
    support_policy,
    window_until,
    (obstacle, text("Why no session can be started; null: one can")),
    (session_id, text("The caller's own session there, pending or active")),
    last_access_at,
    last_access_by
)

struct LookupQuery {
    std::string q;
};
PZ_DESCRIBE(
    LookupQuery, (q, length(1, 100), text("Names or slugs that begin with this, in any case, or an exact id"))
)

/// The best matches; a lookup is not a list to page through.
struct LookupResult {
    std::vector<OrgSummary> items;
};
PZ_DESCRIBE(LookupResult, items)

struct SessionStart {
    std::optional<std::string> reason;
    std::optional<std::string> ticket;
    std::optional<ImpersonationMode> mode;
    std::optional<std::int32_t> minutes;
    std::optional<core::Uuid> person_id;
};
PZ_DESCRIBE(
    SessionStart,
    (reason, length(10, 500), text("Why: the organization's admins read it. Required unless configured away")
    ),
    (ticket, length(1, 100)),
    (mode, text("ro by default; rw needs a second person")),
    (minutes, range(1, 60), text("30 by default")),
    (person_id, text("Whom to act as: an ordinary member; null: nobody in particular"))
)

/// A session that has begun, or waits for somebody to let it. The token for it comes from identity-service,
/// by token exchange.
struct StartedSession {
    core::Uuid session_id;
    core::Uuid tenant;
    ImpersonationMode mode{};
    SessionState state{};
    std::optional<core::Timestamp> expires_at;
};
PZ_DESCRIBE(StartedSession, session_id, tenant, mode, state, expires_at)

struct SupportSession {
    core::Uuid id;
    core::Uuid org_id;
    std::string org_name;
    std::string org_slug;
    core::Uuid agent_id;
    std::optional<std::string> agent_name;
    auth::Role agent_role{};
    std::optional<core::Uuid> person_id;
    ImpersonationMode mode{};
    SessionState state{};
    std::optional<std::string> reason;
    std::optional<std::string> ticket;
    std::int32_t minutes = 0;
    core::Timestamp requested_at;
    std::optional<core::Timestamp> started_at;
    std::optional<core::Timestamp> last_request_at;
    std::optional<core::Timestamp> expires_at;
    std::optional<core::Timestamp> ended_at;
    std::optional<core::Uuid> approved_by;
    std::optional<core::Uuid> ended_by;
    std::optional<SessionEnd> ended_because;
    std::int64_t requests = 0;
    std::int32_t remaining_seconds = 0;
};
PZ_DESCRIBE(
    SupportSession,
    id,
    org_id,
    org_name,
    org_slug,
    agent_id,
    agent_name,
    agent_role,
    (person_id, text("Whom the agent acts as; null: nobody in particular")),
    mode,
    state,
    reason,
    ticket,
    minutes,
    requested_at,
    started_at,
    last_request_at,
    expires_at,
    ended_at,
    approved_by,
    ended_by,
    ended_because,
    (requests, text("Requests that were answered")),
    (remaining_seconds, text("By the service's clock; 0 unless it is active"))
)

/// Which half of the list: what can still be ended, or what is over.
enum class SessionPart : std::uint8_t { all, open, over };
BOOST_DESCRIBE_ENUM(SessionPart, all, open, over)

struct SessionQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    SessionPart part{};
};
PZ_DESCRIBE(
    SessionQuery,
    (limit, range(1, 100)),
    cursor,
    (part, text("open: pending and active; over: all the others"))
)

/// What an organization's admins allow.
struct OrgSupportPolicy {
    SupportPolicy policy{};
    std::optional<core::Timestamp> window_until;
    std::optional<core::Timestamp> updated_at;
    std::optional<core::Uuid> updated_by;
};
PZ_DESCRIBE(OrgSupportPolicy, policy, window_until, updated_at, updated_by)

struct SupportPolicyChange {
    SupportPolicy policy{};
    std::optional<core::Timestamp> window_until;
};
PZ_DESCRIBE(
    SupportPolicyChange,
    policy,
    (window_until, text("With the policy window: until when, at most 90 days from now"))
)

/// What an agent's sessions have that should not go unseen.
enum class SignalKind : std::uint8_t { many_organizations, no_ticket, outside_hours };
BOOST_DESCRIBE_ENUM(SignalKind, many_organizations, no_ticket, outside_hours)

struct SupportSignal {
    SignalKind kind{};
    core::Uuid agent_id;
    std::optional<std::string> agent_name;
    std::int64_t sessions = 0;
    std::int64_t organizations = 0;
    core::Timestamp first_at;
    core::Timestamp last_at;
};
PZ_DESCRIBE(SupportSignal, kind, agent_id, agent_name, sessions, organizations, first_at, last_at)

struct SupportSignals {
    std::vector<SupportSignal> items;
};
PZ_DESCRIBE(SupportSignals, items)

struct SignalQuery {
    std::int32_t days = 7;
};
PZ_DESCRIBE(SignalQuery, (days, range(1, 90), text("How far back")))

/// How it is configured.
struct Rules {
    bool reason_required = true;
    std::int32_t starts_per_hour = 10;
    std::int32_t many_organizations = 5;  ///< within an hour
    std::string time_zone = "UTC";
    std::int32_t first_hour = 7;  ///< of a working day
    std::int32_t last_hour = 19;
};

/// What people do with a session: the steps of platform.take_impersonation_step().
enum class Step : std::uint8_t { approve, deny, end };
BOOST_DESCRIBE_ENUM(Step, approve, deny, end)

}  // namespace pz::product::support
