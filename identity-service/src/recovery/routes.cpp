#include "recovery/routes.hpp"

#include "extract.hpp"
#include "mail/requested.hpp"
#include "mail/token_hash.hpp"
#include "passwords/policy.hpp"
#include "passwords/throttle.hpp"
#include "recovery/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::recovery {

struct PasswordForgotten {
    std::string email;
};
PZ_DESCRIBE(PasswordForgotten, (email, length(3, 254)))

struct PasswordReset {
    std::string token;
    std::string password;
};
PZ_DESCRIBE(
    PasswordReset,
    (token, length(1, 100), text("what stands behind # in the link")),
    (password, length(1, 1000))
)

namespace {

using boost::asio::awaitable;

constexpr std::size_t small_body = std::size_t{4} * 1024;

core::ApiError invalid_link() {
    return core::ApiError(
        400, core::ErrorCode::invalid_link, "the link is not good any more; ask for a new one"
    );
}

awaitable<mail::Requested> forget_password(
    web::Public,
    IdentityDb db,
    web::Json<PasswordForgotten, small_body> input,
    ClientContext client,
    Issuer issuer
) {
    // The table of letters shows neither who asked nor for whom.
    const passwords::BucketKeys& keys = issuer.shared->buckets;
    Hash recipient_key = keys.account(passwords::normalize_email(input->email), std::nullopt);
    Hash requester_key = keys.address(client.address);
    co_await request(
        db,
        core::Uuid::v7(*issuer.clock),
        std::move(input->email),
        std::move(recipient_key),
        std::move(requester_key),
        issuer.clock->now()
    );
    co_return mail::Requested{};
}

/// Signs nobody in: whoever has a second factor is asked for it when they sign in.
awaitable<web::NoContent> reset_password(
    web::Public, IdentityDb db, web::Json<PasswordReset, small_body> input, Issuer issuer
) {
    const Hash link = mail::hash_of_token(input->token);
    core::SecretString password{std::move(input->password)};
    const std::optional<Recoverable> account = co_await find(db, link, issuer.clock->now());
    if (!account) {
        throw invalid_link();
    }
    passwords::require_strong(password, account->email, {&account->name, 1}, "body.password");
    std::string hash = co_await issuer.shared->hasher->hash(std::move(password));
    const IdentityDb recording = db.recording(
        {.action = "password.reset",
         .person = account->person,
         .target = audit::Target{"person", account->person.to_string()}}
    );
    const bool changed = co_await set_password(
        recording, link, std::move(hash), core::Uuid::v7(*issuer.clock), issuer.clock->now()
    );
    if (!changed) {
        throw invalid_link();
    }
    spdlog::info("event=password.reset person={}", account->person.to_string());
    co_return web::NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.post<
        "/password/forgot",
        forget_password,
        deny,
        web::Unaudited<"it says nothing about who has an account; what comes of the letter is an event">>(
        "Ask for a link that sets a new password"
    );
    router.post<"/password/reset", reset_password, deny, web::Records<"password.reset">>(
        "Set a new password with such a link"
    );
}

}  // namespace pz::identity::recovery
