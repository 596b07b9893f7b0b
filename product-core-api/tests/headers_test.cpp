// What holds for every answer, whatever the route and the outcome.

#include "answers.hpp"

#include <set>

namespace pz::product {

namespace {

using testkit::world;

/// One answer of each kind that a client can bring about.
std::vector<Reply> one_of_each_kind() {
    constexpr const char* items = "/api/v1/items";
    const std::string etag = "\"1\"";
    const Reply created = new_item(acme_admin);
    const std::string item = created.header("Location");
    std::vector<Reply> replies;
    const auto add = [&](int status, Reply reply) {
        EXPECT_EQ(reply.status(), status) << reply.text();
        replies.push_back(std::move(reply));
    };
    const auto acme = [] { return world().as(acme_admin); };
    add(201, created);
    add(200, acme().get(items));
    add(200, acme().get(item));
    add(200, acme().with("If-Match", etag).patch(item, {{"title", "x"}}));
    add(412, acme().with("If-Match", etag).patch(item, {{"title", "x"}}));
    add(428, acme().patch(item, {{"title", "x"}}));
    add(422, acme().get("/api/v1/items?limit=0"));
    add(400, acme().with("Content-Type", "application/json").send("POST", items, "{"));
    add(415, acme().with("Content-Type", "text/plain").send("POST", items, "{}"));
    add(413, acme().with("Content-Type", "application/json").send("POST", items, std::string(70'000, ' ')));
    add(403, world().as(support_agent).get(items));
    add(401, world().anonymous().get(items));
    add(401, world().with_token("x").get(items));
    add(404, acme().get("/api/v1/items/" + unknown_id()));
    add(404, world().anonymous().get("/nowhere"));
    add(405, world().anonymous().send("OPTIONS", items));
    add(405, acme().send("DELETE", items));
    add(204, acme().del(item));
    add(200, world().as(platform_admin).get("/api/v1/admin/orgs"));
    add(200, world().as(support_agent).get("/api/v1/support/lookup?q=acme"));
    add(200, acme().get("/api/v1/org"));
    for (const char* path : {"/healthz", "/readyz", "/startupz", "/metrics", "/openapi.json", "/docs", "/docs/start.js"}) {
        add(200, world().anonymous().get(path));
        add(200, world().anonymous().send("HEAD", path));
    }
    return replies;
}

TEST(EveryAnswer, forbids_sniffing_and_caching_and_names_its_request) {
    std::set<std::string> ids;
    for (const Reply& reply : one_of_each_kind()) {
        EXPECT_TRUE(has_standard_headers(reply));
        EXPECT_TRUE(ids.insert(reply.header("X-Request-Id")).second) << "a request id was given twice";
    }
}

TEST(EveryAnswer, repeats_a_harmless_request_id) {
    for (const std::string& id : {std::string{"a"}, std::string{"7f3a-Trace_1.0"}, std::string(64, 'x')}) {
        EXPECT_EQ(
            world().as(acme_user).with("X-Request-Id", id).get("/api/v1/items").header("X-Request-Id"), id
        );
        EXPECT_EQ(world().anonymous().with("X-Request-Id", id).get("/nowhere").field("request_id"), id);
    }
}

TEST(EveryAnswer, replaces_a_request_id_that_could_do_harm_in_a_log) {
    for (const std::string& id :
         {std::string(65, 'x'),
          std::string{"a b"},
          std::string{"<b>"},
          std::string{"a\"b"},
          std::string{"a;b"},
          std::string{"\xc3\xa9"}}) {
        const Reply reply = world().anonymous().with("X-Request-Id", id).get("/nowhere");
        EXPECT_NE(reply.header("X-Request-Id"), id);
        EXPECT_FALSE(reply.header("X-Request-Id").empty());
    }
}

TEST(EveryAnswer, forbids_sniffing_and_caching_also_when_the_request_was_no_http) {
    for (const char* bytes :
         {"GET /api/v1/items HTTP/1.1\r\n\r\n",
          "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n"}) {
        auto connection = world().raw();
        connection.send(bytes);
        const Reply reply = connection.receive();
        EXPECT_EQ(reply.status(), 400) << bytes;
        EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff") << bytes;
        EXPECT_EQ(reply.header("Cache-Control"), "no-store") << bytes;
        EXPECT_EQ(reply.header("Connection"), "close") << bytes;
        EXPECT_EQ(reply.field("code"), "bad_request") << bytes;
    }
}

TEST(Unauthorized, says_which_scheme_is_wanted) {
    EXPECT_EQ(world().anonymous().get("/api/v1/items").header("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(
        world().with_token("x").get("/api/v1/items").header("WWW-Authenticate"),
        R"(Bearer error="invalid_token")"
    );
}

TEST(UnknownPath, is_404_with_or_without_a_token) {
    for (const char* path :
         {"/",
          "/api",
          "/api/v1",
          "/api/v1/",
          "/api/v1/items/",
          "/api/v1//items",
          "/API/v1/items",
          "/api/v2/items",
          "/api/v1/items/1/2",
          "/api/v1/items%2f",
          "/.well-known/jwks.json"}) {
        EXPECT_TRUE(is_problem(world().anonymous().get(path), 404, "not_found")) << path;
        EXPECT_TRUE(is_problem(world().as(acme_user).get(path), 404, "not_found")) << path;
    }
}

TEST(UnknownMethod, is_405_with_the_methods_that_the_path_has) {
    struct Case {
        const char* method;
        std::string path;
        const char* allow;
    };

    const std::string item = "/api/v1/items/" + unknown_id();
    for (const Case& at :
         {Case{"PUT", "/api/v1/items", "GET, HEAD, POST"},
          Case{"DELETE", "/api/v1/items", "GET, HEAD, POST"},
          Case{"OPTIONS", "/api/v1/items", "GET, HEAD, POST"},
          Case{"POST", item, "GET, HEAD, PATCH, DELETE"},
          Case{"PUT", item, "GET, HEAD, PATCH, DELETE"},
          Case{"POST", "/api/v1/org", "GET, HEAD, PATCH"},
          Case{"POST", "/healthz", "GET, HEAD"}}) {
        const Reply reply = world().as(acme_admin).send(at.method, at.path);
        EXPECT_TRUE(is_problem(reply, 405, "method_not_allowed")) << at.method << ' ' << at.path;
        EXPECT_EQ(reply.header("Allow"), at.allow) << at.method << ' ' << at.path;
    }
}

}  // namespace

}  // namespace pz::product
