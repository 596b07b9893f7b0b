#pragma once

#include "database.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::identity::people {

enum class PersonState : std::uint8_t { active, disabled };
BOOST_DESCRIBE_ENUM(PersonState, active, disabled)

enum class TenantState : std::uint8_t {
    provisioning,
    trial,
    active,
    read_only,
    suspended,
    deletion_scheduled,
    deleting,
    deleted
};
BOOST_DESCRIBE_ENUM(
    TenantState, provisioning, trial, active, read_only, suspended, deletion_scheduled, deleting, deleted
)

/// Who a token is made for: a person in one tenant, with everything that its claims need.
struct Account {
    core::Uuid person;
    PersonState person_state{};
    std::int32_t person_epoch = 0;
    core::Uuid tenant;
    TenantState tenant_state{};
    std::int32_t tenant_epoch = 0;
    auth::Role role{};
};
PZ_DESCRIBE(Account, person, person_state, person_epoch, tenant, tenant_state, tenant_epoch, role)

struct AccountWithPassword : Account {
    std::string password_hash;
};
BOOST_DESCRIBE_STRUCT(AccountWithPassword, (Account), (password_hash))

struct Membership {
    core::Uuid tenant_id;
    std::string name;
    std::string slug;
    auth::Role role{};
};
PZ_DESCRIBE(Membership, tenant_id, name, slug, role)

/// What GET /me needs to know, and whether the session behind the token still lives.
struct Profile {
    core::Uuid person;
    std::string email;
    std::string name;
    std::int32_t person_version = 0;
    PersonState person_state{};
    std::int32_t person_epoch = 0;
    core::Uuid tenant;
    std::string tenant_name;
    std::string tenant_slug;
    std::string tenant_plan;
    TenantState tenant_state{};
    std::int32_t tenant_epoch = 0;
    auth::Role role{};
    bool session_live = false;
};
PZ_DESCRIBE(
    Profile,
    person,
    email,
    name,
    person_version,
    person_state,
    person_epoch,
    tenant,
    tenant_name,
    tenant_slug,
    tenant_plan,
    tenant_state,
    tenant_epoch,
    role,
    session_live
)

/// A person as they see themselves.
struct MePerson {
    core::Uuid id;
    std::string email;
    std::string name;
    std::int32_t version = 0;
};
PZ_DESCRIBE(MePerson, id, email, name, version)

/// True for the states in which people of the tenant may sign in; with deletion scheduled only its admins
/// may.
[[nodiscard]] bool may_sign_in(TenantState state, auth::Role role) noexcept;

/// The account behind an e-mail address, in the tenant that a sign-in without a choice means: one that is in
/// use before one that is not, then the oldest membership. nullopt if there is none, or no password.
/// @param email as passwords::normalize_email() makes it: the form that attempts are counted by
boost::asio::awaitable<std::optional<AccountWithPassword>> find_account(IdentityDb db, std::string email);
boost::asio::awaitable<void> store_password_hash(
    IdentityDb db, core::Uuid person, std::string old_hash, std::string hash
);
boost::asio::awaitable<std::optional<Profile>> find_profile(
    IdentityDb db, core::Uuid person, core::Uuid tenant, core::Uuid session
);
boost::asio::awaitable<std::vector<Membership>> list_memberships(IdentityDb db, core::Uuid person);
/// Last statement of the transaction; nullopt if the row has none of these versions (nullopt: any will do).
boost::asio::awaitable<std::optional<MePerson>> update_person(
    tenancy::PeopleDb db,
    core::Uuid person,
    std::optional<std::string> versions,
    core::Change<std::string> name,
    core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::people
