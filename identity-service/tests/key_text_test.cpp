#include "api_keys/key_text.hpp"

#include "token/basic_credentials.hpp"

#include <pz/core/clock.hpp>

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace pz::identity {

namespace {

using api_keys::make_key, api_keys::NewKey, api_keys::parse_key;

core::Uuid new_id() {
    return core::Uuid::v7(core::SystemClock{});
}

TEST(KeyText, names_its_id_and_its_secret) {
    for (int i = 0; i < 100; ++i) {
        const core::Uuid id = new_id();
        const NewKey key = make_key(id);
        const auto presented = parse_key(key.text.reveal());
        ASSERT_TRUE(presented.has_value());
        EXPECT_EQ(presented->id, id);
        EXPECT_EQ(presented->secret_hash, key.secret_hash);
        EXPECT_NE(make_key(id).text.reveal(), key.text.reveal());
    }
}

/// The form is a contract with scanners of source code: docs/api-keys.md. Made with Python's zlib and base64.
TEST(KeyText, has_the_form_that_is_published) {
    const std::string published =
        "pzk_0197c0de00007000b0000000000000a1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8wNJ1Tg";
    const auto presented = parse_key(published);
    ASSERT_TRUE(presented.has_value());
    EXPECT_EQ(presented->id.to_string(), "0197c0de-0000-7000-b000-0000000000a1");
    std::string bytes;
    for (char c = 0; c < 32; ++c) {
        bytes += c;
    }
    EXPECT_EQ(presented->secret_hash, crypto::sha256(bytes));
    const std::regex pattern{"pzk_[0-9a-f]{32}_[A-Za-z0-9_-]{49}"};
    EXPECT_TRUE(std::regex_match(published, pattern));
    EXPECT_TRUE(std::regex_match(make_key(new_id()).text.reveal(), pattern));
}

TEST(KeyText, with_any_character_changed_exchanged_left_out_or_added_is_no_key) {
    const std::string key = make_key(new_id()).text.reveal();
    std::size_t tried = 0;
    const auto expect_refusal = [&](const std::string& text) {
        ++tried;
        EXPECT_FALSE(parse_key(text).has_value()) << text;
    };
    for (std::size_t at = 0; at < key.size(); ++at) {
        for (const char other : std::string_view{"aAzZ09_- f"}) {
            if (key[at] != other) {
                std::string changed = key;
                changed[at] = other;
                expect_refusal(changed);
            }
        }
        if (at + 1 < key.size() && key[at] != key[at + 1]) {
            std::string exchanged = key;
            std::swap(exchanged[at], exchanged[at + 1]);
            expect_refusal(exchanged);
        }
        std::string shorter = key;
        shorter.erase(at, 1);
        expect_refusal(shorter);
        expect_refusal(key.substr(0, at));
        std::string longer = key;
        longer.insert(at, 1, 'a');
        expect_refusal(longer);
    }
    EXPECT_GT(tried, 1'000U);
}

TEST(KeyText, that_is_something_else_is_no_key) {
    for (const std::string& text :
         {std::string{}, std::string{"pzk_"}, std::string(86, 'a'), std::string(100'000, 'a')}) {
        EXPECT_FALSE(parse_key(text).has_value());
    }
}

TEST(BasicCredentials, are_read_as_rfc_6749_writes_them) {
    struct Case {
        const char* header;
        const char* id;
        const char* secret;
    };

    for (const Case& good : std::vector<Case>{
             {"Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"},
             {"basic YTpi", "a", "b"},
             {"BASIC OmI=", "", "b"},
             {"Basic YTpiOmM=", "a", "b:c"},
             {"Basic YSUzQWI6YyslMkI=", "a:b", "c +"},
         }) {
        const auto credentials = token::parse_basic(good.header);
        ASSERT_TRUE(credentials.has_value()) << good.header;
        EXPECT_EQ(credentials->id, good.id);
        EXPECT_EQ(credentials->secret.reveal(), good.secret);
    }
    for (const char* bad :
         {"",
          "Basic",
          "Basic ",
          "Bearer YTpi",
          "Basic YTpi=",
          "Basic YQ==",
          "Basic a-_b",
          "Basic YTo lMg==",
          "Basic YTolMA=="}) {
        EXPECT_FALSE(token::parse_basic(bad).has_value()) << bad;
    }
}

}  // namespace

}  // namespace pz::identity
