#pragma once

#include "members/types.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>

/// The rules for changing who may do what in a tenant. All of it is one transaction:
/// - Nobody gives or takes a role that he does not hold (may_grant).
/// - A tenant keeps at least one active admin, the platform one active platform_admin, whoever acts at once.
/// - Who has lost his own role a moment ago changes nothing any more.
/// - Whatever a change takes away is gone with it: tokens, sessions, pending invitations.
namespace pz::identity::members {

/// Changes role or state. Throws 401, 403 and 409 last_admin.
boost::asio::awaitable<web::Updated<Person>> change(
    tenancy::PeopleDb db,
    auth::Principal actor,
    core::Uuid person,
    web::IfMatch match,
    PersonUpdate wanted,
    core::Timestamp now
);

/// Takes somebody out of the tenant; the account stays. Throws as change().
boost::asio::awaitable<web::Removed<Person>> remove_from_tenant(
    tenancy::PeopleDb db,
    auth::Principal actor,
    core::Uuid person,
    std::optional<web::IfMatch> match,
    core::Timestamp now
);

}  // namespace pz::identity::members
