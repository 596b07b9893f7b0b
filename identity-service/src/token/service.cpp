#include "token/service.hpp"

#include "people/repository.hpp"
#include "sessions/repository.hpp"

#include <pz/auth/claims.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/jws.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::token {

namespace {

constexpr std::chrono::seconds parent_grace{10};
constexpr const char* wrong_credentials = "the e-mail address or the password is wrong";
constexpr const char* session_over = "the session has ended; sign in again";

std::chrono::seconds seconds_until(core::Timestamp end, core::Timestamp now) {
    return std::max(std::chrono::floor<std::chrono::seconds>(end - now), std::chrono::seconds{0});
}

void require_sign_in_allowed(const people::Account& account) {
    if (!people::may_sign_in(account.tenant_state, account.role)) {
        throw OAuthError("tenant_suspended", "the organization is suspended; ask its administrator", 403);
    }
}

/// Access token and refresh token of the session's generation `counter`.
Tokens make_tokens(
    const Issuer& issuer,
    const people::Account& account,
    const sessions::Session& session,
    std::int32_t counter,
    core::Timestamp now
) {
    // Whole seconds: that is what the token can say.
    const core::Timestamp issued = std::chrono::floor<std::chrono::seconds>(now);
    auth::AccessClaims claims;
    claims.issuer = issuer.shared->issuer;
    claims.audience = {issuer.shared->audience};
    claims.client_id = "phasezero-web";
    claims.person = account.person;
    claims.token_id = core::Uuid::v7(*issuer.clock);
    claims.issued_at = issued;
    claims.not_before = issued;
    claims.expires_at = std::min(
        issued + sessions::lifetime_for(account.role).access_token,
        core::Timestamp{std::chrono::floor<std::chrono::seconds>(session.expires_at)}
    );
    claims.auth_time = std::chrono::floor<std::chrono::seconds>(session.auth_time);
    claims.amr = {"pwd"};
    claims.tenant = account.tenant;
    claims.role = account.role;
    claims.session = session.id;
    claims.tenant_epoch = account.tenant_epoch;
    claims.person_epoch = account.person_epoch;
    claims.scope = "api";
    return {
        .access_token = crypto::sign_compact(
            auth::access_token_type, auth::to_payload(claims), issuer.shared->signing_key
        ),
        .access_lifetime = seconds_until(claims.expires_at, issued),
        .refresh_token = issuer.shared->refresh_tokens.make(session.id, session.refresh_nonce, counter),
        .refresh_lifetime = seconds_until(session.expires_at, now),
    };
}

/// The session behind a refresh token that this service made.
boost::asio::awaitable<std::optional<sessions::Session>> find_session(
    IdentityDb db, Issuer issuer, sessions::RefreshToken token
) {
    std::optional<sessions::Session> session = co_await sessions::find(db, token.session);
    if (session && !issuer.shared->refresh_tokens.verify(token, session->refresh_nonce)) {
        session.reset();
    }
    co_return session;
}

boost::asio::awaitable<bool> verify_password(Issuer issuer, std::string stored, core::SecretString password) {
    const core::TimedStep step(issuer.timeline, "password", "verify");
    const bool right = co_await issuer.shared->hasher->verify(std::move(stored), std::move(password));
    co_return right;
}

}  // namespace

boost::asio::awaitable<Tokens> sign_in(
    IdentityDb db, Issuer issuer, std::string email, core::SecretString password
) {
    crypto::PasswordHasher& hasher = *issuer.shared->hasher;
    // An address that cannot be one does the same work as an unknown one; the length bounds what the database
    // sees.
    std::optional<people::AccountWithPassword> account;
    if (email.size() <= 254) {
        account = co_await people::find_account(db, email);
    }
    std::string stored = account ? account->password_hash : hasher.dummy_hash();
    const bool right = co_await verify_password(issuer, stored, password);
    if (!account || !right || account->person_state != people::PersonState::active) {
        spdlog::info("sign-in refused person={}", account ? account->person.to_string() : "unknown");
        throw OAuthError("invalid_grant", wrong_credentials);
    }
    require_sign_in_allowed(*account);
    if (hasher.needs_rehash(stored)) {
        std::string renewed = co_await hasher.hash(password);
        co_await people::store_password_hash(db, account->person, std::move(stored), std::move(renewed));
    }
    const core::Timestamp now = issuer.clock->now();
    const sessions::Lifetime lifetime = sessions::lifetime_for(account->role);
    sessions::Session session{
        .id = core::Uuid::v7(*issuer.clock),
        .person = account->person,
        .tenant = account->tenant,
        .refresh_nonce = std::vector<std::uint8_t>(16),
        .refresh_counter = 0,
        .rotated_at = now,
        .auth_time = now,
        .idle_expires_at = now + lifetime.idle,
        .expires_at = now + lifetime.absolute,
        .revoked_at = std::nullopt,
    };
    core::random_bytes(session.refresh_nonce.data(), session.refresh_nonce.size());
    co_await sessions::insert(db, session);
    spdlog::info(
        "sign-in person={} tenant={} session={}",
        session.person.to_string(),
        session.tenant.to_string(),
        session.id.to_string()
    );
    co_return make_tokens(issuer, *account, session, session.refresh_counter, now);
}

boost::asio::awaitable<Tokens> refresh(IdentityDb db, Issuer issuer, std::string refresh_token) {
    const std::optional<sessions::RefreshToken> token = sessions::RefreshTokenCodec::parse(refresh_token);
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

boost::asio::awaitable<void> sign_out(IdentityDb db, Issuer issuer, std::string refresh_token) {
    const std::optional<sessions::RefreshToken> token = sessions::RefreshTokenCodec::parse(refresh_token);
    if (!token) {
        co_return;
    }
    const std::optional<sessions::Session> session = co_await find_session(db, issuer, *token);
    if (session) {
        co_await sessions::revoke(db, session->id, sessions::RevokeReason::signed_out, issuer.clock->now());
    }
}

}  // namespace pz::identity::token
