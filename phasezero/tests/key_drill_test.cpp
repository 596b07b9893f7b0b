#include "key_drill.hpp"

#include <gtest/gtest.h>

namespace pz::command {
namespace {

using enum TokenWorth;

TEST(KeyDrill, holds_every_answer_against_what_the_token_was_worth) {
    EXPECT_EQ(judge(200, good, good), Verdict::accepted);
    EXPECT_EQ(judge(401, good, good), Verdict::wrongly_refused);
    EXPECT_EQ(judge(401, revoked, revoked), Verdict::refused);
    EXPECT_EQ(judge(200, revoked, revoked), Verdict::wrongly_accepted);
}

TEST(KeyDrill, blames_nobody_for_a_token_that_was_revoked_while_its_request_was_under_way) {
    for (const long status : {200L, 401L}) {
        EXPECT_EQ(judge(status, good, changing), Verdict::either) << status;
        EXPECT_EQ(judge(status, good, revoked), Verdict::either) << status;
        EXPECT_EQ(judge(status, changing, changing), Verdict::either) << status;
        EXPECT_EQ(judge(status, changing, revoked), Verdict::either) << status;
    }
}

TEST(KeyDrill, takes_overload_and_limits_for_no_word_about_the_token) {
    for (const long status : {0L, 429L, 500L, 503L, 504L, 403L}) {
        for (const TokenWorth worth : {good, changing, revoked}) {
            EXPECT_EQ(judge(status, worth, worth), Verdict::unanswered) << status;
        }
    }
}

}  // namespace
}  // namespace pz::command
