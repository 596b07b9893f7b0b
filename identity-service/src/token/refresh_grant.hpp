#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

namespace pz::identity::token {

/// grant_type=refresh_token: rotates the refresh token. The immediate parent is accepted for ten seconds and
/// gets the same child, so that two tabs or a lost answer do no harm; anything older is a stolen token and
/// ends the session. Throws OAuthError.
boost::asio::awaitable<Tokens> refresh_grant(GrantRequest request);

/// The session behind a refresh token that this service made, whether it still lives or not.
boost::asio::awaitable<std::optional<sessions::Session>> find_session(
    IdentityDb db, Issuer issuer, sessions::RefreshToken token
);

}  // namespace pz::identity::token
