#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>

#include <chrono>
#include <cstdint>

/// For what a token alone is not enough: the person has proved who they are a short while ago (step-up).
namespace pz::web {

enum class Proof : std::uint8_t {
    any,            ///< however they signed in
    second_factor,  ///< with a second factor (amr "mfa", RFC 8176)
};

/// Throws ApiError 401 reauthentication_required (RFC 9470) unless the caller's last proof is at most
/// `max_age` old. What then helps is POST /me/step-up of identity-service, whose answer is a token with a new
/// auth_time.
void require_recent_authentication(
    const auth::Principal& user, core::Timestamp now, std::chrono::seconds max_age, Proof proof
);

}  // namespace pz::web
