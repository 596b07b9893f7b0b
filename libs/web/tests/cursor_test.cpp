#include <pz/web/cursor.hpp>

#include <pz/core/error.hpp>
#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::web {

namespace {

const core::Uuid id = core::Uuid::parse("0197c0de-0000-7000-8000-000000000001").value();

core::Timestamp at(const char* text) {
    return core::parse_timestamp(text).value();
}

TEST(Cursor, comes_back_as_it_was) {
    for (const char* text :
         {"1970-01-01T00:00:00Z", "2026-01-31T08:15:00.000001Z", "2999-12-31T23:59:59.999999Z"}) {
        const Cursor cursor{at(text), id};
        const Cursor read = Cursor::parse(cursor.encode());
        EXPECT_EQ(read.created_at, cursor.created_at) << text;
        EXPECT_EQ(read.id, cursor.id);
    }
}

TEST(Cursor, starts_behind_every_row) {
    const Cursor start = Cursor::parse(std::nullopt);
    EXPECT_GT(start.created_at, at("9999-12-30T23:59:59Z"));
    EXPECT_EQ(start.created_at, Cursor::start().created_at);
    EXPECT_EQ(start.id, Cursor::start().id);
}

TEST(Cursor, refuses_what_it_did_not_make) {
    const std::string good = Cursor{at("2026-01-31T08:15:00Z"), id}.encode();
    std::string early = core::base64url_decode(good).value();
    early[0] = '\x80';  // before 1970
    std::string late = core::base64url_decode(good).value();
    late[0] = '\x7f';  // behind the year 9999
    for (const std::string& text :
         {std::string{},
          std::string{"x"},
          good + 'A',
          good + '=',
          ' ' + good,
          good.substr(1),
          good.substr(0, good.size() - 1),
          core::base64url_encode(early),
          core::base64url_encode(late),
          std::string(good.size(), '+')}) {
        try {
            (void)Cursor::parse(text);
            ADD_FAILURE() << text;
        } catch (const core::ApiError& error) {
            EXPECT_EQ(error.status(), 422U);
            EXPECT_EQ(error.field_errors().at(0).loc, "query.cursor");
        }
    }
}

struct Row {
    core::Timestamp created_at;
    core::Uuid id;
};

TEST(PageOf, tells_by_the_row_too_many_that_there_is_another_page) {
    const Row first{at("2026-01-03T00:00:00Z"), id};
    const Row second{at("2026-01-02T00:00:00Z"), id};
    const Row third{at("2026-01-01T00:00:00Z"), id};
    const Page<Row> full = page_of(std::vector{first, second, third}, 2);
    ASSERT_EQ(full.items.size(), 2U);
    EXPECT_EQ(Cursor::parse(full.next_cursor).created_at, second.created_at) << "the last row that is shown";
    const Page<Row> last = page_of(std::vector{first, second}, 2);
    EXPECT_EQ(last.items.size(), 2U);
    EXPECT_FALSE(last.next_cursor.has_value());
    EXPECT_FALSE(page_of(std::vector<Row>{}, 2).next_cursor.has_value());
}

}  // namespace

}  // namespace pz::web
