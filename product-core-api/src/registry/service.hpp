#pragma once

#include "registry/repository.hpp"
#include "registry/types.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/audit.hpp>

#include <boost/asio/awaitable.hpp>

namespace pz::product::registry {

/// The organization and the invitation of its first admin, in one transaction.
boost::asio::awaitable<OrgDetail> create(
    tenancy::AdminDb db,
    auth::Principal actor,
    OrgCreate values,
    const core::Clock* clock,
    web::AuditTrail trail
);
boost::asio::awaitable<web::Updated<OrgDetail>> change(
    tenancy::AdminDb db,
    core::Uuid id,
    web::IfMatch match,
    RegisteredOrgUpdate values,
    const core::Clock* clock,
    web::AuditTrail trail
);
/// A step in the organization's life. Throws 409 wrong_state when it does not lead on from where it stands.
boost::asio::awaitable<std::optional<OrgDetail>> step(
    tenancy::AdminDb db,
    auth::Principal actor,
    core::Uuid id,
    Step step,
    std::optional<std::string> reason,
    const core::Clock* clock,
    web::AuditTrail trail
);
/// Invites the first admin, or sends the letter again; only while there is none. Throws 404 and 409.
boost::asio::awaitable<void> invite_first_admin(
    tenancy::AdminDb db,
    auth::Principal actor,
    core::Uuid id,
    AdminInvitation values,
    const core::Clock* clock,
    web::AuditTrail trail
);

}  // namespace pz::product::registry
