#pragma once

#include <pz/core/uuid.hpp>
#include <pz/web/client_address.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

/// How many requests one person, one tenant and one address may make of this process, and in which time.
namespace pz::web {

/// So many requests in so long: 50 in a second, 6,000 in a minute.
struct Quota {
    std::uint32_t requests = 0;  ///< 0: no limit
    std::chrono::seconds window{1};
};

/// Counts by the generic cell rate algorithm (ITU-T I.371): a key may make all requests of its quota at once,
/// and then one each window/requests. All it needs to know of a key is one point in time, so each is one
/// 64-bit atomic in a table of fixed size: no lock, no allocation, no cleaning up (a key that was quiet for
/// its window is as if it had never been there, and its place is free).
///
/// A key has eight places to stand in, chosen by a hash under a random key of this process. When all eight
/// are taken by others, or one other has the same hash, two keys share a place: that makes a limit stricter
/// for these two, never looser. The one thing that can be looser: two threads that meet a new key in the
/// same instant may give it two places, and thereby once up to twice its quota.
class RateLimiter {
 public:
    using Time = std::chrono::steady_clock::time_point;

    /// Requests per second. Beyond it the resolution of a microsecond would show.
    static constexpr std::uint32_t max_rate = 100'000;

    enum class Subject : std::uint8_t { person, tenant, address };

    struct Answer {
        bool admitted = true;
        std::uint32_t remaining = 0;            ///< requests that would be admitted at this moment
        std::chrono::microseconds reset{0};     ///< until all of them are there again
        std::chrono::microseconds retry_in{0};  ///< if refused: until the next one is admitted
    };

    /// @param places how many keys can be told apart at a time; a power of two, at least 8
    explicit RateLimiter(std::size_t places = std::size_t{1} << 16);

    /// Counts one request, unless it is refused: refusals cost the key nothing.
    /// @param quota at least one request, at most max_rate in each second
    [[nodiscard]] Answer admit(
        Subject subject, const std::array<std::uint8_t, 16>& id, Quota quota, Time now
    ) noexcept;
    /// Whether admit() would refuse; counts nothing.
    [[nodiscard]] bool is_exhausted(
        Subject subject, const std::array<std::uint8_t, 16>& id, Quota quota, Time now
    ) const noexcept;

 private:
    using Place = std::atomic<std::uint64_t>;

    /// One line of the processor's cache.
    struct alignas(64) Set {
        std::array<Place, 8> places{};
    };

    /// Where a key stands, or may stand.
    struct Found {
        Place* place;
        std::uint64_t seen;  ///< what the place held
        std::uint64_t tag;   ///< whose the place is from now on
    };

    [[nodiscard]] std::uint64_t hash(Subject subject, const std::array<std::uint8_t, 16>& id) const noexcept;
    [[nodiscard]] std::uint64_t microseconds_at(Time now) const noexcept;
    [[nodiscard]] Found find(std::uint64_t hash, std::uint64_t now) const noexcept;

    Time epoch_ = std::chrono::steady_clock::now();
    std::array<unsigned char, 16> hash_key_{};
    std::size_t set_count_;
    std::unique_ptr<Set[]> sets_;
};

/// The rules of one service, and what its answers say about them
/// (draft-ietf-httpapi-ratelimit-headers-10: RateLimit-Policy, RateLimit).
class RateLimits {
 public:
    /// Requests per second; 0 switches a limit off. An address without a token counts as one person.
    struct Settings {
        std::uint32_t person = 50;
        std::uint32_t tenant = 500;  ///< of one that has no limit of its own, or whose own is not known yet
    };

    /// What a request was told; kept until its answer's headers are written.
    struct Outcome {
        RateLimiter::Answer answer;  ///< of the limit that is nearest to its end
        RateLimiter::Subject subject{};
        Quota client;  ///< of the person, or of the address
        Quota tenant;

        /// Whether anything limits this request.
        [[nodiscard]] bool is_limited() const noexcept { return client.requests + tenant.requests > 0; }
    };

    explicit RateLimits(Settings settings);

    /// @param actor who acts: the agent under impersonation, else the person
    /// @param per_minute the tenant's own limit, where it has one and it is known
    [[nodiscard]] Outcome admit(
        core::Uuid actor, core::Uuid tenant, std::optional<std::uint32_t> per_minute, RateLimiter::Time now
    ) noexcept;
    /// A request that no person stands behind.
    [[nodiscard]] Outcome admit(const ClientAddress& address, RateLimiter::Time now) noexcept;
    /// Whether the address has no request left now. Asked before a token is verified that was not seen
    /// before: a flood of bad tokens costs a hash each, not a signature each.
    [[nodiscard]] bool is_exhausted(const ClientAddress& address, RateLimiter::Time now) const noexcept;

 private:
    Settings settings_;
    RateLimiter limiter_;
};

/// Values of the two headers: "person";q=50;w=1, "tenant";q=6000;w=60 and "person";r=49;t=1
class RateLimitText {
 public:
    explicit RateLimitText(const RateLimits::Outcome& outcome);

    [[nodiscard]] std::string_view policy() const noexcept { return {text_.data(), policy_size_}; }

    [[nodiscard]] std::string_view state() const noexcept {
        return {text_.data() + policy_size_, size_ - policy_size_};
    }

 private:
    std::array<char, 128> text_;
    std::size_t policy_size_ = 0;
    std::size_t size_ = 0;
};

}  // namespace pz::web
