#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// The people of one tenant, as its admin sees and changes them; of the public tenant, the platform's staff.
namespace pz::identity::members {

enum class MembershipState : std::uint8_t { active, disabled };
BOOST_DESCRIBE_ENUM(MembershipState, active, disabled)

/// A person in this tenant.
struct Person {
    core::Uuid id;
    std::string email;
    std::string name;
    auth::Role role{};
    MembershipState state{};
    core::Timestamp created_at;  ///< since when they belong to the tenant
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Person, id, email, name, role, state, created_at, updated_at, version)

/// Name and address are the person's own to change: they hold in every tenant.
struct PersonUpdate {
    core::Change<auth::Role> role;
    core::Change<MembershipState> state;
};
PZ_DESCRIBE(PersonUpdate, role, state)

enum class PersonSort : std::uint8_t { newest, name };
BOOST_DESCRIBE_ENUM(PersonSort, newest, name)

struct PersonQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    PersonSort sort = PersonSort::newest;
    std::optional<std::string> q;
    std::optional<auth::Role> role;
    std::optional<MembershipState> state;
};
PZ_DESCRIBE(
    PersonQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    sort,
    (q, length(1, 100), text("Names and e-mail addresses that begin with this, in any case")),
    role,
    state
)

/// Whether somebody with the one role may give the other, or take it: nobody grants what he does not hold.
[[nodiscard]] constexpr bool may_grant(auth::Role granter, auth::Role granted) noexcept {
    switch (granter) {
        case auth::Role::admin:
            return granted == auth::Role::admin || granted == auth::Role::standard;
        case auth::Role::platform_admin:
            return auth::is_platform_role(granted);
        default:
            return false;
    }
}

}  // namespace pz::identity::members
