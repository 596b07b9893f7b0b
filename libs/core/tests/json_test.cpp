#include <pz/core/json.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace pz::core {

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Base {
    std::int32_t number = 0;
};
PZ_DESCRIBE(Base, (number, range(-5, 10)))

struct Sample : Base {
    std::string text;
    std::optional<std::string> note;
    Colour colour{};
    std::vector<std::int64_t> list;
    Uuid id;
    Timestamp at;
    bool yes = false;
};
BOOST_DESCRIBE_STRUCT(Sample, (Base), (text, note, colour, list, id, at, yes))

struct Limited {
    std::string title;
    std::optional<std::string> note;
    std::int32_t count = 0;
};
PZ_DESCRIBE(Limited, (title, length(1, 3)), (note, length(0, 2)), (count, range(1, 9)))

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

struct Coloured {
    Colour colour{};
    Empty nothing{};
};
PZ_DESCRIBE(Coloured, colour, nothing)

struct Update {
    Change<std::string> title;
    Change<std::optional<std::string>> note;
};
PZ_DESCRIBE(Update, (title, length(1, 3)), note)

namespace {

std::vector<FieldError> errors_of(std::string_view text) {
    Limited value;
    std::vector<FieldError> errors;
    read_json(parse_json(text).value(), value, "body", errors);
    return errors;
}

TEST(JsonWriter, writes_every_kind_of_member) {
    Sample sample;
    sample.number = -3;
    sample.text = "a \"b\" \\ \n\t\x01 ü";
    sample.colour = Colour::green;
    sample.list = {1, 9'007'199'254'740'991};
    sample.at = *parse_timestamp("2026-03-01T00:00:00Z");
    EXPECT_EQ(
        to_json(sample),
        R"({"number":-3,"text":"a \"b\" \\ \n\t\u0001 ü","note":null,"colour":"green","list":[1,9007199254740991],)"
        R"("id":"00000000-0000-0000-0000-000000000000","at":"2026-03-01T00:00:00.000000Z","yes":false})"
    );
}

TEST(JsonWriter, writes_a_text_as_the_first_member_and_an_object_without_any) {
    EXPECT_EQ(to_json(Coloured{.colour = Colour::green}), R"({"colour":"green","nothing":{}})");
}

TEST(JsonReader, reads_what_the_writer_writes) {
    Sample sample;
    sample.number = 7;
    sample.text = "Grüße\n";
    sample.note = "n";
    sample.list = {3};
    sample.yes = true;
    Sample again;
    std::vector<FieldError> errors;
    ASSERT_TRUE(read_json(parse_json(to_json(sample)).value(), again, "body", errors));
    EXPECT_EQ(to_json(again), to_json(sample));
}

TEST(JsonReader, names_every_wrong_member_with_its_place) {
    const auto errors = errors_of(R"({"title":"abcd","note":"abc","count":10,"titel":1})");
    ASSERT_EQ(errors.size(), 4U);
    EXPECT_EQ(errors[0].loc, "body.title");
    EXPECT_EQ(errors[0].code, "too_long");
    EXPECT_EQ(errors[1].loc, "body.note");
    EXPECT_EQ(errors[2].loc, "body.count");
    EXPECT_EQ(errors[2].code, "too_large");
    EXPECT_EQ(errors[3].loc, "body.titel");
    EXPECT_EQ(errors[3].code, "unknown_field");
}

TEST(JsonReader, tells_missing_from_wrong_and_counts_characters_not_bytes) {
    EXPECT_EQ(errors_of("{}").at(0).code, "missing");
    EXPECT_EQ(errors_of(R"({"title":"","count":1})").at(0).code, "too_short");
    EXPECT_EQ(errors_of(R"({"title":1,"count":1})").at(0).code, "wrong_type");
    EXPECT_EQ(errors_of(R"({"title":"x","count":1.5})").at(0).code, "wrong_type");
    EXPECT_EQ(errors_of(R"([])").at(0).loc, "body");
    EXPECT_TRUE(errors_of(R"({"title":"üüü","count":1})").empty());
}

TEST(JsonReader, a_change_tells_absent_from_null) {
    Update update;
    std::vector<FieldError> errors;
    ASSERT_TRUE(read_json(parse_json(R"({"note":null})").value(), update, "body", errors));
    EXPECT_FALSE(update.title.present);
    EXPECT_TRUE(update.note.present);
    EXPECT_FALSE(update.note.value);
    EXPECT_FALSE(read_json(parse_json(R"({"title":null})").value(), update, "body", errors));
    EXPECT_FALSE(read_json(parse_json(R"({"title":"abcd"})").value(), update, "body", errors));
}

TEST(JsonParser, refuses_duplicates_nul_large_integers_and_depth) {
    EXPECT_FALSE(parse_json(R"({"a":1,"a":2})"));
    EXPECT_FALSE(parse_json(R"({"a":1,"\u0061":2})"));
    EXPECT_TRUE(parse_json(R"({"a":{"b":1},"b":{"b":1}})"));
    EXPECT_FALSE(parse_json(R"(["\u0000"])"));
    EXPECT_FALSE(parse_json(R"([9007199254740992])"));
    EXPECT_TRUE(parse_json(R"([9007199254740991])"));
    EXPECT_TRUE(parse_json(std::string(32, '[') + std::string(32, ']')));
    EXPECT_FALSE(parse_json(std::string(33, '[') + std::string(33, ']')));
    std::string members = "{";
    for (int i = 0; i < 257; ++i) {
        members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
    }
    EXPECT_FALSE(parse_json(members + "}"));
    EXPECT_FALSE(parse_json("\"\xED\xA0\x80\""));
    EXPECT_FALSE(parse_json("1 2"));
    EXPECT_FALSE(parse_json(""));
}

TEST(JsonParser, agrees_with_the_public_test_suite) {
    const char* variable = std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe): one thread
    const std::filesystem::path folder =
        std::filesystem::path{variable != nullptr ? variable : PZ_SOURCE_DIR "/../shared/testdata"} /
        "json-parsing";
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "PZ_TESTDATA is not there: the JSON test suite was not read";
    }
    int read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() != ".json" || name.size() < 2 || name[1] != '_') {
            continue;
        }
        std::stringstream content;
        content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        const bool accepted = parse_json(content.str()).has_value();
        ++read;
        // Stricter than the suite on purpose: duplicate members and NUL characters are refused (RFC 7493,
        // PostgreSQL text).
        const bool argued =
            name == "y_object_duplicated_key.json" || name == "y_object_duplicated_key_and_value.json" ||
            name == "y_object_escaped_null_in_key.json" || name == "y_string_null_escape.json";
        if (name[0] == 'y') {
            EXPECT_EQ(accepted, !argued) << name;
        } else if (name[0] == 'n') {
            EXPECT_FALSE(accepted) << name;
        }
    }
    EXPECT_GT(read, 150);
    std::printf("json-parsing: %d files read\n", read);
}

}  // namespace
}  // namespace pz::core
