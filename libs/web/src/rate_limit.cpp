#include <pz/web/rate_limit.hpp>

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>

#include <fmt/compile.h>
#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <bit>

namespace pz::web {

namespace {

using std::chrono::microseconds;

/// A place holds whose it is in its upper 16 bits, and in the lower 48 until when, in microseconds since the
/// limiter was made: enough for nine years.
constexpr unsigned time_bits = 48;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;

constexpr std::uint64_t tag_of(std::uint64_t word) noexcept {
    return word >> time_bits;
}

constexpr std::uint64_t time_of(std::uint64_t word) noexcept {
    return word & time_mask;
}

/// Between two requests that come evenly.
std::uint64_t interval_of(Quota quota) noexcept {
    return static_cast<std::uint64_t>(microseconds{quota.window}.count()) / quota.requests;
}

std::string_view name_of(RateLimiter::Subject subject) noexcept {
    switch (subject) {
        case RateLimiter::Subject::person:
            return "person";
        case RateLimiter::Subject::tenant:
            return "tenant";
        case RateLimiter::Subject::address:
            return "address";
    }
    return "person";
}

}  // namespace

RateLimiter::RateLimiter(std::size_t places)
    : set_count_(places / Set{}.places.size()), sets_(std::make_unique<Set[]>(set_count_)) {
    static_assert(std::tuple_size<decltype(hash_key_)>{} == crypto_shorthash_KEYBYTES);
    PZ_CHECK(std::has_single_bit(set_count_));
    core::random_bytes(hash_key_.data(), hash_key_.size());
}

std::uint64_t RateLimiter::hash(Subject subject, const std::array<std::uint8_t, 16>& id) const noexcept {
    std::array<unsigned char, 17> input;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
    input[0] = static_cast<unsigned char>(subject);
    std::ranges::copy(id, input.begin() + 1);
    std::array<unsigned char, crypto_shorthash_BYTES> digest{};
    crypto_shorthash(digest.data(), input.data(), input.size(), hash_key_.data());
    return std::bit_cast<std::uint64_t>(digest);
}

std::uint64_t RateLimiter::microseconds_at(Time now) const noexcept {
    return now <= epoch_
               ? 0
               : static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(now - epoch_).count());
}

RateLimiter::Found RateLimiter::find(std::uint64_t hash, std::uint64_t now) const noexcept {
    Set& set = sets_[hash & (set_count_ - 1)];
    const std::uint64_t tag = tag_of(hash);
    Found free{nullptr, 0, tag};
    for (Place& place : set.places) {
        const std::uint64_t seen = place.load(std::memory_order_relaxed);
        if (tag_of(seen) == tag) {
            return {&place, seen, tag};
        }
        if (free.place == nullptr && time_of(seen) <= now) {
            free.place = &place;
            free.seen = seen;
        }
    }
    if (free.place != nullptr) {
        return free;
    }
    // As a guest: the place stays its owner's, and both count in it.
    Place& shared = set.places[tag % set.places.size()];
    const std::uint64_t seen = shared.load(std::memory_order_relaxed);
    return {&shared, seen, tag_of(seen)};
}

RateLimiter::Answer RateLimiter::admit(
    Subject subject, const std::array<std::uint8_t, 16>& id, Quota quota, Time now
) noexcept {
    const std::uint64_t key = hash(subject, id);
    const std::uint64_t at = microseconds_at(now);
    const std::uint64_t interval = interval_of(quota);
    const std::uint64_t window = interval * quota.requests;
    for (;;) {
        const Found found = find(key, at);
        // Nothing but the word itself is shared, so no ordering is needed.
        const std::uint64_t busy = std::max(time_of(found.seen), at) - at;
        const std::uint64_t next = busy + interval;
        if (next > window) {
            return {
                .admitted = false,
                .remaining = 0,
                .reset = microseconds{busy},
                .retry_in = microseconds{next - window},
            };
        }
        std::uint64_t expected = found.seen;
        if (found.place->compare_exchange_weak(
                expected, found.tag << time_bits | ((at + next) & time_mask), std::memory_order_relaxed
            )) {
            return {
                .admitted = true,
                .remaining = static_cast<std::uint32_t>((window - next) / interval),
                .reset = microseconds{next},
                .retry_in = microseconds{0},
            };
        }
    }
}

bool RateLimiter::is_exhausted(Subject subject, const std::array<std::uint8_t, 16>& id, Quota quota, Time now)
    const noexcept {
    const std::uint64_t at = microseconds_at(now);
    return time_of(find(hash(subject, id), at).seen) > at + interval_of(quota) * (quota.requests - 1);
}

RateLimits::RateLimits(Settings settings) : settings_(settings) {
    PZ_CHECK(settings.person <= RateLimiter::max_rate && settings.tenant <= RateLimiter::max_rate);
}

RateLimits::Outcome RateLimits::admit(
    core::Uuid actor, core::Uuid tenant, std::optional<std::uint32_t> per_minute, RateLimiter::Time now
) noexcept {
    Outcome outcome{
        .answer = {},
        .subject = RateLimiter::Subject::person,
        .client = {.requests = settings_.person},
        .tenant = {.requests = settings_.tenant}
    };
    if (per_minute && settings_.tenant > 0) {
        constexpr std::chrono::seconds minute{60};
        outcome.tenant = {
            .requests = std::clamp(*per_minute, 1U, RateLimiter::max_rate * 60U), .window = minute
        };
    }
    if (outcome.client.requests > 0) {
        outcome.answer = limiter_.admit(RateLimiter::Subject::person, actor.bytes, outcome.client, now);
        if (!outcome.answer.admitted) {
            return outcome;
        }
    }
    if (outcome.tenant.requests > 0) {
        const auto answer = limiter_.admit(RateLimiter::Subject::tenant, tenant.bytes, outcome.tenant, now);
        if (outcome.client.requests == 0 || !answer.admitted || answer.remaining < outcome.answer.remaining) {
            outcome.answer = answer;
            outcome.subject = RateLimiter::Subject::tenant;
        }
    }
    return outcome;
}

RateLimits::Outcome RateLimits::admit(const ClientAddress& address, RateLimiter::Time now) noexcept {
    Outcome outcome{
        .answer = {},
        .subject = RateLimiter::Subject::address,
        .client = {.requests = settings_.person},
        .tenant = {}
    };
    if (settings_.person > 0) {
        outcome.answer =
            limiter_.admit(RateLimiter::Subject::address, address.network().bytes, outcome.client, now);
    }
    return outcome;
}

bool RateLimits::is_exhausted(const ClientAddress& address, RateLimiter::Time now) const noexcept {
    return settings_.person > 0 &&
           limiter_.is_exhausted(
               RateLimiter::Subject::address, address.network().bytes, {.requests = settings_.person}, now
           );
}

RateLimitText::RateLimitText(const RateLimits::Outcome& outcome) {
    using enum RateLimiter::Subject;
    // Each answer has them, so their formats are compiled.
    // The longest that two quotas and a state can be is well within the array.
    char* end = text_.begin();
    const auto add = [&](std::string_view separator, RateLimiter::Subject subject, Quota quota) {
        if (quota.requests > 0) {
            end = fmt::format_to(
                end,
                FMT_COMPILE("{}\"{}\";q={};w={}"),
                end == text_.begin() ? "" : separator,
                name_of(subject),
                quota.requests,
                quota.window.count()
            );
        }
    };
    add("", outcome.subject == address ? address : person, outcome.client);
    add(", ", tenant, outcome.tenant);
    policy_size_ = static_cast<std::size_t>(end - text_.begin());
    const auto wait = outcome.answer.admitted ? outcome.answer.reset : outcome.answer.retry_in;
    end = fmt::format_to(
        end,
        FMT_COMPILE("\"{}\";r={};t={}"),
        name_of(outcome.subject),
        outcome.answer.remaining,
        std::chrono::ceil<std::chrono::seconds>(wait).count()
    );
    size_ = static_cast<std::size_t>(end - text_.begin());
}

}  // namespace pz::web
