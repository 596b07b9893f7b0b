#include "token/own_token.hpp"

#include <pz/crypto/jws.hpp>

namespace pz::identity::token {

std::optional<OwnToken> read_own_token(const Shared& shared, std::string_view token, core::Timestamp now) {
    auto jws = crypto::parse_compact(token);
    if (!jws || jws->typ != auth::access_token_type) {
        return std::nullopt;
    }
    const auto keys = shared.keys->current();
    const crypto::PublicKey* key = keys->published->find(jws->kid);
    if (key == nullptr || !crypto::verify(*jws, *key)) {
        return std::nullopt;
    }
    auto claims = auth::parse_claims(jws->payload);
    if (!claims || claims->issuer != shared.issuer || claims->expires_at <= now) {
        return std::nullopt;
    }
    return OwnToken{std::move(*claims), std::move(jws->payload), std::move(jws->kid)};
}

tenancy::LivenessClaims liveness_of(const OwnToken& token) {
    const auth::AccessClaims& claims = token.claims;
    return {
        .person = claims.person,
        .person_epoch = claims.person_epoch,
        .tenant_epoch = claims.tenant_epoch,
        .session = claims.session,
        .signing_key = token.kid,
    };
}

}  // namespace pz::identity::token
