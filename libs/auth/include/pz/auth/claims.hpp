#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The payload of an access token (RFC 9068), one definition for the service that issues and those that
/// verify.
namespace pz::auth {

/// The JOSE "typ" of access tokens.
inline constexpr std::string_view access_token_type = "at+jwt";
/// No access token may live longer, whoever issued it.
inline constexpr std::chrono::seconds max_token_lifetime{15 * 60};
/// How far the clocks of issuer and verifier may differ.
inline constexpr std::chrono::seconds clock_leeway{30};

struct AccessClaims {
    std::string issuer;                 ///< iss
    std::vector<std::string> audience;  ///< aud
    std::string client_id;
    core::Uuid person;           ///< sub
    core::Uuid token_id;         ///< jti
    core::Timestamp issued_at;   ///< iat; all times are whole seconds in the token
    core::Timestamp not_before;  ///< nbf
    core::Timestamp expires_at;  ///< exp
    core::Timestamp auth_time;
    std::vector<std::string> amr;
    core::Uuid tenant;              ///< tenant_id
    Role role{};                    ///< role, and again as the only element of roles
    core::Uuid session;             ///< sid
    std::int32_t tenant_epoch = 0;  ///< tv
    std::int32_t person_epoch = 0;  ///< pv
    std::string scope;
    std::optional<Actor> actor;                  ///< act
    std::optional<Impersonation> impersonation;  ///< imp
};

/// The JSON text; `act` comes last, with the token's own issuer.
[[nodiscard]] std::string to_payload(const AccessClaims& claims);

/// Strict in types and presence, and in what contradicts itself: roles other than [role], act without imp, a
/// nested act, a platform role outside the public tenant or a tenant role inside it, a nil sub, jti or sid.
/// Unknown claims are passed over (RFC 7519). The error is one phrase for the log that names the claim and
/// never its value.
[[nodiscard]] std::expected<AccessClaims, std::string_view> parse_claims(std::string_view payload);

}  // namespace pz::auth
