#pragma once

#include "database.hpp"

#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>

namespace pz::identity::openid {

/// What clients may learn of a person, by scope: `profile` the name, `email` the rest.
struct PersonClaims {
    std::string name;
    std::string email;
    /// An account is made by the link that was mailed to its address; the demo's were not.
    bool email_verified = false;
};
PZ_DESCRIBE(PersonClaims, name, email, email_verified)

/// Throws ApiError 401 or 403 unless person, session and tenant live.
boost::asio::awaitable<std::optional<PersonClaims>> find_person(
    IdentityDb db, core::Uuid tenant, tenancy::LivenessClaims claims
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::openid
