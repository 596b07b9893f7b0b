#include <pz/audit/canonical.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace pz::audit {

namespace {

std::string canonical_of(std::string_view text) {
    return canonical(boost::json::parse(text));
}

TEST(Canonical, sorts_members_at_every_depth_and_drops_white_space) {
    EXPECT_EQ(
        canonical_of(R"( { "b" : [ 3 , { "z" : 1, "a" : "x" } ], "a" : null, "" : true } )"),
        R"({"":true,"a":null,"b":[3,{"a":"x","z":1}]})"
    );
}

TEST(Canonical, orders_names_by_utf16_code_units) {
    // RFC 8785 section 3.2.3, and a pair of surrogates (D83D DE02) against U+FB33 behind it.
    EXPECT_EQ(
        canonical_of(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude02":5,"\u0080":6,"\u00f6":7})"),
        "{\"\\r\":2,\"1\":4,\"\xC2\x80\":6,\"\xC3\xB6\":7,\"\xE2\x82\xAC\":1,\"\xF0\x9F\x98\x82\":5,"
        "\"\xEF\xAC\xB3\":3}"
    );
    EXPECT_EQ(canonical_of(R"({"ab":1,"a":2})"), R"({"a":2,"ab":1})");
}

TEST(Canonical, writes_strings_as_ecmascript_does) {
    EXPECT_EQ(
        canonical_of(R"(["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","\b\f\n\r\t\u007f\u001f"])"),
        "[\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"\\b\\f\\n\\r\\t\x7F\\u001f\"]"
    );
}

TEST(Canonical, writes_integers_of_53_bits_and_refuses_all_other_numbers) {
    EXPECT_EQ(
        canonical_of("[0,-1,9007199254740991,-9007199254740991]"), "[0,-1,9007199254740991,-9007199254740991]"
    );
    EXPECT_THROW(canonical_of("[9007199254740992]"), std::invalid_argument);
    EXPECT_THROW(canonical_of("[-9007199254740992]"), std::invalid_argument);
    EXPECT_THROW(canonical_of("[18446744073709551615]"), std::invalid_argument);
    EXPECT_THROW(canonical_of("[0.5]"), std::invalid_argument);
}

}  // namespace

}  // namespace pz::audit
