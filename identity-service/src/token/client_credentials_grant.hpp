#pragma once

#include "token/grant.hpp"
#include "token/issue.hpp"

namespace pz::identity::token {

/// grant_type=client_credentials (RFC 6749 section 4.4): an API key for an access token of 15 minutes, and no
/// refresh token. The key comes as client_secret, in the form or with HTTP Basic; client_id is the key's id
/// and may be left out, because the key names it. A key that is mistyped or cut off is told so at once;
/// unknown, wrong, expired and revoked ones look alike. Throws OAuthError.
boost::asio::awaitable<Tokens> client_credentials_grant(GrantRequest request);

}  // namespace pz::identity::token
