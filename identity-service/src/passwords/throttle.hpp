#pragma once

#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/query.hpp>
#include <pz/web/client_address.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// How often a credential may be tried. In PostgreSQL, so that all instances count together (docs/adr/0031).
namespace pz::identity::passwords {

/// The one form of an e-mail address that is looked up and counted: ASCII letters in lower case. What is not
/// equal to an account's folded address in this form finds no account, so an account has one bucket, not one
/// for each spelling.
[[nodiscard]] std::string normalize_email(std::string_view email);

using BucketKey = std::vector<std::uint8_t>;

/// Names of buckets: HMACs, so that the table holds neither e-mail addresses nor network addresses.
class BucketKeys {
 public:
    explicit BucketKeys(crypto::Sha256Digest key) : key_(key) {}

    /// @param email normalized; any text, of any length
    /// @param device a browser that this person has signed in with before: it has a bucket of its own, so
    /// that nobody else's failures hold it up
    [[nodiscard]] BucketKey account(std::string_view email, const std::optional<core::Uuid>& device) const;
    [[nodiscard]] BucketKey address(const web::ClientAddress& address) const;
    /// What somebody tries who has an account's password or token already.
    [[nodiscard]] BucketKey person(const core::Uuid& person) const;
    [[nodiscard]] BucketKey second_factor(const core::Uuid& person) const;

 private:
    [[nodiscard]] BucketKey make(std::string_view kind, std::string_view subject) const;

    crypto::Sha256Digest key_;
};

struct Attempt {
    BucketKey subject;
    /// Also counted, when there is one: a minute's worth at once, then one each 60 s / per_minute.
    std::optional<BucketKey> address{};
    std::int32_t per_minute = 0;
};

/// How many seconds to wait, or nullopt: the attempt may be made, and is counted. As admit().
boost::asio::awaitable<std::optional<unsigned>> must_wait(
    IdentityDb db, Attempt attempt, core::Timestamp now
);

/// Counts an attempt as a failure before it is made, in one statement, so that a hundred at once are a
/// hundred failures and not one. Five are free; after the n-th the next has to wait 2^(n-5) s, at most 900 s.
/// Throws ApiError 429 with Retry-After when it is too early; such an attempt is not counted and must not be
/// made. A day without attempts is forgotten.
boost::asio::awaitable<void> admit(IdentityDb db, Attempt attempt, core::Timestamp now);

/// The attempt was right: its bucket starts anew.
boost::asio::awaitable<void> forgive(IdentityDb db, BucketKey subject);

[[nodiscard]] std::span<const pg::Query> throttle_queries();

}  // namespace pz::identity::passwords
