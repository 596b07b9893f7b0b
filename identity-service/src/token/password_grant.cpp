#include "token/password_grant.hpp"

#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

constexpr const char* wrong_credentials = "the e-mail address or the password is wrong";

boost::asio::awaitable<bool> verify_password(Issuer issuer, std::string stored, core::SecretString password) {
    const core::TimedStep step(issuer.timeline, "password", "verify");
    const bool right = co_await issuer.shared->hasher->verify(std::move(stored), std::move(password));
    co_return right;
}

}  // namespace

boost::asio::awaitable<Tokens> password_grant(GrantRequest request) {
    const std::optional<std::string> email = request.form.find("username");
    if (!email) {
        throw OAuthError("invalid_request", "username and password are required");
    }
    // An empty password does the same work as a wrong one.
    const core::SecretString password{request.form.find("password").value_or("")};
    crypto::PasswordHasher& hasher = *request.issuer.shared->hasher;
    // An address that cannot be one does the same work as an unknown one; the length bounds what the database
    // sees.
    std::optional<people::AccountWithPassword> account;
    if (email->size() <= 254) {
        account = co_await people::find_account(request.db, *email);
    }
    std::string stored = account ? account->password_hash : hasher.dummy_hash();
    const bool right = co_await verify_password(request.issuer, stored, password);
    if (!account || !right || account->person_state != people::PersonState::active) {
        spdlog::info("event=session.refused person={}", account ? account->person.to_string() : "unknown");
        throw OAuthError("invalid_grant", wrong_credentials);
    }
    require_sign_in_allowed(*account);
    if (hasher.needs_rehash(stored)) {
        std::string renewed = co_await hasher.hash(password);
        co_await people::store_password_hash(
            request.db, account->person, std::move(stored), std::move(renewed)
        );
    }
    const core::Timestamp now = request.issuer.clock->now();
    const sessions::Session session = co_await begin_session(
        request.db, request.issuer, *account, now, {.user_agent = request.client.user_agent}
    );
    co_return make_tokens(request.issuer, *account, session, session.refresh_counter, now);
}

}  // namespace pz::identity::token
