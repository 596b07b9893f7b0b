#pragma once

#include "extract.hpp"
#include "openid/repository.hpp"
#include "sessions/repository.hpp"
#include "token/issue.hpp"

#include <optional>
#include <string>

namespace pz::identity::openid {

/// An ID token (OpenID Connect Core section 2): tells the client who signed in, when and how. Its typ is JWT,
/// so that nothing takes it for an access token. It lives as long as the access token beside it.
///
/// @param nonce of the authorization request; a refresh has none
[[nodiscard]] std::string make_id_token(
    const Issuer& issuer,
    const sessions::Session& session,
    const PersonClaims& person,
    const std::optional<std::string>& nonce,
    const token::Tokens& tokens,
    core::Timestamp now
);

/// Adds the claims of the scopes profile and email.
void add_person_claims(boost::json::object& claims, const PersonClaims& person, std::string_view scope);

}  // namespace pz::identity::openid
