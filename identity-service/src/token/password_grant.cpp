#include "token/password_grant.hpp"

#include "clients/authentication.hpp"
#include "mfa/sign_in.hpp"
#include "passwords/throttle.hpp"
#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

constexpr const char* wrong_credentials = "the e-mail address or the password is wrong";

constexpr std::size_t longest_email = 254;  // RFC 5321

OAuthError second_step_required(mfa::NextStep next) {
    const bool enrolled = next.purpose == mfa::Purpose::verify;
    return OAuthError(
               enrolled ? "mfa_required" : "mfa_enrollment_required",
               enrolled ? "a code of the authenticator app is required"
                        : "an authenticator app has to be set up first",
               403
    )
        .with_mfa_token(std::move(next.mfa_token));
}

boost::asio::awaitable<bool> verify_password(
    Issuer issuer, std::string stored, core::SecretString password, crypto::PasswordLane lane
) {
    const core::TimedStep step(issuer.timeline, "password", "verify");
    const bool right = co_await issuer.shared->hasher->verify(std::move(stored), std::move(password), lane);
    co_return right;
}

}  // namespace

boost::asio::awaitable<Tokens> password_grant(GrantRequest request) {
    const clients::Caller caller =
        co_await clients::authenticate(request.db, request.issuer, request.client, request.form);
    if (!caller.may_use("password")) {
        throw OAuthError("unauthorized_client", "passwords are for the console's own sign-in page alone");
    }
    const std::optional<std::string> email = request.form.find("username");
    if (!email) {
        throw OAuthError("invalid_request", "username and password are required");
    }
    // An empty password does the same work as a wrong one.
    const core::SecretString password{request.form.find("password").value_or("")};
    crypto::PasswordHasher& hasher = *request.issuer.shared->hasher;
    // What cannot be an address does the same work as an unknown one; the length bounds what the database
    // sees.
    const std::string address = passwords::normalize_email(*email);
    const core::Timestamp now = request.issuer.clock->now();
    const Shared& shared = *request.issuer.shared;
    const std::optional<core::Uuid> device = find_known_device(request, address, now);
    const auto lane = device ? crypto::PasswordLane::known : crypto::PasswordLane::strangers;
    // Before the database is asked anything: under a flood this is where nearly all of it ends. An attempt
    // that is not made does not count.
    hasher.require_place(lane);
    const passwords::BucketKey bucket = shared.buckets.account(address, device);
    const passwords::BucketKey origin = shared.buckets.address(request.client.address);
    const std::optional<unsigned> wait = co_await passwords::must_wait(
        request.db,
        {.subject = bucket,
         // A browser that is known here is held to its own bucket, whatever its neighbours do.
         .address = device ? std::nullopt : std::optional{origin},
         .per_minute = shared.sign_ins_per_minute},
        now
    );
    if (wait) {
        // Whose account it is, if anybody's, is not asked: that would take time that tells.
        co_await request.db.record(
            {.action = "session.throttled", .merged_by = {origin.begin(), origin.end()}},
            audit::Outcome::refused
        );
        throw core::too_many_requests(*wait);
    }
    std::optional<people::AccountWithPassword> account;
    if (address.size() <= longest_email) {
        account = co_await people::find_account(request.db, address);
    }
    std::string stored = account ? account->password_hash : hasher.dummy_hash();
    const bool right = co_await verify_password(request.issuer, stored, password, lane);
    if (!account || !right || account->person_state != people::PersonState::active) {
        spdlog::info("event=session.refused person={}", account ? account->person.to_string() : "unknown");
        // One event for each, known or not, so that both take as long.
        co_await request.db.record(
            {.action = "session.refused",
             .tenant = account ? account->tenant : core::public_tenant,
             .person = account ? std::optional{account->person} : std::nullopt},
            audit::Outcome::refused
        );
        throw OAuthError("invalid_grant", wrong_credentials);
    }
    co_await passwords::forgive(request.db, bucket);
    require_sign_in_allowed(*account);
    if (hasher.needs_rehash(stored)) {
        std::string renewed = co_await hasher.hash(password);
        co_await people::store_password_hash(
            request.db, account->person, std::move(stored), std::move(renewed)
        );
    }
    std::optional<mfa::NextStep> next = co_await mfa::begin_second_step(request.db, request.issuer, *account);
    if (next) {
        throw second_step_required(std::move(*next));
    }
    co_return co_await begin_known_session(std::move(request), *account, address, "pwd");
}

}  // namespace pz::identity::token
