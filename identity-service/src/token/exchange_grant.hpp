#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

namespace pz::identity::token {

/// subject_token_type of a token exchange: the identifier of an impersonation session.
inline constexpr std::string_view impersonation_session_type =
    "urn:phasezero:params:oauth:token-type:impersonation-session";
inline constexpr std::string_view access_token_urn = "urn:ietf:params:oauth:token-type:access_token";

/// grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693): platform staff, by their own access
/// token (actor_token), get one with which they act inside a tenant, for an impersonation session of theirs
/// that is active (subject_token). It names both (`act` last), never outlives the session nor ten minutes,
/// has no refresh token, and cannot be exchanged again. Throws OAuthError.
boost::asio::awaitable<Tokens> exchange_grant(GrantRequest request);

}  // namespace pz::identity::token
