#include "token/code_grant.hpp"

#include "authorize/repository.hpp"
#include "clients/authentication.hpp"
#include "openid/id_token.hpp"
#include "token/oauth_error.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

constexpr const char* bad_code = "the code is not valid, was used, or was made for another request";

std::string require(const OAuthForm& form, const char* name) {
    std::optional<std::string> value = form.find(name);
    if (!value) {
        throw OAuthError("invalid_request", std::string{name} + " is required");
    }
    return std::move(*value);
}

/// RFC 7636 sections 4.1 and 4.6.
bool proves(std::string_view verifier, std::string_view challenge) {
    if (verifier.size() < 43 || verifier.size() > 128) {
        return false;
    }
    const crypto::Sha256Digest digest = crypto::sha256(verifier);
    return crypto::equal_in_constant_time(core::base64url_encode(crypto::bytes_of(digest)), challenge);
}

/// Ends what was made from a code that comes again (RFC 6749 section 4.1.2).
boost::asio::awaitable<void> end_session_of(IdentityDb db, Issuer issuer, authorize::AuthorizationCode code) {
    spdlog::warn(
        "event=code.reuse person={} client={} session={}",
        code.person.to_string(),
        code.client_id,
        code.issued_session->to_string()
    );
    // The time is asked now: the session may have begun after this request did.
    const IdentityDb recording = db.recording(
        {.action = "code.reused",
         .tenant = code.tenant,
         .person = code.person,
         .target = audit::Target{"session", code.issued_session->to_string()}}
    );
    co_await sessions::revoke(
        recording, *code.issued_session, sessions::RevokeReason::forced, issuer.clock->now()
    );
}

/// Who agreed, if they could still agree now: their session has not ended since.
boost::asio::awaitable<openid::PersonClaims> require_live(IdentityDb db, authorize::AuthorizationCode code) {
    try {
        std::optional<openid::PersonClaims> person = co_await openid::find_person(
            db,
            code.tenant,
            {.person = code.person,
             .person_epoch = code.person_epoch,
             .tenant_epoch = code.tenant_epoch,
             .session = code.session}
        );
        if (!person) {
            throw OAuthError("invalid_grant", bad_code);
        }
        co_return std::move(*person);
    } catch (const core::ApiError& error) {
        if (error.status() == 401 || error.status() == 403) {
            throw OAuthError("invalid_grant", bad_code);
        }
        throw;
    }
}

}  // namespace

boost::asio::awaitable<Tokens> code_grant(GrantRequest request) {
    const IdentityDb db = request.db;
    const Issuer issuer = request.issuer;
    const clients::Caller caller = co_await clients::authenticate(db, issuer, request.client, request.form);
    if (!caller.registered || !caller.may_use("authorization_code")) {
        throw OAuthError("unauthorized_client", "this client is not registered for authorization codes");
    }
    const std::string text = require(request.form, "code");
    const std::string redirect_uri = require(request.form, "redirect_uri");
    const std::string verifier = require(request.form, "code_verifier");
    std::optional<authorize::AuthorizationCode> code = co_await authorize::find(db, text);
    const core::Timestamp now = issuer.clock->now();
    if (!code || code->client_id != caller.id()) {
        throw OAuthError("invalid_grant", bad_code);
    }
    if (code->issued_session) {
        co_await end_session_of(db, issuer, *code);
        throw OAuthError("invalid_grant", bad_code);
    }
    if (code->expires_at <= now || code->redirect_uri != redirect_uri ||
        !proves(verifier, code->code_challenge)) {
        throw OAuthError("invalid_grant", bad_code);
    }
    const openid::PersonClaims person = co_await require_live(db, *code);
    const std::optional<people::Account> account =
        co_await sessions::find_account(db, code->person, code->tenant);
    if (!account) {
        throw OAuthError("invalid_grant", bad_code);
    }
    require_sign_in_allowed(*account);

    // The session first: whoever then finds the code used finds a session to end.
    const sessions::Session session = co_await begin_session(
        db,
        issuer,
        *account,
        now,
        {.amr = code->amr, .user_agent = request.client.user_agent},
        {.auth_time = code->auth_time, .client_id = code->client_id, .scope = code->scope}
    );
    const bool ours = co_await authorize::use(db, text, session.id, now);
    if (!ours) {
        co_await sessions::revoke(db, session.id, sessions::RevokeReason::forced, now);
        code = co_await authorize::find(db, text);
        if (code && code->issued_session) {
            co_await end_session_of(db, issuer, *code);
        }
        throw OAuthError("invalid_grant", bad_code);
    }
    Tokens tokens = make_tokens(issuer, *account, session, session.refresh_counter, now);
    if (!caller.may_use("refresh_token")) {
        tokens.refresh_token.reset();
    }
    if (clients::has_word(session.scope, "openid")) {
        tokens.id_token = openid::make_id_token(issuer, session, person, code->nonce, tokens, now);
    }
    co_return tokens;
}

}  // namespace pz::identity::token
