// The statement of the throttle against a clock of its own: how many tries of a password get through in a
// quarter of an hour, and how many sign-ins of one address in a minute.

#include "passwords/throttle.hpp"

#include <pz/core/clock.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pz::tests {

namespace {

using namespace std::chrono_literals;

class ThrottleStatement : public ::testing::Test {
 protected:
    void SetUp() override {
        const pg::Query& query = identity::passwords::throttle_queries().front();
        ASSERT_EQ(std::string_view{query.name()}, "throttle.admit");
        // One transaction: what is tested is what the rows say, not how they become durable.
        connection_.execute_script(std::string{"begin; prepare admit as "} + query.sql());
    }

    /// Whether an attempt may be made; `byte` names the bucket.
    bool admit(const char* address, const char* subject, double seconds_each) {
        const std::string from = address == nullptr ? "null" : key(address);
        const auto verdict = connection_.query(
            "execute admit(" + from + ", " + key(subject) + ", '" + core::to_string(now_) + "', " +
            std::to_string(seconds_each) + ")"
        );
        return verdict.rows.at(0).at(0) == "t";
    }

    static std::string key(const char* byte) {
        return std::string{"decode(repeat('"} + byte + "', 32), 'hex')";
    }

    void advance(std::chrono::microseconds by) { now_ += by; }

    testkit::TestDatabase database_;
    pg::BlockingConnection connection_ = database_.connect("pz_identity");
    core::Timestamp now_{std::chrono::hours{500'000}};
};

TEST_F(ThrottleStatement, takes_free_attempts_of_the_same_moment_in_any_order) {
    advance(1s);
    EXPECT_TRUE(admit(nullptr, "aa", 0));
    advance(-5ms);
    EXPECT_TRUE(admit(nullptr, "aa", 0)) << "an instance whose clock is behind, or that was overtaken";
}

TEST_F(ThrottleStatement, lets_at_most_25_of_ten_thousand_tries_through_in_a_quarter_of_an_hour) {
    int through = 0;
    for (int tried = 0; tried < 9'000; ++tried) {
        through += admit(nullptr, "aa", 0) ? 1 : 0;
        advance(100ms);
    }
    EXPECT_LE(through, 25);
    EXPECT_GE(through, 6) << "the owner's own mistakes must not end in a lock";
    advance(15min);
    EXPECT_TRUE(admit(nullptr, "aa", 0)) << "no wait is longer than fifteen minutes";
}

TEST_F(ThrottleStatement, forgets_after_a_day_without_a_try) {
    for (int n = 0; n < 14; ++n) {
        EXPECT_TRUE(admit(nullptr, "aa", 0)) << n;
        advance(901s);
    }
    advance(24h);
    for (int n = 0; n < 5; ++n) {
        EXPECT_TRUE(admit(nullptr, "aa", 0)) << n;
    }
    EXPECT_FALSE(admit(nullptr, "aa", 0));
}

TEST_F(ThrottleStatement, sweeps_away_what_is_a_day_old) {
    connection_.execute_script(
        "insert into identity.login_throttle (key, wait_until, changed_at) select sha256(n::text::bytea), t, "
        "t from "
        "generate_series(1, 20) n, (values ('2026-01-01'::timestamptz)) v (t)"
    );
    now_ = core::Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};
    EXPECT_TRUE(admit("bb", "aa", 2));
    EXPECT_EQ(connection_.value("select count(*) from identity.login_throttle"), "14") << "eight at a time";
}

TEST_F(ThrottleStatement, admits_thirty_of_an_address_at_once_and_then_one_in_two_seconds) {
    int through = 0;
    for (int n = 0; n < 40; ++n) {
        const std::string subject = std::to_string(10 + n);
        through += admit("bb", subject.c_str(), 2) ? 1 : 0;
    }
    EXPECT_EQ(through, 30);
    for (int second = 0; second < 60; ++second) {
        advance(1s);
        through += admit("bb", std::to_string(10 + second % 40).c_str(), 2) ? 1 : 0;
    }
    EXPECT_EQ(through, 60);
}

TEST_F(ThrottleStatement, does_not_count_for_the_account_what_the_address_is_refused) {
    for (int n = 0; n < 30; ++n) {
        admit("bb", std::to_string(10 + n).c_str(), 2);
    }
    for (int n = 0; n < 10; ++n) {
        EXPECT_FALSE(admit("bb", "aa", 2));
    }
    EXPECT_TRUE(admit("cc", "aa", 2)) << "somebody else's address";
}

}  // namespace

}  // namespace pz::tests
