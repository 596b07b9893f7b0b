#pragma once

#include "database.hpp"

#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>

/// A person's password, for who is signed in.
namespace pz::identity::passwords {

/// What a change needs to know: the hash it replaces, and the words that a new password must do without.
struct Credentials {
    std::optional<std::string> password_hash;
    std::string email;
    std::string tenant_name;
    std::string tenant_slug;
};
PZ_DESCRIBE(Credentials, password_hash, email, tenant_name, tenant_slug)

/// nullopt if the person is no member of the tenant any more.
boost::asio::awaitable<std::optional<Credentials>> find_credentials(
    IdentityDb db, core::Uuid tenant, core::Uuid person
);
/// Replaces the hash and raises the person's epoch, unless the hash is another one by now. The transaction
/// stays open.
boost::asio::awaitable<bool> replace_hash(
    tenancy::PeopleDb db, core::Uuid person, std::string old_hash, std::string new_hash, core::Timestamp now
);

[[nodiscard]] std::span<const pg::Query> queries();

}  // namespace pz::identity::passwords
