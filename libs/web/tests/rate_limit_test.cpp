// The time is an argument, so these tests hold it still.

#include <pz/web/rate_limit.hpp>

#include <pz/core/clock.hpp>

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace pz::web {

namespace {

using namespace std::chrono_literals;
using enum RateLimiter::Subject;

const RateLimiter::Time start = std::chrono::steady_clock::now() + 1h;

core::Uuid anybody() {
    return core::Uuid::v7(core::SystemClock{});
}

constexpr Quota per_second(std::uint32_t requests) {
    return {.requests = requests};
}

/// How many of many requests made at one moment are admitted.
std::uint32_t admitted(RateLimiter& limiter, core::Uuid id, Quota quota, RateLimiter::Time now) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < 3 * quota.requests; ++i) {
        count += limiter.admit(person, id.bytes, quota, now).admitted ? 1U : 0U;
    }
    return count;
}

std::uint32_t admitted(RateLimiter& limiter, core::Uuid id, std::uint32_t rate, RateLimiter::Time now) {
    return admitted(limiter, id, per_second(rate), now);
}

TEST(RateLimiter, admits_one_seconds_worth_at_once) {
    RateLimiter limiter;
    for (const std::uint32_t rate : {1U, 2U, 3U, 7U, 50U, 333U, 500U}) {
        EXPECT_EQ(admitted(limiter, anybody(), rate, start), rate);
    }
}

TEST(RateLimiter, then_admits_one_each_interval) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    EXPECT_EQ(admitted(limiter, id, 50, start), 50U);
    EXPECT_EQ(admitted(limiter, id, 50, start + 19ms), 0U);
    EXPECT_EQ(admitted(limiter, id, 50, start + 20ms), 1U);
    EXPECT_EQ(admitted(limiter, id, 50, start + 120ms), 5U);
    EXPECT_EQ(admitted(limiter, id, 50, start + 10s), 50U) << "and never more than one second's worth";
}

TEST(RateLimiter, counts_by_the_minute_as_by_the_second) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    constexpr Quota quota{.requests = 6, .window = 60s};
    EXPECT_EQ(admitted(limiter, id, quota, start), 6U);
    EXPECT_EQ(limiter.admit(person, id.bytes, quota, start).retry_in, 10s);
    EXPECT_EQ(admitted(limiter, id, quota, start + 9s), 0U);
    EXPECT_EQ(admitted(limiter, id, quota, start + 10s), 1U);
    EXPECT_EQ(admitted(limiter, id, quota, start + 10min), 6U) << "and never more than one minute's worth";
}

TEST(RateLimiter, goes_on_at_the_new_pace_when_a_quota_changes) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    EXPECT_EQ(admitted(limiter, id, Quota{.requests = 6, .window = 60s}, start), 6U);
    EXPECT_EQ(admitted(limiter, id, Quota{.requests = 600, .window = 60s}, start + 1s), 10U);
    EXPECT_EQ(admitted(limiter, id, Quota{.requests = 6, .window = 60s}, start + 2s), 0U);
}

TEST(RateLimiter, says_what_remains_and_when_it_is_whole_again) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    for (std::uint32_t left = 50; left-- > 0;) {
        const auto answer = limiter.admit(person, id.bytes, per_second(50), start);
        EXPECT_TRUE(answer.admitted);
        EXPECT_EQ(answer.remaining, left);
        EXPECT_EQ(answer.reset, 20ms * (50 - left));
    }
    EXPECT_TRUE(limiter.is_exhausted(person, id.bytes, per_second(50), start));
    const auto refused = limiter.admit(person, id.bytes, per_second(50), start + 5ms);
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.remaining, 0U);
    EXPECT_EQ(refused.retry_in, 15ms);
    EXPECT_FALSE(limiter.is_exhausted(person, id.bytes, per_second(50), start + 20ms));
}

TEST(RateLimiter, does_not_count_what_it_refuses) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    admitted(limiter, id, 10, start);
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_FALSE(limiter.admit(person, id.bytes, per_second(10), start + 50ms).admitted);
    }
    EXPECT_TRUE(limiter.admit(person, id.bytes, per_second(10), start + 100ms).admitted);
}

TEST(RateLimiter, tells_keys_and_kinds_of_keys_apart) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    EXPECT_EQ(admitted(limiter, id, 5, start), 5U);
    EXPECT_TRUE(limiter.admit(tenant, id.bytes, per_second(5), start).admitted);
    EXPECT_TRUE(limiter.admit(address, id.bytes, per_second(5), start).admitted);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(admitted(limiter, anybody(), 5, start), 5U);
    }
}

TEST(RateLimiter, is_never_looser_when_it_is_full) {
    RateLimiter limiter{8};
    std::uint32_t all = 0;
    for (int i = 0; i < 100; ++i) {
        const std::uint32_t count = admitted(limiter, anybody(), 5, start);
        EXPECT_LE(count, 5U);
        all += count;
    }
    EXPECT_LE(all, 8U * 5U) << "whoever finds no place of his own shares one";
    EXPECT_EQ(admitted(limiter, anybody(), 5, start + 1s), 5U) << "a second later all places are free";
}

TEST(RateLimiter, is_exact_when_threads_count_for_one_key) {
    RateLimiter limiter;
    const core::Uuid id = anybody();
    std::atomic<std::uint32_t> count = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { count += admitted(limiter, id, 500, start); });
        }
    }
    EXPECT_EQ(count, 500U);
}

TEST(RateLimiter, keeps_no_time_before_its_own_beginning) {
    RateLimiter limiter;
    EXPECT_EQ(admitted(limiter, anybody(), 5, RateLimiter::Time{}), 5U);
}

TEST(RateLimits, stop_a_person_before_the_tenant_and_the_tenant_before_the_process) {
    RateLimits limits{{.person = 5, .tenant = 12}};
    const core::Uuid organization = anybody();
    const std::vector<core::Uuid> people{anybody(), anybody(), anybody()};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(limits.admit(people[0], organization, std::nullopt, start).answer.admitted);
    }
    const auto too_much = limits.admit(people[0], organization, std::nullopt, start);
    EXPECT_FALSE(too_much.answer.admitted);
    EXPECT_EQ(too_much.subject, person);
    int others = 0;
    RateLimits::Outcome last;
    for (int i = 0; i < 10; ++i) {
        last = limits.admit(people[i % 2 == 0 ? 1 : 2], organization, std::nullopt, start);
        others += last.answer.admitted ? 1 : 0;
    }
    EXPECT_EQ(others, 7);
    EXPECT_EQ(last.subject, tenant);
    EXPECT_FALSE(last.answer.admitted);
    EXPECT_TRUE(limits.admit(anybody(), anybody(), std::nullopt, start).answer.admitted)
        << "another tenant is not touched";
}

TEST(RateLimits, count_an_address_without_a_token_as_a_person) {
    RateLimits limits{{.person = 2, .tenant = 100}};
    const auto home = ClientAddress::parse("192.0.2.1").value();
    EXPECT_TRUE(limits.admit(home, start).answer.admitted);
    EXPECT_FALSE(limits.is_exhausted(home, start));
    EXPECT_TRUE(limits.admit(home, start).answer.admitted);
    EXPECT_TRUE(limits.is_exhausted(home, start));
    EXPECT_FALSE(limits.admit(home, start).answer.admitted);
    EXPECT_TRUE(limits.admit(ClientAddress::parse("192.0.2.2").value(), start).answer.admitted);
}

TEST(RateLimits, of_zero_are_off) {
    RateLimits off{{.person = 0, .tenant = 0}};
    RateLimits tenant_only{{.person = 0, .tenant = 3}};
    const core::Uuid id = anybody();
    const auto home = ClientAddress::parse("192.0.2.1").value();
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_TRUE(off.admit(id, id, 1U, start).answer.admitted);
        EXPECT_TRUE(off.admit(home, start).answer.admitted);
        EXPECT_FALSE(off.is_exhausted(home, start));
        EXPECT_EQ(tenant_only.admit(anybody(), id, std::nullopt, start).answer.admitted, i < 3);
    }
    EXPECT_FALSE(off.admit(id, id, 1U, start).is_limited());
    EXPECT_FALSE(off.admit(home, start).is_limited());
    EXPECT_EQ(RateLimitText{tenant_only.admit(id, id, std::nullopt, start)}.policy(), R"("tenant";q=3;w=1)");
}

TEST(RateLimits, of_a_tenants_own_stand_in_the_place_of_everybodys) {
    RateLimits limits{{.person = 0, .tenant = 2}};
    const core::Uuid small = anybody();
    const core::Uuid large = anybody();
    int of_small = 0;
    int of_large = 0;
    int of_others = 0;
    for (int i = 0; i < 50; ++i) {
        of_small += limits.admit(anybody(), small, 1U, start).answer.admitted ? 1 : 0;
        of_large += limits.admit(anybody(), large, 40U, start).answer.admitted ? 1 : 0;
        of_others += limits.admit(anybody(), core::Uuid{}, std::nullopt, start).answer.admitted ? 1 : 0;
    }
    EXPECT_EQ(of_small, 1);
    EXPECT_EQ(of_large, 40);
    EXPECT_EQ(of_others, 2);
    EXPECT_FALSE(limits.admit(anybody(), small, 1U, start + 59s).answer.admitted);
    EXPECT_TRUE(limits.admit(anybody(), small, 1U, start + 60s).answer.admitted);
    EXPECT_TRUE(limits.admit(anybody(), anybody(), 4'000'000'000U, start).answer.admitted)
        << "more than can be told apart is as much as can be";
}

TEST(RateLimits, are_written_as_structured_fields) {
    RateLimits limits{{.person = 2, .tenant = 3}};
    const core::Uuid organization = anybody();
    const core::Uuid id = anybody();
    const RateLimitText first{limits.admit(id, organization, std::nullopt, start)};
    EXPECT_EQ(first.policy(), R"("person";q=2;w=1, "tenant";q=3;w=1)");
    EXPECT_EQ(first.state(), R"("person";r=1;t=1)");
    const auto state = [&](core::Uuid who) {
        return std::string{RateLimitText{limits.admit(who, organization, std::nullopt, start)}.state()};
    };
    EXPECT_EQ(state(anybody()), R"("person";r=1;t=1)");
    EXPECT_EQ(state(anybody()), R"("tenant";r=0;t=1)");
    const RateLimitText home{limits.admit(ClientAddress::parse("192.0.2.1").value(), start)};
    EXPECT_EQ(home.policy(), R"("address";q=2;w=1)");
    EXPECT_EQ(home.state(), R"("address";r=1;t=1)");
    const RateLimitText own{limits.admit(anybody(), anybody(), 600U, start)};
    EXPECT_EQ(own.policy(), R"("person";q=2;w=1, "tenant";q=600;w=60)");
}

TEST(RateLimits, are_written_in_full_however_large_they_are) {
    RateLimits limits{{.person = RateLimiter::max_rate, .tenant = RateLimiter::max_rate}};
    const RateLimitText text{limits.admit(anybody(), anybody(), 4'000'000'000U, start)};
    EXPECT_EQ(text.policy(), R"("person";q=100000;w=1, "tenant";q=6000000;w=60)");
    EXPECT_EQ(text.state(), R"("person";r=99999;t=1)");
}

}  // namespace

}  // namespace pz::web
