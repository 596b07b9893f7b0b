// Field values of any length and content either become a row that means the same (and encodes back to the
// same bytes, where the width is the member's own), or are refused: the decoder trusts the server's column
// types, not its field lengths.
#include <pz/pg/row.hpp>

#include <pz/core/check.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/parameters.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pz::pg::fuzz {

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Everything {
    core::Uuid id;
    std::string text;
    std::string document;
    bool flag = false;
    std::int16_t small = 0;
    std::int32_t medium = 0;
    std::int64_t large = 0;
    double real = 0;
    std::optional<double> single;
    std::optional<core::Timestamp> time;
    std::vector<std::uint8_t> bytes;
    std::optional<Colour> colour;
};

PZ_DESCRIBE(Everything, id, text, document, flag, small, medium, large, real, single, time, bytes, colour)

namespace {

struct Column {
    Oid type;
    std::string_view good;  ///< a value of that type in PostgreSQL's binary format
};

constexpr std::array<Column, 12> columns{{
    {2950, "0123456789abcdef"},   // uuid
    {25, "text"},                 // text
    {3802, "\1{}"},               // jsonb
    {16, "\1"},                   // boolean
    {21, "ab"},                   // int2
    {23, "abcd"},                 // int4
    {20, "abcdefgh"},             // int8
    {701, "abcdefgh"},            // float8
    {700, "abcd"},                // float4
    {1184, "\1\2\3\4\5\6\7\10"},  // timestamptz
    {17, {"\0\xff", 2}},          // bytea
    {1043, "green"},              // varchar
}};

/// The member's bytes on the way back to the server.
template <class T>
bool encodes_as(const T& value, std::string_view bytes) {
    const Parameters parameters = Parameters::of(value);
    const Parameters::Value& encoded = parameters.values().front();
    return std::string_view{parameters.data(encoded), static_cast<std::size_t>(encoded.size)} == bytes;
}

void check(const Result& result, const Everything& row) {
    const auto field = [&](std::size_t column) { return result.bytes(0, column); };
    PZ_CHECK(encodes_as(row.id, field(0)));
    PZ_CHECK(row.text == field(1) && row.document == field(2).substr(1));
    PZ_CHECK(row.flag == (field(3) != std::string_view{"\0", 1}));
    // A number may be narrower than the member: its width is read from its length.
    PZ_CHECK(field(4).size() == 2 && field(5).size() <= 4 && field(6).size() <= 8);
    PZ_CHECK((row.small < 0) == (field(4).front() < 0) && (row.medium < 0) == (field(5).front() < 0));
    PZ_CHECK((row.large < 0) == (field(6).front() < 0));
    // A NaN may lose its payload.
    PZ_CHECK(row.real != row.real || field(7).size() == sizeof(float) || encodes_as(row.real, field(7)));
    PZ_CHECK(!row.time || encodes_as(*row.time, field(9)));
    PZ_CHECK(std::ranges::equal(row.bytes, field(10), {}, {}, [](char c) {
        return static_cast<std::uint8_t>(c);
    }));
    PZ_CHECK(!row.colour || core::enum_text(*row.colour) == field(11));
}

}  // namespace
}  // namespace pz::pg::fuzz

/// Each value is described by a length byte: 255 keeps the good value, 254 is NULL, else so many bytes
/// follow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::pg;
    std::string_view input{reinterpret_cast<const char*>(data), size};
    PGresult* made = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    const Result result{made};
    std::array<PGresAttDesc, fuzz::columns.size()> attributes{};
    char name[] = "column";
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        attributes[i].name = name;
        attributes[i].format = 1;
        attributes[i].typid = fuzz::columns[i].type;
    }
    PZ_CHECK(PQsetResultAttrs(made, static_cast<int>(attributes.size()), attributes.data()) == 1);
    for (std::size_t i = 0; i < attributes.size(); ++i) {
        const unsigned length = input.empty() ? 255U : static_cast<unsigned char>(input.front());
        input.remove_prefix(input.empty() ? 0 : 1);
        std::string value{fuzz::columns[i].good};
        if (length < 254) {
            value = input.substr(0, length);
            input.remove_prefix(value.size());
        }
        PZ_CHECK(
            PQsetvalue(
                made,
                0,
                static_cast<int>(i),
                value.data(),
                length == 254 ? -1 : static_cast<int>(value.size())
            ) == 1
        );
    }
    try {
        const auto rows = rows_of<fuzz::Everything>(result);
        PZ_CHECK(rows.size() == 1);
        fuzz::check(result, rows.front());
    } catch (const RowError&) {
        return 0;
    }
    return 0;
}
