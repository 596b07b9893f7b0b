#include "example_api.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace pz::web {

namespace {

using example::Server;
using testkit::Reply;

TEST(Router, prefers_a_literal_segment_to_a_parameter) {
    const Server server;
    EXPECT_EQ(server.client().get("/notes/newest").text(), R"({"route":"newest","values":[]})");
    EXPECT_EQ(server.client().get("/notes/newer").text(), R"({"route":"note","values":["newer"]})");
    EXPECT_EQ(server.client().get("/notes/newest2").text(), R"({"route":"note","values":["newest2"]})");
}

TEST(Router, gives_each_parameter_its_own_segment) {
    const Server server;
    EXPECT_EQ(server.client().del("/notes/a/parts/b").text(), R"({"route":"part","values":["a","b"]})");
    EXPECT_EQ(server.client().get("/notes/a%2Fb").text(), R"({"route":"note","values":["a%2Fb"]})");
}

TEST(Router, knows_no_empty_segment_and_no_trailing_slash) {
    const Server server;
    for (const char* path :
         {"/",
          "//",
          "/notes/",
          "//notes",
          "/notes//",
          "/notes/a/",
          "/notes//parts/b",
          "/notes/a/parts/",
          "/notes/a/parts",
          "/notes/a/parts/b/c",
          "/Notes",
          "/notes/newest/",
          "/notes;x",
          "/notes/a/other/b"}) {
        EXPECT_EQ(server.client().send("GET", path).status(), 404) << path;
        EXPECT_EQ(server.client().send("DELETE", path).status(), 404) << path;
    }
}

TEST(Router, does_not_look_at_the_query) {
    const Server server;
    EXPECT_EQ(server.client().get("/notes/newest?x=/notes/a").field("route"), "newest");
}

TEST(Router, answers_head_with_gets_head) {
    const Server server;
    const Reply get = server.client().get("/notes/newest");
    const Reply head = server.client().send("HEAD", "/notes/newest");
    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.header("Content-Length"), get.header("Content-Length"));
    EXPECT_TRUE(head.text().empty());
    EXPECT_EQ(server.client().send("HEAD", "/failures").status(), 405) << "no GET, no HEAD";
}

TEST(Router, lists_the_methods_that_a_path_has) {
    const Server server;
    for (const auto& [path, allow] :
         {std::pair{"/notes", "GET, HEAD, POST"},
          std::pair{"/notes/a", "GET, HEAD, PUT, PATCH"},
          std::pair{"/notes/newest", "GET, HEAD"},
          std::pair{"/notes/a/parts/b", "DELETE"},
          std::pair{"/failures", "POST"}}) {
        const Reply reply = server.client().send("OPTIONS", path);
        EXPECT_EQ(reply.status(), 405) << path;
        EXPECT_EQ(reply.field("code"), "method_not_allowed");
        EXPECT_EQ(reply.header("Allow"), allow) << path;
    }
}

TEST(RouterDeathTest, ends_the_program_when_a_route_is_added_twice) {
    Router router;
    example::add_routes(router);
    EXPECT_DEATH(example::add_routes(router), "");
}

TEST(FixedString, names_types_and_functions_as_the_source_does) {
    EXPECT_EQ(type_name<Page<int>>, "Page<int>");
    EXPECT_EQ(type_name<http::Exchange>, "Exchange");
    EXPECT_EQ(function_name<&example::add_routes>, "add_routes");
    EXPECT_TRUE(pattern_has_parameter("/notes/{id}/parts/{part}", "part"));
    EXPECT_FALSE(pattern_has_parameter("/notes/{id}", "i"));
    EXPECT_FALSE(pattern_has_parameter("/notes/id", "id"));
    EXPECT_FALSE(pattern_has_parameter("/notes/{id}", "notes"));
}

}  // namespace

}  // namespace pz::web
