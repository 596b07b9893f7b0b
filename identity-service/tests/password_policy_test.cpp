// What may become a password, and what may not.

#include "passwords/policy.hpp"

#include <pz/core/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pz::identity::passwords {

namespace {

const std::vector<std::string> acme{"Acme Robotics", "acme"};

std::optional<Weakness> weakness_of(std::string_view password) {
    return find_weakness(password, "jordan.smith@acme.example", acme);
}

TEST(PasswordPolicy, takes_what_nobody_guesses_whatever_it_is_composed_of) {
    for (const char* password :
         {"correct horse battery staple",
          "vkqzjtmwnbpx",
          "739502846173",
          "        x   y z ",
          "blaue Elefanten am Fenster",
          "\xf0\x9f\x90\x98\xf0\x9f\x8e\xb7\xf0\x9f\xa6\x91\xf0\x9f\x9a\x80\xf0\x9f\x90\x98\xf0\x9f\xa6\x91"
          "\xf0\x9f\x8e\xb7\xf0\x9f\x9a\x80\xf0\x9f\x90\x99\xf0\x9f\xa6\x80\xf0\x9f\x8d\x84\xf0\x9f\x8c\xb5"
         }) {
        EXPECT_EQ(weakness_of(password), std::nullopt) << password;
    }
}

TEST(PasswordPolicy, counts_characters_and_not_bytes) {
    EXPECT_EQ(weakness_of("kqzjtmwnbpx"), Weakness::too_short);
    EXPECT_EQ(weakness_of("vkqzjtmwnb\xc3\xa9"), Weakness::too_short);
    EXPECT_EQ(weakness_of("vkqzjtmwnbx\xc3\xa9"), std::nullopt);
    std::string longest;
    for (int i = 0; i < 128; ++i) {
        longest += static_cast<char>('!' + (i * i + 7 * i) % 90);
    }
    EXPECT_EQ(weakness_of(longest), std::nullopt);
    EXPECT_EQ(weakness_of(longest + "x"), Weakness::too_long);
    EXPECT_EQ(weakness_of(""), Weakness::too_short);
}

TEST(PasswordPolicy, refuses_common_passwords_and_what_hides_them) {
    EXPECT_GT(blocked_list_size(), 30'000U);
    for (const char* password :
         {"passwordpassword",
          "Password1234!",
          "P@ssw0rd20261",
          "!!!!Football!!!!",
          "123456Dragon123456",
          "administrator",
          "trustno1trustno1",
          "1q2w3e4r5t6y",
          "010203040506"}) {
        EXPECT_EQ(weakness_of(password), Weakness::too_common) << password;
    }
}

TEST(PasswordPolicy, finds_the_first_and_the_last_entry_of_the_list) {
    // The ends are where a search by halves goes wrong.
    EXPECT_EQ(weakness_of("010203040506"), Weakness::too_common);
    EXPECT_EQ(weakness_of("zzzzzzz1234567"), Weakness::too_common);
}

TEST(PasswordPolicy, refuses_repetition_and_counting) {
    for (const char* password :
         {"aaaaaaaaaaaa", "xk4xk4xk4xk4", "xk4xk4xk4xk4x", "234567890123", "5432109876543", "mlkjihgfedcba"
         }) {
        EXPECT_EQ(weakness_of(password), Weakness::too_predictable) << password;
    }
    EXPECT_EQ(weakness_of("vkqzjtmw vkqzjtmw "), std::nullopt) << "as long as two of the shortest pieces";
}

TEST(PasswordPolicy, does_not_count_the_words_that_stand_around_the_person) {
    for (const char* password :
         {"jordan.smith1",
          "Jordan-Smith-2026",
          "acme-robotics-1",
          "ACME2026acme",
          "PhaseZero2026!",
          "phase-zero-acme",
          "numbersence!!1",
          "smith@acme.example"}) {
        EXPECT_EQ(weakness_of(password), Weakness::about_you) << password;
    }
    EXPECT_EQ(weakness_of("acme makes violet tractors"), std::nullopt) << "enough is left without the word";
    EXPECT_EQ(find_weakness("globex-tower-1", "a@b.example", acme), std::nullopt) << "another organization's";
}

TEST(PasswordPolicy, says_what_is_wrong_and_never_the_password) {
    try {
        require_strong(core::SecretString{"football1234"}, "a@b.example", {}, "body.new_password");
        FAIL();
    } catch (const core::ApiError& error) {
        EXPECT_EQ(error.status(), 422U);
        ASSERT_EQ(error.field_errors().size(), 1U);
        EXPECT_EQ(error.field_errors().front().loc, "body.new_password");
        EXPECT_EQ(error.field_errors().front().code, "too_common");
        EXPECT_EQ(error.field_errors().front().msg.find("football"), std::string::npos);
    }
}

}  // namespace

}  // namespace pz::identity::passwords
