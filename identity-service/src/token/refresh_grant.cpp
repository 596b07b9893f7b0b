#include "token/refresh_grant.hpp"

#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

constexpr std::chrono::seconds parent_grace{10};
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

    if (token->counter == session->refresh_counter) {
        const core::Timestamp idle_end = now + sessions::lifetime_for(account->role).idle;
        const bool rotated = co_await sessions::rotate(db, session->id, token->counter, now, idle_end);
        if (rotated) {
            co_return make_tokens(issuer, *account, *session, token->counter + 1, now);
        }
        // Another request with the same token was faster; its child is ours too.
        session = co_await sessions::find(db, session->id);
        if (!session || session->revoked_at) {
            throw OAuthError("invalid_grant", session_over);
        }
    }
    if (token->counter + 1 == session->refresh_counter && now - session->rotated_at <= parent_grace) {
        co_return make_tokens(issuer, *account, *session, session->refresh_counter, now);
    }
    spdlog::warn("refresh token used again: session={} ended", session->id.to_string());
    co_await sessions::revoke(db, session->id, sessions::RevokeReason::refresh_reuse, now);
    throw OAuthError("invalid_grant", session_over);
}

}  // namespace pz::identity::token
