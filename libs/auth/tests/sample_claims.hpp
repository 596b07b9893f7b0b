#pragma once

#include <pz/auth/claims.hpp>

#include <chrono>

namespace pz::auth::samples {

inline constexpr core::Timestamp noon{
    std::chrono::sys_days{std::chrono::January / 15 / 2026} + std::chrono::hours{12}
};

inline core::Uuid id(std::uint8_t last) {
    core::Uuid id;
    id.bytes[0] = 1;
    id.bytes[15] = last;
    return id;
}

/// A tenant admin who signed in a minute before noon.
inline AccessClaims admin_claims() {
    using namespace std::chrono_literals;
    return {
        .issuer = "http://localhost:8001",
        .audience = {"product-core-api"},
        .client_id = "phasezero-web",
        .person = id(1),
        .token_id = id(2),
        .issued_at = noon,
        .not_before = noon,
        .expires_at = noon + 15min,
        .auth_time = noon - 1min,
        .amr = {"pwd"},
        .tenant = id(3),
        .role = Role::admin,
        .session = id(4),
        .tenant_epoch = 3,
        .person_epoch = 1,
        .scope = "api",
        .actor = {},
        .impersonation = {},
    };
}

inline AccessClaims impersonation_claims() {
    AccessClaims claims = admin_claims();
    claims.role = Role::standard;
    claims.actor = Actor{.id = id(5), .role = Role::support_agent};
    claims.impersonation = Impersonation{.session = id(6), .mode = ImpersonationMode::ro, .approved_by = {}};
    return claims;
}

}  // namespace pz::auth::samples
