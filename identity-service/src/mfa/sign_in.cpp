#include "mfa/sign_in.hpp"

#include "mfa/totp.hpp"

#include <pz/core/text.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::mfa {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds challenge_lifetime = 5min;
constexpr std::size_t token_bytes = 32;

Hash as_hash(const crypto::Sha256Digest& digest) {
    return {digest.begin(), digest.end()};
}

}  // namespace

Hash hash_token(std::string_view mfa_token) {
    return as_hash(crypto::sha256(mfa_token));
}

bool is_required(const Shared& shared, auth::Role role) noexcept {
    return std::ranges::find(shared.mfa_required_for, role) != shared.mfa_required_for.end();
}

boost::asio::awaitable<std::optional<NextStep>> begin_second_step(
    IdentityDb db, Issuer issuer, people::Account account
) {
    const std::optional<Factor> factor = co_await find_factor(db, account.person);
    const bool enrolled = factor && factor->confirmed;
    if (!enrolled && !is_required(*issuer.shared, account.role)) {
        co_return std::nullopt;
    }
    NextStep step{
        .purpose = enrolled ? Purpose::verify : Purpose::enrol, .mfa_token = core::random_token(token_bytes)
    };
    const core::Timestamp now = issuer.clock->now();
    co_await insert_challenge(
        db,
        hash_token(step.mfa_token),
        account.person,
        account.tenant,
        account.person_epoch,
        step.purpose,
        now,
        now + challenge_lifetime
    );
    co_return step;
}

boost::asio::awaitable<bool> use_code(
    IdentityDb db, Issuer issuer, core::Uuid person, std::string code, bool enrolling
) {
    const core::Timestamp now = issuer.clock->now();
    const passwords::BucketKey bucket = issuer.shared->buckets.second_factor(person);
    co_await passwords::admit(db, {.subject = bucket}, now);
    const std::optional<Factor> factor = co_await find_factor(db, person);
    if (!factor || factor->confirmed == enrolling) {
        co_return false;
    }
    bool right = false;
    const std::optional<core::SecretString> secret =
        open(issuer.shared->secrets, person, factor->secret_encrypted, now);
    if (!secret) {
        spdlog::error("event=mfa.unreadable person={}", person.to_string());
    }
    const std::optional<std::int64_t> step =
        secret ? find_step(*secret, code, now, factor->last_step) : std::nullopt;
    if (step) {
        right = co_await accept_step(db, person, *step, now);
    } else if (!enrolling) {
        right = co_await use_recovery_code(db, person, as_hash(hash_recovery_code(person, code)), now);
        if (right) {
            spdlog::info("event=mfa.recovery_code_used person={}", person.to_string());
        }
    }
    if (right) {
        co_await passwords::forgive(db, bucket);
    } else {
        spdlog::info("event=mfa.refused person={}", person.to_string());
        co_await db.record({.action = "mfa.refused", .person = person}, audit::Outcome::refused);
    }
    co_return right;
}

boost::asio::awaitable<std::optional<Challenge>> answer_challenge(
    IdentityDb db, Issuer issuer, std::string mfa_token, std::string code
) {
    const core::Timestamp now = issuer.clock->now();
    const std::optional<Challenge> challenge = co_await try_challenge(db, hash_token(mfa_token), now);
    if (!challenge) {
        co_return std::nullopt;
    }
    const bool right = co_await use_code(
        db, issuer, challenge->person, std::move(code), /*enrolling=*/challenge->purpose == Purpose::enrol
    );
    if (!right) {
        co_return std::nullopt;
    }
    const bool spent = co_await spend_challenge(db, hash_token(mfa_token), now);
    co_return spent ? challenge : std::nullopt;
}

}  // namespace pz::identity::mfa
