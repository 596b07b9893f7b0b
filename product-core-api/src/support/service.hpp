#pragma once

#include "support/repository.hpp"
#include "support/types.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>

/// The rules that stand in front of the state machine in the database, and what is said when it refuses. Each
/// attempt stands in the platform's chain, and in the organization's as soon as it is known that there is
/// one.
namespace pz::product::support {

/// Begins a session, or finds the agent's own one in this organization. Throws 401 reauthentication_required,
/// 403 (own_organization, tenant_suspended, tenant_read_only, support_denied, impersonation_forbidden), 404,
/// 409 session_limit, 422, 429.
boost::asio::awaitable<StartedSession> start(
    tenancy::AdminDb db,
    auth::Principal agent,
    core::Uuid tenant,
    SessionStart input,
    Rules rules,
    const core::Clock* clock,
    web::AuditTrail trail
);

/// Ends a session; ending what has ended is no error. Throws 404 for a session that is not this agent's to
/// end. `inside`: the session whose token asks, if it is one's; it ends itself and no other.
boost::asio::awaitable<void> end(
    tenancy::AdminDb db,
    StepToTake step,
    std::optional<core::Uuid> inside,
    const core::Clock* clock,
    web::AuditTrail trail
);

/// A platform administrator approves or denies what another one asks for. nullopt: 404.
boost::asio::awaitable<std::optional<SupportSession>> decide(
    tenancy::AdminDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail
);

/// The same by the organization's own admin.
boost::asio::awaitable<std::optional<SupportSession>> decide_own(
    tenancy::TenantDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail
);
boost::asio::awaitable<void> end_own(
    tenancy::TenantDb db, StepToTake step, const core::Clock* clock, web::AuditTrail trail
);

boost::asio::awaitable<OrgSupportPolicy> change_policy(
    tenancy::TenantDb db,
    auth::Principal admin,
    SupportPolicyChange change,
    const core::Clock* clock,
    web::AuditTrail trail
);

}  // namespace pz::product::support
