#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

#include <string_view>

namespace pz::identity::token {

inline constexpr std::string_view mfa_grant_type = "urn:phasezero:params:oauth:grant-type:mfa-otp";

/// The second step of a sign-in: `mfa_token` from the answer mfa_required or mfa_enrollment_required, and
/// `otp`, a code of the authenticator app or a recovery code. Throws OAuthError invalid_grant for a token or
/// code that does not fit, and ApiError 429.
boost::asio::awaitable<Tokens> mfa_grant(GrantRequest request);

}  // namespace pz::identity::token
