#pragma once

#include "members/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <vector>

namespace pz::identity::members {

boost::asio::awaitable<web::Page<Person>> list(tenancy::PeopleDb db, PersonQuery query);
boost::asio::awaitable<std::optional<Person>> find(tenancy::PeopleDb db, core::Uuid person);

/// Who has the role and may use it. Their rows are held until the transaction ends, so that of two changes at
/// once the second sees what the first has left.
boost::asio::awaitable<std::vector<core::Uuid>> hold_active(tenancy::PeopleDb db, auth::Role role);
/// As find(); the row is held until the transaction ends.
boost::asio::awaitable<std::optional<Person>> hold(tenancy::PeopleDb db, core::Uuid person);

/// Ends what a person can do with the tokens and sessions that there are: those of this tenant, and in the
/// public tenant, whose people are the platform's own, all of them. Sent with the next statement.
void end_access(tenancy::PeopleDb db, core::Uuid person, core::Timestamp now);
/// Takes back the invitations that the person sent and nobody has accepted. Sent with the next statement.
void withdraw_invitations_of(tenancy::PeopleDb db, core::Uuid person, core::Timestamp now);
/// The platform's own account as a whole, not the membership alone. Sent with the next statement.
void set_account_state(tenancy::PeopleDb db, core::Uuid person, MembershipState state, core::Timestamp now);
/// Takes a seat for one who comes back: the next statement throws 409 limit_reached when there is none.
void take_seat(tenancy::PeopleDb db, core::Timestamp now);

/// Last statements of the transaction.
boost::asio::awaitable<std::optional<Person>> update(
    tenancy::PeopleDb db, core::Uuid person, auth::Role role, MembershipState state, core::Timestamp now
);
boost::asio::awaitable<void> remove(tenancy::PeopleDb db, core::Uuid person);

std::span<const pg::Query> queries();

}  // namespace pz::identity::members
