#pragma once

#include "database.hpp"
#include "people/repository.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>
#include <pz/web/table.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// API keys: how a tenant's own machines sign in (docs/api-keys.md, docs/adr/0025-api-keys.md).
namespace pz::identity::api_keys {

/// A machine has a tenant's roles and never one of the platform's.
enum class KeyRole : std::uint8_t { admin, standard };
BOOST_DESCRIBE_ENUM(KeyRole, admin, standard)

/// What an administrator sees of a key. The secret is not here: it is shown once, when the key is made.
struct ApiKey {
    core::Uuid id;
    std::string name;
    KeyRole role{};
    core::Uuid created_by;
    core::Timestamp created_at;
    core::Timestamp expires_at;
    std::optional<core::Timestamp> last_used_at;
    std::optional<core::Timestamp> revoked_at;
};
PZ_DESCRIBE(
    ApiKey,
    id,
    name,
    role,
    created_by,
    created_at,
    expires_at,
    (last_used_at, text("When it last got a token, to the minute")),
    revoked_at
)

/// A key with all that decides whether it gets a token, and what goes into it.
struct KeyAccount {
    core::Uuid id;
    core::Uuid tenant;
    KeyRole role{};
    std::vector<std::uint8_t> secret_hash;
    people::PersonState machine_state{};
    std::int32_t machine_epoch = 0;
    people::TenantState tenant_state{};
    std::int32_t tenant_epoch = 0;
    core::Timestamp expires_at;
    std::optional<core::Timestamp> revoked_at;
};
PZ_DESCRIBE(
    KeyAccount,
    id,
    tenant,
    role,
    secret_hash,
    machine_state,
    machine_epoch,
    tenant_state,
    tenant_epoch,
    expires_at,
    revoked_at
)

struct KeyToInsert {
    core::Uuid id;
    std::string name;
    KeyRole role{};
    crypto::Sha256Digest secret_hash{};
    core::Uuid created_by;
    core::Timestamp created_at;
    core::Timestamp expires_at;
};

/// The tenant's keys, newest first, those that have ended included.
boost::asio::awaitable<web::Page<ApiKey>> list(tenancy::PeopleDb db, web::PageQuery query);
boost::asio::awaitable<std::optional<ApiKey>> find(tenancy::PeopleDb db, core::Uuid id);
/// So many of an organization's keys may be neither revoked nor expired at once.
inline constexpr std::int64_t most_living_keys = 100;

/// For a key that is made later in the transaction; two at once wait for each other. Throws 409 limit_reached
/// when there is no place. The transaction stays open.
boost::asio::awaitable<void> take_place(tenancy::PeopleDb db, core::Timestamp now);
/// The key with its machine and its session. nullopt unless `created_by` is an administrator of the tenant in
/// this very moment: nobody grants what they do not hold.
boost::asio::awaitable<std::optional<ApiKey>> insert(tenancy::PeopleDb db, KeyToInsert key);

/// How a revocation ended; a key that has ended already stays as it is.
enum class Revocation : std::uint8_t { done, already, missing };
boost::asio::awaitable<Revocation> revoke(tenancy::PeopleDb db, core::Uuid id, core::Timestamp now);

/// Before anybody is signed in: for whoever presents a key.
boost::asio::awaitable<std::optional<KeyAccount>> find_account(IdentityDb db, core::Uuid id);
/// The key of a token that says so, if both live. Throws as IdentityDb::find_live().
boost::asio::awaitable<std::optional<core::Uuid>> find_live(
    IdentityDb db, core::Uuid tenant, tenancy::LivenessClaims claims
);
/// Writes at most once a minute.
boost::asio::awaitable<void> note_use(IdentityDb db, core::Uuid id, core::Timestamp now);

std::span<const pg::Query> queries();

}  // namespace pz::identity::api_keys
