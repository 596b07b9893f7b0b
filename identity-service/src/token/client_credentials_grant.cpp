#include "token/client_credentials_grant.hpp"

#include "api_keys/key_text.hpp"
#include "api_keys/repository.hpp"
#include "token/basic_credentials.hpp"
#include "token/oauth_error.hpp"

#include <pz/auth/claims.hpp>
#include <pz/crypto/jws.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::token {

namespace {

/// RFC 6749 section 5.2: 401 with a challenge, whichever way the key came.
OAuthError invalid_client(const std::string& description) {
    return OAuthError{"invalid_client", description, 401};
}

/// client_id, possibly empty, and client_secret, from one of the two places where they may stand.
BasicCredentials credentials_of(const GrantRequest& request) {
    std::optional<std::string> secret = request.form.find("client_secret");
    if (!request.client.authorization) {
        if (!secret) {
            throw invalid_client("client_secret is required: the API key");
        }
        return {request.form.find("client_id").value_or(""), core::SecretString{std::move(*secret)}};
    }
    if (secret) {
        throw OAuthError("invalid_request", "the API key comes in the header or in the form, not in both");
    }
    std::optional<BasicCredentials> credentials = parse_basic(*request.client.authorization);
    if (!credentials) {
        throw invalid_client("the Authorization header must be: Basic <client_id:client_secret>");
    }
    return std::move(*credentials);
}

bool is_usable(
    const api_keys::KeyAccount& account, const crypto::Sha256Digest& secret_hash, core::Timestamp now
) {
    const std::string_view stored{
        reinterpret_cast<const char*>(account.secret_hash.data()), account.secret_hash.size()
    };
    return crypto::equal_in_constant_time(stored, crypto::bytes_of(secret_hash)) && !account.revoked_at &&
           account.expires_at > now && account.machine_state == people::PersonState::active;
}

Tokens make_token(const Issuer& issuer, const api_keys::KeyAccount& account, core::Timestamp now) {
    const core::Timestamp issued = std::chrono::floor<std::chrono::seconds>(now);
    const core::Timestamp key_ends = std::chrono::floor<std::chrono::seconds>(account.expires_at);
    auth::AccessClaims claims;
    claims.issuer = issuer.shared->issuer;
    claims.audience = {issuer.shared->audience};
    // Nobody else stands behind the client, so it is the subject (RFC 9068 section 2.2).
    claims.client_id = account.id.to_string();
    claims.person = account.id;
    claims.token_id = core::Uuid::v7(*issuer.clock);
    claims.issued_at = issued;
    claims.not_before = issued;
    claims.expires_at = std::min(issued + auth::max_token_lifetime, key_ends);
    claims.auth_time = issued;
    claims.amr = {std::string{auth::machine_method}};
    claims.tenant = account.tenant;
    claims.role = account.role == api_keys::KeyRole::admin ? auth::Role::admin : auth::Role::standard;
    claims.session = account.id;
    claims.tenant_epoch = account.tenant_epoch;
    claims.person_epoch = account.machine_epoch;
    claims.scope = "api";
    return {
        .access_token = crypto::sign_compact(
            auth::access_token_type, auth::to_payload(claims), issuer.shared->keys->current()->active
        ),
        .access_lifetime = std::chrono::floor<std::chrono::seconds>(claims.expires_at - issued),
        .scope = claims.scope,
        .client_id = claims.client_id,
    };
}

}  // namespace

boost::asio::awaitable<Tokens> client_credentials_grant(GrantRequest request) {
    const IdentityDb db = request.db;
    const Issuer issuer = request.issuer;
    const BasicCredentials credentials = credentials_of(request);
    const auto key = api_keys::parse_key(credentials.secret.reveal());
    if (!key) {
        throw invalid_client("this is no API key: it is mistyped or cut off");
    }
    if (!credentials.id.empty() && core::Uuid::parse(credentials.id) != key->id) {
        throw invalid_client("client_id is not the id of this API key; it may be left out");
    }
    const core::Timestamp now = issuer.clock->now();
    const std::optional<api_keys::KeyAccount> account = co_await api_keys::find_account(db, key->id);
    if (!account || !is_usable(*account, key->secret_hash, now)) {
        spdlog::info("event=api_key.refused key={}", key->id.to_string());
        co_await db.record(
            {.action = "api_key.refused",
             .tenant = account ? account->tenant : core::public_tenant,
             .target = audit::Target{"api_key", key->id.to_string()}},
            audit::Outcome::refused
        );
        throw invalid_client("the API key is unknown, expired or revoked");
    }
    const auth::Role role =
        account->role == api_keys::KeyRole::admin ? auth::Role::admin : auth::Role::standard;
    if (!people::may_sign_in(account->tenant_state, role)) {
        throw OAuthError("tenant_suspended", "the organization is suspended; ask its administrator", 403);
    }
    co_await api_keys::note_use(db, account->id, now);
    co_return make_token(issuer, *account, now);
}

}  // namespace pz::identity::token
