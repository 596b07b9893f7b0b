#include <pz/core/clock.hpp>

#include <gtest/gtest.h>

namespace pz::core {
namespace {

TEST(Timestamp, prints_rfc_3339_in_utc_with_six_decimals) {
    EXPECT_EQ(to_string(Timestamp{}), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(
        to_string(Timestamp{std::chrono::microseconds{1'772'323'200'123'456}}), "2026-03-01T00:00:00.123456Z"
    );
}

TEST(Timestamp, reads_what_it_prints_and_every_offset) {
    const std::string text = "2026-02-28T23:59:59.999999Z";
    EXPECT_EQ(to_string(parse_timestamp(text).value()), text);
    EXPECT_EQ(parse_timestamp("2026-03-01T01:30:00+01:30"), parse_timestamp("2026-03-01T00:00:00Z"));
    EXPECT_EQ(parse_timestamp("2026-02-28t23:00:00.5-01:00"), parse_timestamp("2026-03-01T00:00:00.500000Z"));
}

TEST(Timestamp, refuses_what_is_not_a_date_time) {
    for (const std::string_view text :
         {"",
          "2026-02-30T00:00:00Z",
          "2026-13-01T00:00:00Z",
          "2026-03-01T24:00:00Z",
          "2026-03-01T00:60:00Z",
          "2026-03-01T00:00:60Z",
          "2026-03-01 00:00:00Z",
          "2026-03-01T00:00:00",
          "2026-03-01T00:00:00.Z",
          "2026-03-01T00:00:00.1234567Z",
          "2026-03-01T00:00:00+24:00",
          "2026-03-01T00:00:00+0100",
          "2026-03-01T00:00:00Zx",
          "0000-01-01T00:00:00+00:01",
          "9999-12-31T23:59:00-00:01"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

TEST(Timestamp, seconds_before_1970_round_down) {
    EXPECT_EQ(unix_seconds(Timestamp{std::chrono::microseconds{-1}}), -1);
}

}  // namespace
}  // namespace pz::core
