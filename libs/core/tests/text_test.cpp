#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::core {
namespace {

TEST(Base64Url, has_one_spelling_for_each_value) {
    EXPECT_EQ(base64url_encode(""), "");
    EXPECT_EQ(base64url_encode("f"), "Zg");
    EXPECT_EQ(base64url_encode("fo"), "Zm8");
    EXPECT_EQ(base64url_encode("foo"), "Zm9v");
    EXPECT_EQ(base64url_encode("\xff\xfe\xfd"), "__79");
    EXPECT_EQ(base64url_decode("__79"), "\xff\xfe\xfd");
    for (const std::string_view text : {"Z", "Zh", "Zm9", "Zg==", "Zm 9v", "Zm9v\n", "Z+8", "Z/8", "Zm8="}) {
        EXPECT_FALSE(base64url_decode(text)) << text;
    }
}

TEST(Utf8, refuses_overlong_forms_surrogates_and_what_is_cut_off) {
    EXPECT_TRUE(is_utf8("plain, Grüße, 漢字, \xF0\x9F\x8C\x8D"));
    for (const std::string_view bytes :
         {"\xC0\xAF",
          "\xE0\x80\xAF",
          "\xED\xA0\x80",
          "\xF4\x90\x80\x80",
          "\xF0\x8F\xBF\xBF",
          "\xC3",
          "\xE2\x82",
          "\x80",
          "\xFF"}) {
        EXPECT_FALSE(is_utf8(bytes));
    }
    EXPECT_EQ(utf8_length("Grüße"), 5U);
}

TEST(PercentDecoding, refuses_broken_escapes_nul_and_bytes_that_are_no_text) {
    EXPECT_EQ(percent_decode("a%20b+c", PercentDialect::uri), "a b+c");
    EXPECT_EQ(percent_decode("a%20b+c", PercentDialect::form), "a b c");
    for (const std::string_view text : {"%", "%2", "%zz", "%00", "%C0%AF", "%FF"}) {
        EXPECT_FALSE(percent_decode(text, PercentDialect::form)) << text;
    }
}

TEST(Form, keeps_order_and_empty_values_and_bounds_the_count) {
    const auto fields = parse_form("a=1&&b=&c&a=%C3%BC");
    ASSERT_TRUE(fields);
    ASSERT_EQ(fields->size(), 4U);
    EXPECT_EQ((*fields)[0].value, "1");
    EXPECT_EQ((*fields)[1].value, "");
    EXPECT_EQ((*fields)[2].name, "c");
    EXPECT_EQ((*fields)[3].value, "ü");
    std::string many;
    for (int i = 0; i < 65; ++i) {
        many += "x=1&";
    }
    EXPECT_FALSE(parse_form(many));
    EXPECT_FALSE(parse_form("a=%"));
}

TEST(Random, tokens_differ) {
    EXPECT_NE(random_token(16), random_token(16));
    EXPECT_EQ(random_token(16).size(), 22U);
}

}  // namespace
}  // namespace pz::core
