#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

namespace pz::identity::token {

/// grant_type=password: checks an e-mail address and password and begins a session. Every kind of failure
/// does the same work and gives the same answer; a suspended organization is told only to who knows the
/// password. With a second factor, enrolled or required, the answer is mfa_required or
/// mfa_enrollment_required and an mfa_token for mfa_grant(). Throws OAuthError, and ApiError 503 when too
/// many sign-ins wait.
boost::asio::awaitable<Tokens> password_grant(GrantRequest request);

}  // namespace pz::identity::token
