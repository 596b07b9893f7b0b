#include "token/refresh_grant.hpp"

#include "mfa/sign_in.hpp"
#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

/// What one refresh beyond the limit is paid for with.
constexpr unsigned retry_after_seconds = 10;
constexpr const char* session_over = "the session has ended; sign in again";

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
    if (!session || session->revoked_at || session->idle_expires_at <= now || session->expires_at <= now) {
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
        throw OAuthError("invalid_grant", session_over);
    }
    co_return make_tokens(issuer, *account, *session, use->counter, now);
}

}  // namespace pz::identity::token
