#include "passwords/routes.hpp"

#include "extract.hpp"
#include "passwords/policy.hpp"
#include "passwords/repository.hpp"
#include "passwords/throttle.hpp"
#include "sessions/repository.hpp"

#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

#include <array>

namespace pz::identity::passwords {

struct PasswordChange {
    std::string current_password;
    std::string new_password;
};
PZ_DESCRIBE(
    PasswordChange,
    (current_password, length(1, 1024)),
    (new_password, length(12, 128), text("as it is typed; not a common one, nor made of your own words"))
)

namespace {

using boost::asio::awaitable;

/// The hashes are computed between two transactions, because none may stay open for that; the second changes
/// the password only if it is still the one that was checked.
awaitable<web::NoContent> change_password(
    tenancy::PeopleDb db,
    web::CurrentUser user,
    IdentityDb identity,
    Issuer issuer,
    web::Json<PasswordChange, 8 * 1024> in
) {
    const core::SecretString current{std::move(in->current_password)};
    const core::SecretString wanted{std::move(in->new_password)};
    std::optional<Credentials> credentials = co_await find_credentials(identity, user->tenant, user->person);
    if (!credentials || !credentials->password_hash) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    const std::array words{credentials->tenant_name, credentials->tenant_slug};
    require_strong(wanted, credentials->email, words, "body.new_password");

    const core::Timestamp now = issuer.clock->now();
    const BucketKey bucket = issuer.shared->buckets.person(user->person);
    co_await admit(identity, {.subject = bucket}, now);
    crypto::PasswordHasher& hasher = *issuer.shared->hasher;
    const bool right =
        co_await hasher.verify(*credentials->password_hash, current, crypto::PasswordLane::known);
    if (!right) {
        spdlog::info("event=password.change_refused person={}", user->person.to_string());
        throw core::invalid("body.current_password", "is wrong", "wrong_password");
    }
    co_await forgive(identity, bucket);
    if (wanted.reveal() == current.reveal()) {
        throw core::invalid("body.new_password", "is the one that you have", "unchanged");
    }
    std::string hash = co_await hasher.hash(wanted);

    const bool replaced =
        co_await replace_hash(db, user->person, std::move(*credentials->password_hash), std::move(hash), now);
    if (!replaced) {
        throw core::conflict("the password was changed meanwhile");
    }
    const std::uint64_t ended = co_await sessions::end_others(
        db, user->person, user->session, sessions::RevokeReason::password_changed, now
    );
    spdlog::info(
        "event=password.changed person={} session={} sessions_ended={}",
        user->person.to_string(),
        user->session.to_string(),
        ended
    );
    co_return web::NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    router
        .post<"/password/change", change_password, web::Impersonation::deny, web::Audits<"password.changed">>(
            "Change my password; my other sessions end, and this one goes on with its next refresh"
        )
        .also_answers(409);
}

}  // namespace pz::identity::passwords
