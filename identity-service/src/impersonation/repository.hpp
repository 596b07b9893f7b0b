#pragma once

#include "database.hpp"
#include "people/repository.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Sessions of platform staff inside a tenant: here they are only asked for; who starts and ends them is the
/// business API's.
namespace pz::identity::impersonation {

/// A session that may be used now.
struct ActiveSession {
    core::Uuid id;
    core::Uuid tenant;
    std::optional<core::Uuid> person;  ///< whom the agent acts as; none: the tenant's support principal
    auth::ImpersonationMode mode{};
    core::Timestamp expires_at;
    std::optional<core::Uuid> approved_by;
    people::TenantState tenant_state{};
    std::int32_t tenant_epoch = 0;
};
PZ_DESCRIBE(ActiveSession, id, tenant, person, mode, expires_at, approved_by, tenant_state, tenant_epoch)

/// The platform's person behind it, as their own token says.
struct Agent {
    core::Uuid person;
    auth::Role role{};
    std::int32_t person_epoch = 0;
    core::Uuid session;
};

/// The agent's own session by this identifier: active, not over, used in the last ten minutes, and the person
/// whom they chose, if any, still an ordinary member. nullopt otherwise, and when the agent has lost the role
/// or signed out. Whether the tenant's state allows it is may_use()'s to say.
boost::asio::awaitable<std::optional<ActiveSession>> find_active(
    IdentityDb db, core::Uuid id, Agent agent, core::Timestamp now
);

/// Tenants in trouble are looked into read-only, a suspended one by platform administrators alone.
[[nodiscard]] bool may_use(const ActiveSession& session, auth::Role agent_role) noexcept;

std::span<const pg::Query> queries();

}  // namespace pz::identity::impersonation
