#include <pz/core/spelling.hpp>

#include <gtest/gtest.h>

namespace pz::core {
namespace {

const std::vector<std::string> known{"up", "down", "status", "logs", "migrate"};

TEST(NearestWord, finds_a_word_that_is_one_slip_away) {
    EXPECT_EQ(nearest_word("statsu", known), "status");
    EXPECT_EQ(nearest_word("log", known), "logs");
    EXPECT_EQ(nearest_word("migarte", known), "migrate");
    EXPECT_EQ(nearest_word("pu", known), "");
}

TEST(NearestWord, says_nothing_when_nothing_is_near) {
    EXPECT_EQ(nearest_word("deploy", known), "");
    EXPECT_EQ(nearest_word("x", known), "");
}

}  // namespace
}  // namespace pz::core
