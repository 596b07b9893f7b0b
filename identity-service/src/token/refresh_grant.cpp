#include "token/refresh_grant.hpp"

#include "clients/authentication.hpp"
#include "mfa/sign_in.hpp"
#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

/// What one refresh beyond the limit is paid for with.
constexpr unsigned retry_after_seconds = 10;
constexpr const char* session_over = "the session has ended; sign in again";

/// The part of the session's scope that the client wants now. Throws invalid_scope for more than that.
std::string narrow(const std::string& wanted, const std::string& granted) {
    std::string scope = clients::common_words(wanted, granted);
    if (scope.empty() || scope.size() != wanted.size()) {
        throw OAuthError("invalid_scope", "more than was granted");
    }
    return scope;
}

}  // namespace

boost::asio::awaitable<std::optional<sessions::Session>> find_session(
    IdentityDb db, Issuer issuer, sessions::RefreshToken token
) {
    std::optional<sessions::Session> session = co_await sessions::find(db, token.session);
    if (session && !issuer.shared->refresh_tokens.verify(token, session->refresh_nonce)) {
        session.reset();
    }
    co_return session;
}

boost::asio::awaitable<Tokens> refresh_grant(GrantRequest request) {
    const IdentityDb db = request.db;
    const Issuer issuer = request.issuer;
    const clients::Caller caller = co_await clients::authenticate(db, issuer, request.client, request.form);
    if (!caller.may_use("refresh_token")) {
        throw OAuthError("unauthorized_client", "this client gets no refresh tokens");
    }
    std::optional<std::string> text = request.form.find("refresh_token");
    if (!text && request.client.is_console) {
        text = request.client.refresh_cookie;
    }
    if (!text) {
        throw OAuthError("invalid_request", "refresh_token is required");
    }
    const std::optional<sessions::RefreshToken> token = sessions::RefreshTokenCodec::parse(*text);
    if (!token) {
        throw OAuthError("invalid_grant", session_over);
    }
    std::optional<sessions::Session> session = co_await find_session(db, issuer, *token);
    const core::Timestamp now = issuer.clock->now();
    // Another client's token is as good as none: refresh tokens are bound to their client (RFC 6749 section
    // 6).
    if (!session || session->client_id != caller.id() || session->revoked_at ||
        session->idle_expires_at <= now || session->expires_at <= now) {
        throw OAuthError("invalid_grant", session_over);
    }
    const std::optional<people::Account> account =
        co_await sessions::find_account(db, session->person, session->tenant);
    if (!account || account->person_state != people::PersonState::active) {
        throw OAuthError("invalid_grant", session_over);
    }
    require_sign_in_allowed(*account);
    if (mfa::is_required(*issuer.shared, account->role) && !has_second_factor(session->amr)) {
        throw OAuthError("invalid_grant", session_over);
    }
    if (const std::optional<std::string> scope = request.form.find("scope"); scope && caller.registered) {
        session->scope = narrow(*scope, session->scope);
    }

    const core::Timestamp idle_end = now + sessions::lifetime_for(account->role).idle;
    const std::optional<sessions::RefreshUse> use =
        co_await sessions::use_refresh_token(db, session->id, token->counter, now, idle_end);
    if (!use) {
        session = co_await sessions::find(db, session->id);
        if (session && !session->revoked_at) {
            throw core::too_many_requests(retry_after_seconds);
        }
        throw OAuthError("invalid_grant", session_over);
    }
    if (use->ended) {
        spdlog::warn(
            "event=session.reuse person={} session={}", session->person.to_string(), session->id.to_string()
        );
        co_await db.record(
            {.action = "session.reused",
             .tenant = session->tenant,
             .person = session->person,
             .target = audit::Target{"session", session->id.to_string()}},
            audit::Outcome::refused
        );
        throw OAuthError("invalid_grant", session_over);
    }
    co_return make_tokens(issuer, *account, *session, use->counter, now);
}

}  // namespace pz::identity::token
