#include "passwords/throttle.hpp"

#include <pz/core/check.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pz::identity::passwords {

struct Verdict {
    bool admitted = false;
    std::int32_t retry_after = 0;  ///< seconds
};
PZ_DESCRIBE(Verdict, admitted, retry_after)

namespace {

// Every change is an upsert whose WHERE is asked of the row's latest version under its lock; nothing is
// decided on what was read before. The address comes first: when it is used up, the account is not touched,
// so that a flood from one address makes nobody else wait. A free attempt leaves no wait at all behind: of
// two at the same moment the one with the earlier clock must not wait for the other. The last SELECT reads
// the rows as they were before, which is what a refused attempt left them at.
constexpr pg::Query admit_attempt{"throttle.admit", R"sql(
    WITH swept AS (
      DELETE FROM identity.login_throttle
       WHERE key IN (SELECT key FROM identity.login_throttle
                      WHERE changed_at < $3::timestamptz - interval '1 day' AND key <> $2 AND key IS DISTINCT FROM $1
                      ORDER BY changed_at LIMIT 8 FOR UPDATE SKIP LOCKED)
    ), address AS (
      INSERT INTO identity.login_throttle AS t (key, wait_until, changed_at)
      SELECT $1::bytea, $3 + $4::float8 * interval '1 s', $3 WHERE $1 IS NOT NULL
      ON CONFLICT (key) DO UPDATE
         SET wait_until = greatest(t.wait_until, $3) + $4::float8 * interval '1 s', changed_at = $3
       WHERE greatest(t.wait_until, $3) + $4::float8 * interval '1 s' <= $3 + interval '60 s'
      RETURNING key
    ), subject AS (
      INSERT INTO identity.login_throttle AS t (key, failures, wait_until, changed_at)
      SELECT $2::bytea, 1, 'epoch', $3 WHERE $1 IS NULL OR EXISTS (SELECT FROM address)
      ON CONFLICT (key) DO UPDATE
         SET failures = CASE WHEN t.changed_at < $3 - interval '1 day' THEN 1 ELSE t.failures + 1 END,
             wait_until = CASE WHEN t.changed_at < $3 - interval '1 day' OR t.failures < 4 THEN 'epoch'
                               ELSE $3 + least(900, power(2, least(t.failures - 4, 10))) * interval '1 s' END,
             changed_at = $3
       WHERE t.wait_until <= $3
      RETURNING key
    )
    SELECT EXISTS (SELECT FROM subject),
           greatest(1, coalesce(ceil(extract(epoch FROM (
             SELECT max(CASE WHEN key = $2 THEN wait_until
                             ELSE wait_until + $4::float8 * interval '1 s' - interval '60 s' END)
               FROM identity.login_throttle WHERE key IN ($1, $2)) - $3)), 1))::integer)sql"};

constexpr pg::Query forgive_subject{"throttle.forgive", R"sql(
    DELETE FROM identity.login_throttle WHERE key = $1)sql"};

std::string_view bytes_of(const core::Uuid& id) noexcept {
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace

std::string normalize_email(std::string_view email) {
    std::string folded{email};
    std::ranges::transform(folded, folded.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    return folded;
}

BucketKey BucketKeys::make(std::string_view kind, std::string_view subject) const {
    std::string message{kind};
    message += '\0';
    message += subject;
    const crypto::Sha256Digest digest = crypto::hmac_sha256(crypto::bytes_of(key_), message);
    return {digest.begin(), digest.end()};
}

BucketKey BucketKeys::account(std::string_view email, const std::optional<core::Uuid>& device) const {
    if (!device) {
        return make("account", email);
    }
    return make("known device", std::string{bytes_of(*device)}.append(email));
}

BucketKey BucketKeys::address(const web::ClientAddress& address) const {
    const web::ClientAddress network = address.network();
    return make("address", {reinterpret_cast<const char*>(network.bytes.data()), network.bytes.size()});
}

BucketKey BucketKeys::person(const core::Uuid& person) const {
    return make("person", bytes_of(person));
}

BucketKey BucketKeys::second_factor(const core::Uuid& person) const {
    return make("second factor", bytes_of(person));
}

boost::asio::awaitable<std::optional<unsigned>> must_wait(
    IdentityDb db, Attempt attempt, core::Timestamp now
) {
    if (attempt.per_minute == 0) {
        attempt.address.reset();
    }
    const double seconds_each = attempt.address ? 60.0 / attempt.per_minute : 0.0;
    const std::optional<Verdict> verdict =
        co_await db.find_written<Verdict>(admit_attempt, attempt.address, attempt.subject, now, seconds_each);
    PZ_CHECK(verdict.has_value());
    co_return verdict->admitted ? std::nullopt : std::optional{static_cast<unsigned>(verdict->retry_after)};
}

boost::asio::awaitable<void> admit(IdentityDb db, Attempt attempt, core::Timestamp now) {
    const std::optional<unsigned> seconds = co_await must_wait(db, std::move(attempt), now);
    if (seconds) {
        throw core::too_many_requests(*seconds);
    }
}

boost::asio::awaitable<void> forgive(IdentityDb db, BucketKey subject) {
    [[maybe_unused]] const std::uint64_t forgiven = co_await db.write(forgive_subject, std::move(subject));
}

std::span<const pg::Query> throttle_queries() {
    static constexpr std::array all{admit_attempt, forgive_subject};
    return all;
}

}  // namespace pz::identity::passwords
