#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// Invitations: how one comes to belong to a tenant, or to the platform's staff.
namespace pz::identity::invitations {

/// How long an invitation stands; the link in a letter is good for mail::link_lifetime.
inline constexpr std::chrono::days lifetime{7};
/// Letters of one tenant's invitations, sent again or not, in an hour.
inline constexpr std::int64_t letters_per_hour = 50;

/// expired: nobody accepted it within seven days; sending it again revives it.
enum class InvitationState : std::uint8_t { pending, accepted, withdrawn, expired };
BOOST_DESCRIBE_ENUM(InvitationState, pending, accepted, withdrawn, expired)

struct Invitation {
    core::Uuid id;
    std::string email;
    auth::Role role{};
    InvitationState state{};
    core::Uuid invited_by;
    core::Timestamp created_at;
    core::Timestamp expires_at;
};
PZ_DESCRIBE(Invitation, id, email, role, state, invited_by, created_at, expires_at)

struct InvitationCreate {
    std::string email;
    auth::Role role{};
};
PZ_DESCRIBE(InvitationCreate, (email, length(3, 254)), role)

struct InvitationQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    std::optional<InvitationState> state;
};
PZ_DESCRIBE(
    InvitationQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    state
)

/// Who has no account yet chooses name and password with it; who has one proves it by its password, and the
/// name stays what it is.
struct InvitationAcceptance {
    std::string token;
    std::string name;
    std::string password;
};
PZ_DESCRIBE(
    InvitationAcceptance,
    (token, length(1, 100), text("what stands behind # in the link")),
    (name, length(1, 200)),
    (password, length(1, 1000))
)

struct InvitationRenewal {
    std::string token;
};
PZ_DESCRIBE(
    InvitationRenewal, (token, length(1, 100), text("what stands behind # in the link that is too old"))
)

}  // namespace pz::identity::invitations
