#include <pz/web/entity_tag.hpp>

#include <gtest/gtest.h>

namespace pz::web {

namespace {

/// "W/a b" for `W/"a", "b"`; "*"; "refused".
std::string read(std::string_view header) {
    const auto tags = EntityTags::parse(header);
    if (!tags) {
        return "refused";
    }
    std::string text = tags->any ? "*" : "";
    for (const EntityTags::Tag& tag : tags->tags) {
        text += (text.empty() ? "" : " ") + std::string{tag.weak ? "W/" : ""} + tag.text;
    }
    return text;
}

TEST(EntityTags, reads_the_grammar_of_rfc_9110) {
    EXPECT_EQ(read("\"1\""), "1");
    EXPECT_EQ(read("*"), "*");
    EXPECT_EQ(read("W/\"1\""), "W/1");
    EXPECT_EQ(read("\"1\", \"2\""), "1 2");
    EXPECT_EQ(read("\"1\",W/\"2\"\t,  \"3\""), "1 W/2 3");
    EXPECT_EQ(read(", \"1\",,"), "1") << "empty elements are passed over";
    EXPECT_EQ(read("\"\""), "");
    EXPECT_EQ(read("\"a,b\""), "a,b") << "a comma inside quotes";
    EXPECT_EQ(read("\"\xc3\xa9\""), "\xc3\xa9");
}

TEST(EntityTags, refuses_everything_else) {
    for (const char* header :
         {"",
          " ",
          ",",
          "1",
          "\"1",
          "1\"",
          "\"",
          "w/\"1\"",
          "W/1",
          "W/ \"1\"",
          "\"1\" \"2\"",
          "\"1\"x",
          "*, \"1\"",
          "**",
          "\"a b\"",
          "\"a\x7f\"",
          "\"1\";q=1"}) {
        EXPECT_EQ(read(header), "refused") << header;
    }
}

TEST(EntityTags, bounds_the_list) {
    std::string header = "\"0\"";
    for (int i = 1; i < 16; ++i) {
        header += ",\"" + std::to_string(i) + '"';
    }
    EXPECT_NE(read(header), "refused");
    EXPECT_EQ(read(header + ",\"16\""), "refused");
}

TEST(EntityTags, compares_weakly) {
    const auto tags = EntityTags::parse("W/\"1\", \"2\"").value();
    EXPECT_TRUE(tags.contain("\"1\""));
    EXPECT_TRUE(tags.contain("W/\"2\""));
    EXPECT_FALSE(tags.contain("\"3\""));
    EXPECT_TRUE(EntityTags::parse("*").value().contain("\"3\""));
}

}  // namespace

}  // namespace pz::web
