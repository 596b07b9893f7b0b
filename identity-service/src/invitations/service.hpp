#pragma once

#include "database.hpp"
#include "extract.hpp"
#include "invitations/types.hpp"

#include <pz/auth/principal.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

namespace pz::identity::invitations {

/// Throws 403 for a role that the actor does not hold, 409 for a member or an address that is invited, 422
/// for what is no address, 429 beyond letters_per_hour.
boost::asio::awaitable<Invitation> invite(
    tenancy::PeopleDb db, auth::Principal actor, InvitationCreate values, Issuer issuer
);

/// Another letter; the link in the one before is dead when it goes out. Throws 404 and 429.
boost::asio::awaitable<void> invite_again(
    tenancy::PeopleDb db, auth::Principal actor, core::Uuid id, Issuer issuer
);

/// Its link is dead at once. Throws 404 for one that is not pending.
boost::asio::awaitable<void> take_back(
    tenancy::PeopleDb db, auth::Principal actor, core::Uuid id, Issuer issuer
);

/// Who comes with a link. It works once, and it signs nobody in: whoever has a second factor is asked for it
/// when they do. Throws 400 invalid_link (the same for every reason), 403 wrong_password, 422 for a new
/// password that is too weak.
boost::asio::awaitable<void> accept(IdentityDb db, InvitationAcceptance values, Issuer issuer);

/// A new link for who holds one that is too old, sent to the invited address. Tells nothing.
boost::asio::awaitable<void> renew_link(IdentityDb db, InvitationRenewal values, Issuer issuer);

}  // namespace pz::identity::invitations
