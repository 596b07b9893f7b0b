#pragma once

#include "extract.hpp"

#include <pz/auth/claims.hpp>
#include <pz/tenancy/database.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pz::identity::token {

/// An access token that this service has issued, to whichever client and audience, and that has not expired;
/// nullopt for anything else. The verifier in front of the routes takes the console's tokens alone; here
/// tokens are what a request is about.
struct OwnToken {
    auth::AccessClaims claims;
    std::string payload;  ///< the claims as they were signed
    std::string kid;      ///< of the key that signed them
};

[[nodiscard]] std::optional<OwnToken> read_own_token(
    const Shared& shared, std::string_view token, core::Timestamp now
);

/// What the liveness check needs to know of a token that nobody is impersonated with; valid as long as the
/// token.
[[nodiscard]] tenancy::LivenessClaims liveness_of(const OwnToken& token);

}  // namespace pz::identity::token
