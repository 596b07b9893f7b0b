#include "openid/id_token.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace json = boost::json;

namespace pz::identity::openid {

void add_person_claims(json::object& claims, const PersonClaims& person, std::string_view scope) {
    if (clients::has_word(scope, "profile")) {
        claims["name"] = person.name;
    }
    if (clients::has_word(scope, "email")) {
        claims["email"] = person.email;
        claims["email_verified"] = person.email_verified;
    }
}

std::string make_id_token(
    const Issuer& issuer,
    const sessions::Session& session,
    const PersonClaims& person,
    const std::optional<std::string>& nonce,
    const token::Tokens& tokens,
    core::Timestamp now
) {
    const std::int64_t issued = core::unix_seconds(now);
    const crypto::Sha256Digest digest = crypto::sha256(tokens.access_token);
    json::object claims{
        {"iss", issuer.shared->issuer},
        {"sub", session.person.to_string()},
        {"aud", session.client_id},
        {"iat", issued},
        {"exp", issued + tokens.access_lifetime.count()},
        {"auth_time", core::unix_seconds(session.auth_time)},
        {"sid", session.id.to_string()},
        // Core section 3.1.3.6: the left half, for an algorithm with SHA-256.
        {"at_hash", core::base64url_encode(crypto::bytes_of(digest).substr(0, 16))},
    };
    json::array methods;
    for (const std::string& method : token::methods_of(session.amr)) {
        methods.emplace_back(method);
    }
    claims["amr"] = std::move(methods);
    if (nonce) {
        claims["nonce"] = *nonce;
    }
    add_person_claims(claims, person, session.scope);
    return crypto::sign_compact("JWT", json::serialize(claims), issuer.shared->keys->current()->active);
}

}  // namespace pz::identity::openid
