#pragma once

#include <pz/core/clock.hpp>
#include <pz/crypto/key.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What clients send to prove who they are, taken apart. No I/O.
namespace pz::identity::clients {

/// The value of client_assertion_type (RFC 7523 section 2.2).
inline constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A JWT with which a client authenticates (RFC 7523): its signature is by one of the client's keys, it was
/// meant for us, and it is fresh. Whether it was used before is the caller's to ask.
struct Assertion {
    std::string jti;
    core::Timestamp expires_at;
};

/// @param jwks the client's public keys
/// @param audiences what `aud` may be: our issuer identifier, and the address of the endpoint
/// The error is one phrase for the log.
[[nodiscard]] std::expected<Assertion, std::string_view> verify_assertion(
    std::string_view token,
    std::string_view client_id,
    std::string_view jwks,
    const std::vector<std::string>& audiences,
    core::Timestamp now
);
/// The client that an assertion claims to come from: where to look for its keys. Not to be believed before.
[[nodiscard]] std::optional<std::string> claimed_client(std::string_view token);

}  // namespace pz::identity::clients
