// What a handler gets, and what a client is told when it gets nothing.

#include "example_api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace pz::web {

namespace {

using example::Server;
using testkit::Reply;

constexpr const char* etag = "\"1\"";
constexpr const char* note = "/notes/0197c0de-0000-7000-8000-000000000001";

std::vector<std::string> locations(const Reply& reply) {
    std::vector<std::string> locs;
    const auto document = reply.json();
    for (const auto& error : document.at("errors").as_array()) {
        locs.emplace_back(error.at("loc").as_string());
    }
    return locs;
}

TEST(Query, requires_what_has_no_good_default) {
    const Server server;
    EXPECT_EQ(server.client().get("/notes?folder=in").status(), 200);
    const Reply reply = server.client().get("/notes");
    EXPECT_EQ(reply.status(), 422);
    EXPECT_EQ(locations(reply), std::vector<std::string>{"query.folder"});
}

TEST(Query, reports_every_breach_at_once) {
    const Server server;
    EXPECT_EQ(
        locations(server.client().get("/notes?folder=&limit=11&color=blue&x=1")),
        (std::vector<std::string>{"query.folder", "query.limit", "query.color", "query.x"})
    );
}

TEST(Query, decodes_the_form_dialect) {
    const Server server;
    const Reply reply = server.client().get("/notes?folder=a%20b+%C3%A9");
    EXPECT_EQ(reply.json().at("items").as_array().at(0).at("text").as_string(), "a b \xc3\xa9");
}

TEST(Json, reads_a_closed_schema) {
    const Server server;
    EXPECT_EQ(
        server.client()
            .post(
                "/notes",
                {{"text", "x"}, {"stars", 5}, {"pinned", true}, {"label", {{"text", "l"}, {"color", "red"}}}}
            )
            .status(),
        201
    );
    EXPECT_EQ(
        locations(server.client().post(
            "/notes",
            {{"text", ""},
             {"stars", 6},
             {"pinned", 1},
             {"id", "x"},
             {"label", {{"text", "l"}, {"color", "blue"}, {"size", 1}}}}
        )),
        (std::vector<std::string>{
            "body.text", "body.label.color", "body.label.size", "body.stars", "body.pinned", "body.id"
        })
    );
}

TEST(Json, has_the_limit_of_its_route) {
    const Server server;
    EXPECT_EQ(server.client().post("/notes", {{"text", std::string(300, 'x')}}).status(), 413);
}

TEST(IfMatch, is_required_and_well_formed) {
    const Server server;
    EXPECT_EQ(server.client().with("If-Match", etag).send("PUT", note).status(), 204);
    EXPECT_EQ(server.client().send("PUT", note).status(), 428);
    for (const char* text : {"1", "\"1", "\"", "*, \"1\""}) {
        EXPECT_EQ(server.client().with("If-Match", text).send("PUT", note).status(), 422) << text;
    }
}

TEST(IfMatch, means_the_versions_that_this_api_gave_out) {
    const Server server;
    for (const auto& [text, versions] :
         {std::pair{"\"1\"", "{1}"},
          std::pair{"\"1\", \"2\"", "{1,2}"},
          std::pair{"\"2147483647\"", "{2147483647}"},
          std::pair{"*", "any"},
          // Well-formed, and the tag of no version: they match nothing.
          std::pair{"W/\"1\"", "{}"},
          std::pair{"\"0\"", "{}"},
          std::pair{"\"01\"", "{}"},
          std::pair{"\"+1\"", "{}"},
          std::pair{"\"2147483648\"", "{}"},
          std::pair{"\"x\", \"3\"", "{3}"},
          std::pair{"\"\"", "{}"}}) {
        const Reply reply = server.client().with("If-Match", text).send("PATCH", note);
        EXPECT_EQ(reply.field("route"), versions) << text;
    }
}

TEST(IfNoneMatch, answers_304_when_the_client_has_it) {
    const Server server;
    const Reply full = server.client().get("/notes/sample");
    EXPECT_EQ(full.status(), 200);
    EXPECT_EQ(full.header("ETag"), "\"7\"");
    for (const char* text : {"\"7\"", "W/\"7\"", "\"6\", \"7\"", "*"}) {
        for (const char* method : {"GET", "HEAD"}) {
            const Reply reply = server.client().with("If-None-Match", text).send(method, "/notes/sample");
            EXPECT_EQ(reply.status(), 304) << method << ' ' << text;
            EXPECT_EQ(reply.header("ETag"), "\"7\"");
            EXPECT_EQ(reply.text(), "");
        }
    }
    for (const char* text : {"\"6\"", "7", "\"7", ""}) {
        EXPECT_EQ(server.client().with("If-None-Match", text).get("/notes/sample").text(), full.text())
            << text;
    }
}

TEST(IfMatch, is_reported_together_with_a_bad_path) {
    const Server server;
    EXPECT_EQ(
        locations(server.client().with("If-Match", "x").send("PUT", "/notes/x")),
        (std::vector<std::string>{"header.If-Match", "path.id"})
    );
}

TEST(Created, answers_location_and_etag) {
    const Server server;
    const Reply reply = server.client().post("/notes", {{"text", "x"}, {"stars", 0}, {"pinned", false}});
    EXPECT_EQ(reply.status(), 201) << reply.text();
    EXPECT_EQ(reply.header("Location"), note);
    EXPECT_EQ(reply.header("ETag"), "\"7\"");
    EXPECT_EQ(
        reply.text(),
        R"({"id":"0197c0de-0000-7000-8000-000000000001","text":"x","label":null,"words":["a","b"],)"
        R"("created_at":"1970-01-01T00:00:00.000000Z","version":7})"
    );
}

TEST(Problem, says_nothing_about_a_failure_of_ours) {
    const Server server;
    const Reply reply = server.client().send("POST", "/failures");
    EXPECT_EQ(reply.status(), 500);
    EXPECT_EQ(
        reply.text(),
        R"({"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal_error","request_id":")" +
            reply.header("X-Request-Id") + "\"}"
    );
}

}  // namespace

}  // namespace pz::web
