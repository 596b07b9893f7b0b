// What holds for every request whatever its route, shown on the real programs. The numbers are those of
// docs/security.md.

#include <pz/pg/blocking.hpp>
#include <pz/testkit/patience.hpp>
#include <pz/testkit/world.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace pz::testkit {

namespace {

constexpr const char* console = "http://localhost:3000";

using Form = std::vector<std::pair<std::string, std::string>>;

// --- headers

testing::AssertionResult has_policy_headers(const Reply& reply, bool everybodys = false) {
    const std::map<std::string, std::string> expected{
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", everybodys ? "cross-origin" : "same-origin"},
        {"Vary", everybodys ? "" : "Origin"},
        {"Strict-Transport-Security", ""},  // this is a loopback profile
        {"Server", ""},
    };
    for (const auto& [name, value] : expected) {
        if (reply.header(name) != value) {
            return testing::AssertionFailure() << name << " is \"" << reply.header(name) << '"';
        }
    }
    const std::string policy = reply.header("Content-Security-Policy");
    const bool page = reply.header("Content-Type").starts_with("text/html");
    if (page ? policy.find("default-src 'none'") == std::string::npos ||
                   policy.find("frame-ancestors 'none'") == std::string::npos
             : policy != "default-src 'none'; frame-ancestors 'none'") {
        return testing::AssertionFailure() << "Content-Security-Policy is \"" << policy << '"';
    }
    const std::string cache = reply.header("Cache-Control");
    if (cache != "no-store" && !(cache.starts_with("public, max-age=") && reply.status() < 400)) {
        return testing::AssertionFailure() << "Cache-Control is \"" << cache << '"';
    }
    std::map<std::string, int> seen;
    for (const auto& [name, value] : reply.headers()) {
        if (++seen[name] > 1 && name != "Set-Cookie") {
            return testing::AssertionFailure() << name << " is sent twice";
        }
    }
    return testing::AssertionSuccess();
}

TEST(EveryRoute, forbids_sniffing_framing_and_caching) {  // T45
    std::size_t routes = 0;
    for (const Service service : {Service::api, Service::identity}) {
        const auto document = world().anonymous(service).get("/openapi.json").json();
        for (const auto& [pattern, operations] : document.at("paths").as_object()) {
            std::string path{pattern};
            if (const auto open = path.find('{'); open != std::string::npos) {
                path.replace(open, path.find('}') - open + 1, "0197c0de-0000-7000-8000-00000000ffff");
            }
            const bool everybodys = path.starts_with("/.well-known/");
            for (const auto& operation : operations.as_object()) {
                std::string method{operation.key()};
                std::ranges::transform(method, method.begin(), [](char c) {
                    return static_cast<char>(c & ~0x20);
                });
                const std::string what = method + " " + path;
                ++routes;
                EXPECT_TRUE(has_policy_headers(world().anonymous(service).send(method, path), everybodys))
                    << what;
                EXPECT_TRUE(has_policy_headers(world().as(acme_admin, service).send(method, path), everybodys)
                ) << what;
                EXPECT_TRUE(
                    has_policy_headers(world().with_token("x", service).send(method, path), everybodys)
                ) << what;
            }
            EXPECT_TRUE(has_policy_headers(world().anonymous(service).send("OPTIONS", path), everybodys));
        }
        for (const char* path : {"/metrics", "/openapi.json", "/docs", "/docs/start.js", "/nowhere"}) {
            EXPECT_TRUE(has_policy_headers(world().anonymous(service).get(path))) << path;
        }
    }
    EXPECT_GE(routes, 15U);
}

TEST(EveryRefusal, of_a_request_that_is_none_has_the_same_headers) {  // T45

    struct Case {
        int status;
        std::string bytes;
    };

    for (const Case& at :
         {Case{400, "GET / HTTP/1.1\r\n\r\n"},
          Case{400, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"},
          Case{400, std::string{"\0\0\0\0\r\n\r\n", 8}},
          Case{414, "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
          Case{417, "GET / HTTP/1.1\r\nHost: x\r\nExpect: something\r\n\r\n"},
          Case{431, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"},
          Case{413, "POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"}}) {
        for (const Service service : {Service::identity, Service::api}) {
            if (at.status == 413 && service == Service::api) {
                continue;  // asks for a token before it looks at the body
            }
            auto connection = world().raw(service);
            connection.send(at.bytes);
            const Reply reply = connection.receive();
            EXPECT_EQ(reply.status(), at.status);
            EXPECT_TRUE(has_policy_headers(reply)) << at.status;
        }
    }
}

// --- pages of other origins

TEST(Cors, is_for_the_console_and_for_nobody_else) {  // T43
    for (const Service service : {Service::api, Service::identity}) {
        const char* path = service == Service::api ? "/api/v1/items" : "/me";
        for (const char* origin : {"null", "https://localhost:3000", "http://localhost:3000.evil.example"}) {
            const Reply reply = world().as(acme_user, service).with("Origin", origin).get(path);
            EXPECT_EQ(reply.status(), 200);
            EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "") << origin;
        }
        const Reply allowed = world().as(acme_user, service).with("Origin", console).get(path);
        EXPECT_EQ(allowed.header("Access-Control-Allow-Origin"), console);
        EXPECT_EQ(allowed.header("Access-Control-Allow-Credentials"), "");
        const Reply preflight = world()
                                    .anonymous(service)
                                    .with("Origin", console)
                                    .with("Access-Control-Request-Method", "GET")
                                    .with("Access-Control-Request-Headers", "authorization")
                                    .send("OPTIONS", path);
        EXPECT_EQ(preflight.status(), 204);
        EXPECT_EQ(
            preflight.header("Access-Control-Allow-Methods"),
            service == Service::api ? "GET, HEAD, POST" : "GET, HEAD, PATCH"
        );
    }
}

TEST(Cors, gives_keys_and_metadata_to_everybody_without_credentials) {  // T43
    for (const char* path :
         {"/.well-known/jwks.json",
          "/.well-known/openid-configuration",
          "/.well-known/oauth-authorization-server"}) {
        for (const char* origin : {"https://anybody.example", "null", console}) {
            const Reply reply = world().anonymous(Service::identity).with("Origin", origin).get(path);
            EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "*") << path;
            EXPECT_EQ(reply.header("Access-Control-Allow-Credentials"), "") << path;
            EXPECT_EQ(reply.header("Vary"), "") << "one answer for all";
        }
    }
}

/// What a page of another site can make a browser send.
struct Sender {
    const char* origin;
    const char* site;
    bool trusted;
};

constexpr Sender senders[] = {
    {"https://evil.example", "cross-site", false},
    {"https://evil.example", "", false},
    {"null", "cross-site", false},
    {"null", "", false},
    {"", "cross-site", false},
    {"", "same-site", false},
    {"http://localhost:3001", "same-site", false},
    {"http://localhost:3001", "", false},
    {"http://localhost:3000.evil.example", "", false},
    {"https://evil.example", "something-new", false},
    {"", "", true},                 // no browser
    {"", "same-origin", true},      // the console, through its own origin
    {"null", "same-origin", true},  // the same, under Referrer-Policy: no-referrer
    {"http://127.0.0.1:3000", "same-origin", true},
    {"", "none", true},
    {console, "same-site", true},
    {console, "", true},
};

Client sent_by(const Sender& sender) {
    Client client = world().anonymous(Service::identity);
    if (*sender.origin != '\0') {
        client.with("Origin", sender.origin);
    }
    if (*sender.site != '\0') {
        client.with("Sec-Fetch-Site", sender.site);
    }
    return client;
}

std::string described(const Sender& sender) {
    return std::string{"Origin: "} + sender.origin + ", Sec-Fetch-Site: " + sender.site;
}

TEST(CookieEndpoints, refuse_what_another_sites_page_sends) {  // T44
    const Form credentials{
        {"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}
    };
    for (const Sender& sender : senders) {
        const Reply session = world()
                                  .anonymous(Service::identity)
                                  .with("X-Requested-With", "phasezero-web")
                                  .post_form("/token", credentials);
        const std::string set_cookie = session.header("Set-Cookie");
        const std::string cookie = set_cookie.substr(0, set_cookie.find(';'));
        ASSERT_TRUE(cookie.starts_with("pz_refresh=")) << session.text();
        const auto is_live = [&] {
            return world().with_token(session.field("access_token")).get("/api/v1/org").status() == 200;
        };
        // Once as a form could send it, once with the header that only a script can set.
        for (const bool scripted : {false, true}) {
            for (const char* path : {"/logout", "/token"}) {
                Client client = sent_by(sender).with("Cookie", cookie);
                if (scripted) {
                    client.with("X-Requested-With", "phasezero-web");
                }
                if (sender.trusted) {
                    continue;
                }
                const Reply reply = client.post_form(path, {{"grant_type", "refresh_token"}});
                EXPECT_EQ(reply.status(), 403) << path << ' ' << described(sender);
                EXPECT_EQ(reply.field("code"), "forbidden");
                EXPECT_EQ(reply.header("Set-Cookie"), "") << "a forced sign-out";
                EXPECT_TRUE(is_live());
            }
        }
        Client client = sent_by(sender).with("Cookie", cookie).with("X-Requested-With", "phasezero-web");
        const Reply refreshed = client.post_form("/token", {{"grant_type", "refresh_token"}});
        EXPECT_EQ(refreshed.status(), sender.trusted ? 200 : 403) << described(sender);
        EXPECT_EQ(sent_by(sender).post_form("/token", credentials).status(), sender.trusted ? 200 : 403)
            << "signing somebody in as another is as bad";
    }
}

// --- limits

Reply first_refusal(const auto& ask) {
    for (int i = 0; i < 20'000; ++i) {
        Reply reply = ask(i);
        if (reply.status() == 429) {
            return reply;
        }
    }
    throw ClientError{"never refused"};
}

TEST(RateLimit, is_each_persons_own) {
    const std::vector<std::string> environment{"PZ_RATE_LIMIT_PERSON=3", "PZ_USAGE_WRITE_SECONDS=3600"};
    World limited{{.api_environment = environment}};
    Client user = limited.as(acme_user);
    const Reply first = user.get("/api/v1/org");
    EXPECT_EQ(first.status(), 200);
    EXPECT_EQ(first.header("RateLimit-Policy"), R"("person";q=3;w=1, "tenant";q=100000;w=1)");
    EXPECT_EQ(first.header("RateLimit"), R"("person";r=2;t=1)");
    const Reply refused = first_refusal([&](int) { return user.get("/api/v1/org"); });
    EXPECT_EQ(refused.field("code"), "rate_limited");
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_TRUE(has_policy_headers(refused));
    EXPECT_EQ(limited.as(acme_admin).get("/api/v1/org").status(), 200);
    first_refusal([&](int) { return user.get("/api/v1/admin/orgs"); });  // a 403 counts, too
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(limited.anonymous().get("/healthz").status(), 200) << "probes have no limit";
    }
    EXPECT_EQ(limited.anonymous().get("/healthz").header("RateLimit-Policy"), "");
}

TEST(RateLimit, of_a_tenant_is_not_another_tenants) {
    // The organization's own limit, 30,000 a minute, would take its place with the first count.
    const std::vector<std::string> environment{"PZ_RATE_LIMIT_TENANT=3", "PZ_USAGE_WRITE_SECONDS=3600"};
    World limited{{.api_environment = environment}};
    Client admin = limited.as(acme_admin);
    const Reply refused = first_refusal([&](int) { return admin.get("/api/v1/org"); });
    EXPECT_EQ(refused.header("RateLimit"), R"("tenant";r=0;t=1)");
    EXPECT_EQ(limited.as(globex_admin).get("/api/v1/org").status(), 200);
}

TEST(RateLimit, of_an_organization_is_what_its_plan_or_staff_say) {
    World limited{{.api_environment = {"PZ_USAGE_WRITE_SECONDS=1"}}};
    const auto allow = [&](const boost::json::value& per_minute) {
        const std::string path = "/api/v1/admin/orgs/" + std::string{testkit::globex};
        const Reply changed = testkit::patiently([&] {
            return limited.as(platform_admin)
                .with("If-Match", "*")
                .patch(path, {{"request_limit", per_minute}});
        });
        EXPECT_EQ(changed.status(), 200) << changed.text();
    };
    // The limit is learned with the next count, which nobody waits for.
    const auto ask_until = [&](const auto& satisfied) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        Reply reply = limited.as(globex_admin).get("/api/v1/org");
        while (!satisfied(reply) && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            reply = limited.as(globex_admin).get("/api/v1/org");
        }
        EXPECT_TRUE(satisfied(reply)) << reply.header("RateLimit-Policy");
        return reply;
    };
    const auto is_refused = [](const Reply& reply) { return reply.status() == 429; };
    allow(2);
    const Reply refused = ask_until(is_refused);
    EXPECT_EQ(refused.header("RateLimit-Policy"), R"("person";q=100000;w=1, "tenant";q=2;w=60)");
    EXPECT_TRUE(refused.header("RateLimit").starts_with(R"("tenant";r=0;t=)"));
    EXPECT_EQ(limited.as(acme_admin).get("/api/v1/org").status(), 200);
    allow(1'000'000);
    ask_until([](const Reply& reply) { return reply.status() == 200; });
    allow(nullptr);
    ask_until([](const Reply& reply) {
        return reply.header("RateLimit-Policy").ends_with(R"("tenant";q=12000;w=60)");
    });
}

TEST(RateLimit, stops_a_flood_of_bad_tokens_and_lets_known_good_ones_pass) {
    World limited{{.api_environment = {"PZ_RATE_LIMIT_PERSON=5", "PZ_THREADS=1"}}};
    EXPECT_EQ(limited.as(acme_user).get("/api/v1/org").status(), 200);
    std::string altered = limited.token(globex_admin);
    altered[altered.size() - 10] = altered[altered.size() - 10] == 'A' ? 'B' : 'A';
    Client flood = limited.with_token(altered);
    const Reply refused = first_refusal([&](int) { return flood.get("/api/v1/org"); });
    EXPECT_EQ(refused.field("code"), "rate_limited");
    EXPECT_EQ(refused.header("RateLimit-Policy"), R"("address";q=5;w=1)");
    EXPECT_EQ(limited.as(acme_user).get("/api/v1/org").status(), 200);
}

TEST(RateLimit, of_an_address_is_not_escaped_by_forged_forwarding_headers) {  // T46
    const std::vector<std::string> environment{"PZ_RATE_LIMIT_PERSON=1", "PZ_TRUSTED_HOPS=1"};
    World limited{{.api_environment = environment}};
    for (int forged = 0; forged <= 5; ++forged) {
        first_refusal([&](int i) {
            std::string entries;
            for (int entry = 0; entry < forged; ++entry) {
                entries += "10." + std::to_string(i % 256) + "." + std::to_string(i / 256) + "." +
                           std::to_string(entry) + ", ";
            }
            return limited.anonymous()
                .with("X-Forwarded-For", entries + "198.51.100." + std::to_string(forged))
                .get("/api/v1/org");
        });
    }
    EXPECT_EQ(limited.anonymous().with("X-Forwarded-For", "203.0.113.1").get("/api/v1/org").status(), 401)
        << "another client of the same hop is not touched";
}

// --- one tenant and the others

TEST(GreedyTenant, does_not_take_the_connections_of_the_others) {  // T54
    Client owner = world().as(acme_admin);
    std::vector<std::string> items;
    for (int i = 0; i < 8; ++i) {
        items.push_back("/api/v1/items/" + owner.post("/api/v1/items", {{"title", "greedy"}}).id());
    }
    // Statements as slow as it gets: they wait for a row that somebody else has locked.
    pg::BlockingConnection lock = world().database().connect_as_superuser();
    lock.execute_script("begin; select 1 from app.item where title = 'greedy' for update");

    std::atomic<bool> stop = false;
    std::atomic<int> refused = 0;
    std::atomic<int> odd = 0;
    std::vector<std::jthread> flood;
    for (std::size_t i = 0; i < 32; ++i) {
        flood.emplace_back([&, i] {
            Client client = world().as(acme_admin);
            client.with("If-Match", "\"1\"");
            while (!stop) {
                const Reply reply = client.patch(items[i % items.size()], {{"title", "more"}});
                const bool asked_to_wait = reply.status() == 503 && !reply.header("Retry-After").empty();
                ++(asked_to_wait ? refused : odd);
                // It is the waiting requests that hold connections; more refusals a second only heat the
                // machine.
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
            }
        });
    }
    while (refused == 0) {
        std::this_thread::yield();
    }
    // Each of these stays on the thread that it was given to. The pool opens a connection for them there when
    // the first one needs it, which may take longer than a request waits.
    std::vector<Client> others;
    for (int i = 0; i < 4; ++i) {
        Client client = world().as(globex_admin);
        int in_a_row = 0;
        for (int attempt = 0; attempt < 500 && in_a_row < 20; ++attempt) {
            in_a_row = client.get("/api/v1/items?limit=5").status() == 200 ? in_a_row + 1 : 0;
        }
        others.push_back(std::move(client));
    }
    for (int round = 0; round < 25; ++round) {
        for (Client& client : others) {
            const Reply read = client.get("/api/v1/items?limit=5");
            EXPECT_EQ(read.status(), 200) << read.text();
            const Reply written = client.post("/api/v1/items", {{"title", "modest"}});
            EXPECT_EQ(written.status(), 201) << written.text();
        }
    }
    stop = true;
    flood.clear();
    lock.execute_script("rollback");
    EXPECT_GT(refused, 0);
    EXPECT_EQ(odd, 0);
    EXPECT_EQ(owner.get(items[0]).status(), 200) << "and it is served again at once";
}

}  // namespace

}  // namespace pz::testkit
