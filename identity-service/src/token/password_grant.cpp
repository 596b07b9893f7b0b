#include "token/password_grant.hpp"

#include "passwords/throttle.hpp"
#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

constexpr const char* wrong_credentials = "the e-mail address or the password is wrong";

constexpr std::size_t longest_email = 254;  // RFC 5321

std::optional<core::Uuid> known_device(
    const GrantRequest& request, const std::string& address, core::Timestamp now
) {
    if (!request.client.device_cookie) {
        return std::nullopt;
    }
    return request.issuer.shared->devices.find(*request.client.device_cookie, address, now);
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
    std::optional<core::Uuid> device = known_device(request, address, now);
    const passwords::BucketKey bucket = shared.buckets.account(address, device);
    co_await passwords::admit(
        request.db,
        {.subject = bucket,
         // A browser that is known here is held to its own bucket, whatever its neighbours do.
         .address = device ? std::nullopt : std::optional{shared.buckets.address(request.client.address)},
         .per_minute = shared.sign_ins_per_minute},
        now
    );
    std::optional<people::AccountWithPassword> account;
    if (address.size() <= longest_email) {
        account = co_await people::find_account(request.db, address);
    }
    std::string stored = account ? account->password_hash : hasher.dummy_hash();
    const auto lane = device ? crypto::PasswordLane::known : crypto::PasswordLane::strangers;
    const bool right = co_await verify_password(request.issuer, stored, password, lane);
    if (!account || !right || account->person_state != people::PersonState::active) {
        spdlog::info("event=session.refused person={}", account ? account->person.to_string() : "unknown");
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
    if (request.client.is_console && !device) {
        device.emplace();
        core::random_bytes(device->bytes.data(), device->bytes.size());
    }
    const sessions::Session session = co_await begin_session(
        request.db, request.issuer, *account, now, {.user_agent = request.client.user_agent, .device = device}
    );
    Tokens tokens = make_tokens(request.issuer, *account, session, session.refresh_counter, now);
    if (device) {
        tokens.device_cookie = shared.devices.make(*device, address, now);
    }
    co_return tokens;
}

}  // namespace pz::identity::token
