#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// One-time passwords of authenticator apps: HOTP (RFC 4226) and TOTP (RFC 6238) with SHA-1, 30 seconds, six
/// digits, which is what every app can do. SHA-1 stands inside an HMAC here, where collisions do not matter.
namespace pz::crypto {

/// The number of the 30-second step that a time lies in.
[[nodiscard]] std::int64_t totp_step(core::Timestamp time) noexcept;

/// The code of a step: six digits, with leading zeros.
/// @param secret the shared bytes, 20 as a rule
[[nodiscard]] std::string one_time_password(const core::SecretString& secret, std::int64_t step);

/// RFC 4648 section 6 without padding: the form in which people and otpauth URIs carry a secret.
[[nodiscard]] std::string base32_encode(std::string_view bytes);

}  // namespace pz::crypto
