#include "example_api.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace pz::web {

enum class Size : std::uint8_t { small, large };
BOOST_DESCRIBE_ENUM(Size, small, large)

struct Inner {
    std::int64_t number = 0;
};
PZ_DESCRIBE(Inner, (number, range(-5, 5), text("A number")))

struct Outer {
    std::string text;
    std::optional<std::string> note;
    core::Change<std::string> title;
    core::Change<std::optional<std::string>> subtitle;
    Size size{};
    std::vector<Inner> inner;
};
PZ_DESCRIBE(
    Outer,
    (text, length(1, 5)),
    (note, length(0, 9), text("A note")),
    (title, length(2, 3)),
    subtitle,
    size,
    inner
)

namespace {

using boost::json::parse;

TEST(OpenApi, of_the_example_is_the_committed_document) {
    Router router;
    example::add_routes(router);
    const std::string document = pretty_print(router.openapi(example::info()));
    std::ifstream file{PZ_SOURCE_DIR "/libs/web/tests/example_openapi.json", std::ios::binary};
    const std::string committed{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_TRUE(document == committed) << "libs/web/tests/example_openapi.json should be\n" << document;
    EXPECT_EQ(parse(document).as_object(), router.openapi(example::info())) << "printing loses nothing";
}

TEST(SchemaOf, requires_of_a_request_what_may_not_be_left_out) {
    Components components;
    EXPECT_EQ(
        (schema_of<Outer, Direction::input>(components)), parse(R"({"$ref":"#/components/schemas/Outer"})")
    );
    EXPECT_EQ(components.schemas().at("Outer"), parse(R"({"type":"object","properties":{
            "text":{"type":"string","minLength":1,"maxLength":5},
            "note":{"anyOf":[{"type":"string","minLength":0,"maxLength":9},{"type":"null"}],"description":"A note"},
            "title":{"type":"string","minLength":2,"maxLength":3},
            "subtitle":{"anyOf":[{"type":"string"},{"type":"null"}]},
            "size":{"$ref":"#/components/schemas/Size"},
            "inner":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}}},
            "additionalProperties":false,"required":["text","size","inner"]})"));
    EXPECT_EQ(components.schemas().at("Size"), parse(R"({"type":"string","enum":["small","large"]})"));
    EXPECT_EQ(components.schemas().at("Inner"), parse(R"({"type":"object","properties":{
            "number":{"type":"integer","format":"int64","minimum":-5,"maximum":5,"description":"A number"}},
            "additionalProperties":false,"required":["number"]})"));
}

TEST(SchemaOf, promises_every_member_of_an_answer) {
    Components components;
    (void)schema_of<Outer, Direction::output>(components);
    EXPECT_EQ(
        components.schemas().at("Outer").at("required"),
        parse(R"(["text","note","title","subtitle","size","inner"])")
    );
}

TEST(SchemaOf, describes_scalars) {
    Components components;
    EXPECT_EQ((schema_of<bool, Direction::input>(components)), parse(R"({"type":"boolean"})"));
    EXPECT_EQ(
        (schema_of<std::int32_t, Direction::input>(components)),
        parse(R"({"type":"integer","format":"int32"})")
    );
    EXPECT_EQ(
        (schema_of<core::Uuid, Direction::input>(components)), parse(R"({"type":"string","format":"uuid"})")
    );
    EXPECT_EQ(
        (schema_of<core::Timestamp, Direction::input>(components)),
        parse(R"({"type":"string","format":"date-time"})")
    );
    EXPECT_TRUE(components.schemas().empty());
}

TEST(Operation, refers_to_problems_and_keeps_answers_of_its_own_beside_them) {
    Components components;
    Operation operation(components);
    operation.add_response(400, "Refused", "application/json", parse(R"({"type":"string"})"));
    operation.add_problem(400);
    operation.add_problem(404);
    EXPECT_EQ(operation.responses.at(404), parse(R"({"$ref":"#/components/responses/NotFound"})"));
    EXPECT_EQ(operation.responses.at(400).at("content"), parse(R"({
            "application/json":{"schema":{"type":"string"}},
            "application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}})"));
    EXPECT_TRUE(components.schemas().contains("ErrorCode"));
}

TEST(Operation, need_not_send_again_what_carries_an_etag) {
    Components components;
    Operation plain(components);
    plain.add_response(200, "OK");
    plain.add_not_modified();
    EXPECT_FALSE(plain.responses.contains(304));
    Operation tagged(components);
    tagged.add_response(200, "OK");
    tagged.add_response_header(200, "ETag", Presence::always, "Its version");
    tagged.add_not_modified();
    EXPECT_TRUE(tagged.responses.at(304).at("headers").at("ETag").at("required").as_bool());
    EXPECT_EQ(tagged.parameters.at(0).at("name"), "If-None-Match");
}

TEST(PrettyPrint, indents_by_two_and_ends_with_a_newline) {
    EXPECT_EQ(
        pretty_print(parse(R"({"a":[1,{"b":"\"\n"}],"c":{},"d":[],"e":null,"f":true})")),
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"\\\"\\n\"\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n"
        "  \"e\": null,\n  \"f\": true\n}\n"
    );
}

}  // namespace

}  // namespace pz::web
