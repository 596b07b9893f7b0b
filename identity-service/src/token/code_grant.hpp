#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

namespace pz::identity::token {

/// grant_type=authorization_code with PKCE S256 (RFC 7636): a session for the client, with an ID token when
/// the scope has openid. A code that comes a second time was stolen, or its answer was: the session made from
/// it ends. Throws OAuthError.
boost::asio::awaitable<Tokens> code_grant(GrantRequest request);

}  // namespace pz::identity::token
