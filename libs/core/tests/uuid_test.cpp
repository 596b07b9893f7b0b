#include <pz/core/uuid.hpp>

#include <gtest/gtest.h>

namespace pz::core {
namespace {

TEST(Uuid, reads_and_prints_the_36_character_form) {
    const auto id = Uuid::parse("0197C0DE-0000-7000-8000-00000000ac3e");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->to_string(), "0197c0de-0000-7000-8000-00000000ac3e");
}

TEST(Uuid, refuses_every_other_spelling) {
    for (const std::string_view text :
         {"",
          "0197c0de-0000-7000-8000-00000000ac3",
          "0197c0de-0000-7000-8000-00000000ac3e0",
          "{0197c0de-0000-7000-8000-00000000ac3e}",
          "urn:uuid:0197c0de-0000-7000-8000-00000000ac3e",
          "0197c0de00007000800000000000ac3e",
          "0197c0de-0000-7000-8000-00000000ac3g",
          "0197c0de_0000-7000-8000-00000000ac3e",
          " 197c0de-0000-7000-8000-00000000ac3e"}) {
        EXPECT_FALSE(Uuid::parse(text)) << text;
    }
    EXPECT_FALSE(Uuid::parse(std::string_view{"0197c0de-0000-7000-8000-00000000ac3\0", 36}));
}

TEST(Uuid, version_7_carries_the_clocks_milliseconds_and_sorts_by_them) {
    FrozenClock clock(*parse_timestamp("2026-03-01T00:00:00.123Z"));
    const Uuid first = Uuid::v7(clock);
    clock.advance(std::chrono::milliseconds{1});
    const Uuid second = Uuid::v7(clock);
    EXPECT_EQ(first.to_string()[14], '7');
    EXPECT_NE(std::string_view{"89ab"}.find(first.to_string()[19]), std::string_view::npos);
    EXPECT_EQ(first.to_string().substr(0, 13), "019ca6b1-dc7b");
    EXPECT_LT(first, second);
}

TEST(Uuid, the_public_tenant_is_nil) {
    EXPECT_TRUE(public_tenant.is_nil());
    EXPECT_EQ(public_tenant.to_string(), "00000000-0000-0000-0000-000000000000");
}

}  // namespace
}  // namespace pz::core
