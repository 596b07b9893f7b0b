#pragma once

#include "database.hpp"
#include "invitations/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::identity::invitations {

/// 32 bytes of a hash.
using Hash = std::vector<std::uint8_t>;

/// For the tenant's admin, each the last statement of its transaction.
boost::asio::awaitable<web::Page<Invitation>> list(
    tenancy::PeopleDb db, InvitationQuery query, core::Timestamp now
);
boost::asio::awaitable<std::optional<Invitation>> find(
    tenancy::PeopleDb db, core::Uuid id, core::Timestamp now
);
boost::asio::awaitable<bool> withdraw(tenancy::PeopleDb db, core::Uuid id, core::Timestamp now);

/// What stands in the way of one more invitation.
struct Obstacles {
    bool is_member = false;
    std::int64_t letters = 0;                        ///< of this tenant, in the last hour
    std::optional<core::Timestamp> oldest_letter{};  ///< of those
};
PZ_DESCRIBE(Obstacles, is_member, letters, oldest_letter)

/// `email` may be empty when only the letters matter. The transaction stays open.
boost::asio::awaitable<Obstacles> find_obstacles(
    tenancy::PeopleDb db, std::string email, core::Timestamp since
);
/// The invitation and its letter, last statement of the transaction. Throws 409 if one is pending, and 409
/// limit_reached when members and invitations take every seat.
boost::asio::awaitable<Invitation> insert(
    tenancy::PeopleDb db,
    core::Uuid id,
    InvitationCreate values,
    core::Uuid invited_by,
    core::Uuid mail,
    core::Timestamp now
);
/// Another letter and another seven days, last statement of the transaction; false if it is not pending.
/// Throws as insert().
boost::asio::awaitable<bool> send_again(
    tenancy::PeopleDb db, core::Uuid id, core::Uuid mail, core::Timestamp now
);

/// What a good link opens: the invitation, and the account with its address if there is one.
struct OpenInvitation {
    core::Uuid tenant;
    std::string email;
    std::string organization;
    std::string slug;
    std::optional<core::Uuid> person;
    std::optional<std::string> password_hash;
    bool person_is_active = false;
};
PZ_DESCRIBE(OpenInvitation, tenant, email, organization, slug, person, password_hash, person_is_active)

boost::asio::awaitable<std::optional<OpenInvitation>> find_open(
    IdentityDb db, Hash link, core::Timestamp now
);
/// Five wrong passwords end the link.
boost::asio::awaitable<void> count_failure(IdentityDb db, Hash link);
/// Uses the link up; false if somebody else did, or it has ended meanwhile. Throws 409 limit_reached when
/// members take every seat.
boost::asio::awaitable<bool> join(IdentityDb db, Hash link, core::Uuid person, core::Timestamp now);
boost::asio::awaitable<bool> join_as_new(
    IdentityDb db,
    Hash link,
    core::Uuid person,
    std::string name,
    std::string password_hash,
    core::Timestamp now
);
/// A letter for the holder of a link that is too old, and nothing for anybody else.
boost::asio::awaitable<void> renew(IdentityDb db, Hash link, core::Uuid mail, core::Timestamp now);

std::span<const pg::Query> queries();

}  // namespace pz::identity::invitations
