// Limits, CORS and headers as a client meets them, without a database.

#include "example_api.hpp"

#include <pz/testkit/client.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace pz::web {

namespace {

using example::Server;
using testkit::Client;
using testkit::Reply;

constexpr const char* console = "https://console.example";

PolicySettings with_cors() {
    return {.rate_limits = {.person = 0, .tenant = 0}, .cors_origins = {console, "http://localhost:3000"}};
}

/// Asks until an answer is 429: with one request per second, and a client that makes more of them than that,
/// it is not far away.
template <class Ask>
Reply first_refusal(Ask ask) {
    for (int i = 0; i < 10'000; ++i) {
        Reply reply = ask(i);
        if (reply.status() == 429) {
            return reply;
        }
    }
    throw testkit::ClientError{"never refused"};
}

TEST(RateLimit, refuses_with_429_and_says_when_to_come_back) {
    const Server server{{.rate_limits = {.person = 1, .tenant = 1}}};
    Client client = server.client();
    const Reply first = client.get("/notes/newest");
    EXPECT_EQ(first.status(), 200);
    EXPECT_EQ(first.header("RateLimit-Policy"), R"("address";q=1;w=1)");
    EXPECT_EQ(first.header("RateLimit"), R"("address";r=0;t=1)");
    const Reply refused = first_refusal([&](int) { return client.get("/notes/newest"); });
    EXPECT_EQ(refused.field("code"), "rate_limited");
    EXPECT_EQ(refused.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_EQ(refused.header("RateLimit"), R"("address";r=0;t=1)");
    EXPECT_EQ(refused.header("RateLimit-Policy"), R"("address";q=1;w=1)");
}

TEST(RateLimit, counts_unknown_paths_and_methods_and_preflights) {
    const Server server{{.rate_limits = {.person = 1, .tenant = 1}, .cors_origins = {console}}};
    Client client = server.client();
    first_refusal([&](int) { return client.get("/nowhere"); });
    first_refusal([&](int) { return client.del("/notes"); });
    client.with("Origin", console).with("Access-Control-Request-Method", "GET");
    first_refusal([&](int) { return client.send("OPTIONS", "/notes"); });
}

TEST(RateLimit, is_not_escaped_by_forged_forwarding_headers) {  // T46
    const Server server{{.rate_limits = {.person = 1, .tenant = 1}, .trusted_hops = 1}};
    first_refusal([&](int i) {
        std::string forged;
        for (int entry = 0; entry < i % 6; ++entry) {
            forged += std::to_string(i % 251) + ".1.2." + std::to_string(entry) + ", ";
        }
        return server.client().with("X-Forwarded-For", forged + "198.51.100.7").get("/notes/newest");
    });
}

TEST(RateLimit, is_each_clients_own_behind_a_trusted_hop) {
    const Server server{{.rate_limits = {.person = 1, .tenant = 1}, .trusted_hops = 1}};
    for (int i = 0; i < 100; ++i) {
        const Reply reply = server.client()
                                .with("X-Forwarded-For", "203.0.113.5, 192.0.2." + std::to_string(i))
                                .get("/notes/newest");
        EXPECT_EQ(reply.status(), 200) << i;
    }
}

TEST(Cors, names_an_origin_of_the_list_and_no_other) {  // T43
    const Server server{with_cors()};
    const std::map<std::string, bool> origins{
        {"https://console.example", true},
        {"http://localhost:3000", true},
        {"", false},
        {"null", false},
        {"NULL", false},
        {"*", false},
        {"https://console.example/", false},
        {"https://console.example:443", false},
        {"https://console.example:444", false},
        {"https://console.example.", false},
        {"http://console.example", false},
        {"HTTPS://console.example", false},
        {"https://CONSOLE.example", false},
        {"https://console.example.evil.example", false},
        {"https://evil-console.example", false},
        {"https://evilconsole.example", false},
        {"https://evil.example/console.example", false},
        {"https://evil.example?https://console.example", false},
        {"https://evil.example#https://console.example", false},
        {"https://console.example@evil.example", false},
        {"https://user@console.example", false},
        {"https://sub.console.example", false},
        {"https://console.exampl", false},
        {"https://console.examples", false},
        {"https://consoleXexample", false},
        {"https://console.example https://evil.example", false},
        {"https://evil.example https://console.example", false},
        {"https://console.example,https://evil.example", false},
        {"https://console.example%00.evil.example", false},
        {"https://console.example%2eevil.example", false},
        {"https:console.example", false},
        {"https:///console.example", false},
        {"//console.example", false},
        {"console.example", false},
        {"file://", false},
        {"data:text/html,x", false},
        {"chrome-extension://console.example", false},
        {"http://localhost", false},
        {"http://localhost:30000", false},
        {"http://127.0.0.1:3000", false},
        {"http://[::1]:3000", false},
        {"https://localhost:3000", false},
    };
    EXPECT_GE(origins.size(), 40U);
    Client client = server.client();
    for (const auto& [origin, allowed] : origins) {
        for (const char* path : {"/notes/newest", "/nowhere"}) {
            const Reply reply = server.client().with("Origin", origin).get(path);
            EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), allowed ? origin : "") << origin;
            EXPECT_EQ(reply.header("Access-Control-Expose-Headers").empty(), !allowed) << origin;
            EXPECT_EQ(reply.header("Access-Control-Allow-Credentials"), "") << origin;
            EXPECT_EQ(reply.header("Vary"), "Origin") << origin;
        }
        const Reply preflight = server.client()
                                    .with("Origin", origin)
                                    .with("Access-Control-Request-Method", "PUT")
                                    .send("OPTIONS", "/notes/1");
        EXPECT_EQ(preflight.status(), allowed ? 204 : 405) << origin;
        EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), allowed ? origin : "") << origin;
        EXPECT_EQ(preflight.header("Access-Control-Allow-Methods").empty(), !allowed) << origin;
        EXPECT_EQ(preflight.header("Access-Control-Allow-Headers").empty(), !allowed) << origin;
        EXPECT_EQ(preflight.header("Vary"), "Origin") << origin;
    }
    EXPECT_EQ(client.get("/notes/newest").header("Vary"), "Origin") << "also without any Origin";
}

TEST(Cors, answers_a_preflight_with_the_methods_of_that_path) {
    const Server server{with_cors()};
    EXPECT_EQ(server.client().send("OPTIONS", "/notes").header("Allow"), "GET, HEAD, POST");
    for (const char* path : {"/notes", "/notes/a", "/notes/a/parts/b"}) {
        const std::string methods = server.client().send("OPTIONS", path).header("Allow");
        const Reply reply = server.client()
                                .with("Origin", console)
                                .with("Access-Control-Request-Method", "GET")
                                .send("OPTIONS", path);
        EXPECT_EQ(reply.status(), 204) << path;
        EXPECT_EQ(reply.header("Access-Control-Allow-Methods"), methods) << path;
        EXPECT_EQ(
            reply.header("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, "
            "traceparent, "
            "X-Requested-With"
        );
        EXPECT_EQ(reply.header("Access-Control-Max-Age"), "600");
    }
}

TEST(Cors, has_no_preflight_for_a_path_that_does_not_exist) {
    const Server server{with_cors()};
    const Reply reply = server.client()
                            .with("Origin", console)
                            .with("Access-Control-Request-Method", "GET")
                            .send("OPTIONS", "/nowhere");
    EXPECT_EQ(reply.status(), 404);
    EXPECT_EQ(reply.header("Access-Control-Allow-Methods"), "");
}

TEST(Cors, exposes_what_a_client_needs_to_read) {
    const Server server{with_cors()};
    const Reply reply = server.client().with("Origin", console).get("/notes/newest");
    EXPECT_EQ(
        reply.header("Access-Control-Expose-Headers"),
        "ETag, Location, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed"
    );
}

TEST(Cors, refuses_a_setting_that_no_browser_would_send) {
    for (const char* origin :
         {"*",
          "null",
          "",
          "console.example",
          "https://",
          "https://console.example/",
          "https://Console.example",
          "https://console.example:443",
          "http://console.example:80",
          "https://*.example",
          "file:///x",
          "https://a b",
          "https://a\r\nX: y"}) {
        EXPECT_THROW(CorsPolicy{{origin}}, core::ConfigError) << origin;
    }
    EXPECT_NO_THROW(CorsPolicy({"http://[::1]:3000", "https://a-b.example:8443", "http://localhost"}));
}

TEST(ResponseHeaders, forbid_everything_unless_the_answer_speaks_for_itself) {
    const ResponseHeaders headers{/*https=*/true};
    EXPECT_EQ(
        headers.lines({}),
        "X-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "Vary: Origin\r\n"
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "Cache-Control: no-store\r\n"
        "Strict-Transport-Security: max-age=31536000\r\n"
    );
    EXPECT_EQ(headers.lines({.cacheable = true}).find("no-store"), std::string_view::npos);
    EXPECT_EQ(headers.lines({.page = true}).find("Content-Security-Policy"), std::string_view::npos);
    EXPECT_EQ(headers.lines({.any_origin = true}).find("Vary"), std::string_view::npos);
    EXPECT_NE(headers.lines({.any_origin = true}).find("Policy: cross-origin"), std::string_view::npos);
    EXPECT_EQ(ResponseHeaders{false}.lines({}).find("Strict-Transport"), std::string_view::npos);
}

TEST(Settings, of_the_policies_have_the_documented_defaults) {
    core::Config config{{}};
    const PolicySettings settings = read_policy_settings(config, console, true);
    EXPECT_EQ(settings.rate_limits.person, 50U);
    EXPECT_EQ(settings.rate_limits.tenant, 500U);
    EXPECT_EQ(settings.trusted_hops, 0U);
    EXPECT_EQ(settings.cors_origins, std::vector<std::string>{console});
    core::Config changed{{
        {"PZ_RATE_LIMIT_PERSON", "0"},
        {"PZ_RATE_LIMIT_TENANT", "7"},
        {"PZ_TRUSTED_HOPS", "2"},
        {"PZ_CORS_ORIGINS", "https://a.example, https://b.example"},
    }};
    const PolicySettings other = read_policy_settings(changed, console, true);
    EXPECT_EQ(other.rate_limits.person, 0U);
    EXPECT_EQ(other.rate_limits.tenant, 7U);
    EXPECT_EQ(other.trusted_hops, 2U);
    EXPECT_EQ(other.cors_origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
    for (const auto& [name, value] :
         {std::pair{"PZ_RATE_LIMIT_PERSON", "-1"},
          std::pair{"PZ_RATE_LIMIT_TENANT", "100001"},
          std::pair{"PZ_TRUSTED_HOPS", "9"}}) {
        core::Config wrong{{{name, value}}};
        EXPECT_THROW(static_cast<void>(read_policy_settings(wrong, console, true)), core::ConfigError)
            << name;
    }
}

}  // namespace

}  // namespace pz::web
