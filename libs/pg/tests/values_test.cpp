// Every type on its way to the server and back.

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/pool.hpp>
#include <pz/pg/row.hpp>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pz::pg::values_test {

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Everything {
    core::Uuid id;
    std::string text;
    bool flag = false;
    std::int16_t small = 0;
    std::int32_t medium = 0;
    std::int64_t large = 0;
    double real = 0;
    core::Timestamp time;
    std::vector<std::uint8_t> bytes;
    Colour colour = Colour::red;

    friend bool operator==(const Everything&, const Everything&) = default;
};

PZ_DESCRIBE(Everything, id, text, flag, small, medium, large, real, time, bytes, colour)

struct Maybe {
    std::optional<core::Uuid> id;
    std::optional<std::string> text;
    std::optional<bool> flag;
    std::optional<std::int64_t> large;
    std::optional<core::Timestamp> time;
    std::optional<Colour> colour;

    friend bool operator==(const Maybe&, const Maybe&) = default;
};

PZ_DESCRIBE(Maybe, id, text, flag, large, time, colour)

namespace {

namespace asio = boost::asio;
using testing::ElementsAre;

constexpr Query begin{"test.begin", "BEGIN"};
constexpr Query everything{
    "test.everything", R"sql(
    SELECT $1::uuid, $2::text, $3::bool, $4::int2, $5::int4, $6::int8, $7::float8, $8::timestamptz, $9::bytea, $10::text)sql"
};
constexpr Query maybe{"test.maybe", R"sql(
    SELECT $1::uuid, $2::text, $3::bool, $4::int8, $5::timestamptz, $6::text)sql"};
constexpr Query series{"test.series", "SELECT generate_series(1, $1::int4)"};
constexpr Query two_columns{"test.two_columns", "SELECT 1, 2"};
constexpr Query null_text{"test.null_text", "SELECT NULL::text"};
constexpr Query json{
    "test.json", R"sql(SELECT '{"a": 1}'::json, '{"a": 1}'::jsonb, 'name'::name, 'v'::varchar)sql"
};
constexpr Query floats{"test.floats", "SELECT 1.5::float4, 'NaN'::float8"};
constexpr Query infinity{
    "test.infinity", "SELECT 'infinity'::timestamptz = $1, '-infinity'::timestamptz = $2, $1, $2"
};
constexpr Query number{"test.number", "SELECT 1::int8"};
constexpr Query words{"test.words", "SELECT 'blue'"};
constexpr Query text_echo{"test.text", "SELECT $1::text"};
constexpr Query compare_with_text{"test.compare_with_text", "SELECT 'a'::text = $1"};

class Values : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    template <class... Args>
    Result select(Query query, const Args&... args) {
        Batch batch;
        batch.statements.emplace_back(PreparedStatement{begin, {}});
        batch.statements.emplace_back(PreparedStatement{query, Parameters::of(args...)});
        return run_until_done(context_, pool_.run(std::move(batch)));
    }

    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    Pool pool_{context_, database->options()};
};

std::unique_ptr<ScratchDatabase> Values::database;

TEST_F(Values, come_back_as_they_went) {
    Everything sent{
        .id = alice,
        .text = "Grüße, 世界",
        .flag = true,
        .small = std::numeric_limits<std::int16_t>::min(),
        .medium = std::numeric_limits<std::int32_t>::max(),
        .large = std::numeric_limits<std::int64_t>::min(),
        .real = 0.1,
        .time = core::parse_timestamp("1969-07-20T20:17:40.123456Z").value(),
        .bytes = {0, 1, 0xff, 0},
        .colour = Colour::green
    };
    const auto rows = rows_of<Everything>(select(
        everything,
        sent.id,
        sent.text,
        sent.flag,
        sent.small,
        sent.medium,
        sent.large,
        sent.real,
        sent.time,
        sent.bytes,
        sent.colour
    ));
    EXPECT_THAT(rows, ElementsAre(sent));
}

TEST_F(Values, may_be_null_where_the_member_is_optional) {
    const Maybe nothing;
    const Maybe something{
        .id = acme, .text = "", .flag = false, .large = 0, .time = core::Timestamp{}, .colour = Colour::red
    };
    for (const Maybe& sent : {nothing, something}) {
        EXPECT_EQ(
            optional_row_of<Maybe>(
                select(maybe, sent.id, sent.text, sent.flag, sent.large, sent.time, sent.colour)
            ),
            sent
        );
    }
    EXPECT_EQ(
        optional_row_of<Maybe>(select(maybe, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr)), nothing
    );
}

TEST_F(Values, of_one_column_need_no_struct) {
    EXPECT_THAT(rows_of<std::int64_t>(select(series, 3)), ElementsAre(1, 2, 3));
    EXPECT_THAT(rows_of<std::int32_t>(select(series, 0)), ElementsAre());
    EXPECT_EQ(optional_row_of<std::int32_t>(select(series, 0)), std::nullopt);
    EXPECT_EQ(optional_row_of<std::int32_t>(select(series, std::int64_t{1})), 1);
}

TEST_F(Values, text_is_also_json_name_and_varchar) {
    const Result result = select(json);
    std::vector<std::string> texts(4);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        detail::check_column(result, i, detail::ColumnKind::text);
        detail::read_column(result, 0, i, texts[i]);
    }
    EXPECT_THAT(texts, ElementsAre("{\"a\": 1}", "{\"a\": 1}", "name", "v"));
}

TEST_F(Values, floats_of_both_sizes) {
    const Result result = select(floats);
    double first = 0;
    double second = 0;
    detail::read_column(result, 0, 0, first);
    detail::read_column(result, 0, 1, second);
    EXPECT_EQ(first, 1.5);
    EXPECT_TRUE(std::isnan(second));
}

TEST_F(Values, know_infinity) {
    const Result result = select(infinity, core::Timestamp::max(), core::Timestamp::min());
    for (std::size_t column : {0U, 1U}) {
        bool equal = false;
        detail::read_column(result, 0, column, equal);
        EXPECT_TRUE(equal);
    }
    core::Timestamp time;
    detail::read_column(result, 0, 2, time);
    EXPECT_EQ(time, core::Timestamp::max());
    detail::read_column(result, 0, 3, time);
    EXPECT_EQ(time, core::Timestamp::min());
}

TEST_F(Values, that_do_not_fit_are_refused) {
    EXPECT_THROW((void)rows_of<std::int32_t>(select(two_columns)), RowError) << "too many columns";
    EXPECT_THROW((void)rows_of<Maybe>(select(two_columns)), RowError) << "too few columns";
    EXPECT_THROW((void)rows_of<std::int32_t>(select(number)), RowError) << "int8 into 32 bits";
    EXPECT_THROW((void)rows_of<std::string>(select(number)), RowError) << "a number into text";
    EXPECT_THROW((void)rows_of<std::string>(select(null_text)), RowError) << "NULL";
    EXPECT_THROW((void)rows_of<Colour>(select(words)), RowError) << "not an enumerator";
    EXPECT_THROW((void)optional_row_of<std::int32_t>(select(series, 2)), RowError)
        << "two rows where one may be";
}

TEST_F(Values, a_type_the_server_did_not_expect_is_an_error_and_never_other_bytes) {
    EXPECT_THROW((void)select(compare_with_text, alice), Error);
    EXPECT_EQ(optional_row_of<bool>(select(compare_with_text, "a")), true);
    EXPECT_THROW((void)select(text_echo, std::string_view{"a\0b", 3}), Error);
}

TEST(StatementRegistry, keeps_each_statement_once) {
    StatementRegistry registry;
    const std::vector<Query> some{begin, maybe};
    registry.add(some);
    registry.add(some);
    EXPECT_EQ(registry.statements().size(), 2);
}

TEST(StatementRegistry, ends_the_process_when_one_name_means_two_statements) {
    StatementRegistry registry;
    static constexpr Query other{"test.begin", "BEGIN READ ONLY"};
    registry.add(std::vector<Query>{begin});
    EXPECT_DEATH(registry.add(std::vector<Query>{other}), "same_name");
}

}  // namespace
}  // namespace pz::pg::values_test
