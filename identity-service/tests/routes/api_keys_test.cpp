// API keys: made by administrators, exchanged for tokens by machines, and dead as soon as somebody says so.

#include "answers.hpp"
#include "api_keys/key_text.hpp"

#include <pz/core/clock.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pz::identity {

namespace {

using boost::json::object;
using testkit::globex_admin;

constexpr const char* path = "/api/v1/api-keys";
constexpr const char* grant = "client_credentials";

std::string unknown_id() {
    return core::Uuid::v7(core::SystemClock{}).to_string();
}

std::string base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            out += at + i <= text.size() ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
        }
    }
    return out;
}

object sample(std::string_view role = "standard") {
    return {{"name", "Key " + unknown_id()}, {"role", role}, {"expires_in_days", 30}};
}

/// The tests change accounts and organizations, so they have a world of their own, and each puts back what it
/// changed.
class ApiKey : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>();
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

    static Client as(const Account& account) { return world().as(account, Service::identity); }

    struct MadeKey {
        std::string id;
        std::string text;
        Reply reply;
    };

    static MadeKey make(std::string_view role = "standard", const Account& owner = acme_admin) {
        Reply reply = as(owner).post(path, sample(role));
        EXPECT_EQ(reply.status(), 201) << reply.text();
        return {reply.id(), reply.field("key"), reply};
    }

    static std::string one(std::string_view id) { return std::string{path} + '/' + std::string{id}; }

    static Reply exchange(const std::string& key) {
        return world()
            .anonymous(Service::identity)
            .post_form("/token", {{"grant_type", grant}, {"client_secret", key}});
    }

    static std::string token(const std::string& key) {
        const Reply reply = exchange(key);
        EXPECT_EQ(reply.status(), 200) << reply.text();
        return reply.field("access_token");
    }

    static Reply ask(std::string_view token, std::string_view target = "/api/v1/items") {
        return world().with_token(token).get(target);
    }

    static void as_identity(const std::string& sql) {
        world().database().connect("pz_identity").execute_script(sql);
    }

    static std::string read(const std::string& sql, const std::string& id) {
        return world().database().connect_as_superuser().value(sql, {id});
    }

    static void set_acme(std::string_view state) {
        world().database().connect_as_superuser().execute_script(
            "update platform.tenant set epoch = epoch + 1, state = '" + std::string{state} +
            "' where slug = 'acme'"
        );
    }

 private:
    static inline std::unique_ptr<World> world_;
};

// --- made, listed, shown once

TEST_F(ApiKey, is_shown_once) {
    const MadeKey key = make("admin");
    const object made = key.reply.json().as_object();
    EXPECT_EQ(
        members_of(made),
        (std::vector<std::string>{
            "id",
            "name",
            "role",
            "created_by",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "key"
        })
    );
    EXPECT_EQ(made.at("created_by").as_string(), acme_admin.person);
    EXPECT_EQ(key.reply.header("Location"), one(key.id));
    EXPECT_EQ(key.reply.header("Cache-Control"), "no-store");
    ASSERT_TRUE(api_keys::parse_key(key.text).has_value());

    object seen = made;
    seen.erase("key");
    EXPECT_EQ(as(acme_admin).get(one(key.id)).json().as_object(), seen);
    const Reply list = as(acme_admin).get(path);
    EXPECT_EQ(list.json().at("items").at(0).as_object(), seen);
    EXPECT_EQ(list.text().find("pzk_"), std::string::npos);
}

TEST_F(ApiKey, lives_as_long_as_it_was_made_for) {
    const MadeKey key = make();
    EXPECT_EQ(
        read(
            "select (s.expires_at - k.created_at)::text from identity.api_key k join identity.session s "
            "using (id) where id = $1",
            key.id
        ),
        "30 days"
    );
    EXPECT_EQ(
        read("select (p.kind, p.email, p.password_hash)::text from identity.person p where id = $1", key.id),
        "(machine,,)"
    );
    EXPECT_EQ(read("select count(*) from identity.membership where person_id = $1", key.id), "0");
}

TEST_F(ApiKey, is_listed_page_by_page_to_its_own_tenants_administrators) {
    std::set<std::string> made;
    for (int i = 0; i < 3; ++i) {
        made.insert(make("standard", globex_admin).id);
    }
    const std::string of_acme = make().id;
    std::set<std::string> listed;
    std::string cursor;
    do {
        const Reply page =
            as(globex_admin)
                .get(std::string{path} + "?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor));
        const auto document = page.json();
        for (const auto& row : document.at("items").as_array()) {
            EXPECT_TRUE(listed.emplace(row.at("id").as_string()).second);
        }
        cursor = document.at("next_cursor").is_null() ? "" : page.field("next_cursor");
    } while (!cursor.empty());
    EXPECT_TRUE(std::ranges::includes(listed, made));
    EXPECT_FALSE(listed.contains(of_acme));
}

TEST_F(ApiKey, is_for_administrators_only) {
    const std::string id = make().id;
    const auto expect = [&](const std::function<Client()>& client, int status, const char* code) {
        EXPECT_TRUE(is_problem(client().get(path), status, code));
        EXPECT_TRUE(is_problem(client().post(path, sample()), status, code));
        EXPECT_TRUE(is_problem(client().get(one(id)), status, code));
        EXPECT_TRUE(is_problem(client().del(one(id)), status, code));
    };
    expect([] { return world().anonymous(Service::identity); }, 401, "not_authenticated");
    for (const Account* account : {&acme_user, &platform_admin, &support_agent}) {
        expect([account] { return as(*account); }, 403, "forbidden");
    }
    EXPECT_TRUE(as(acme_admin).get(one(id)).json().at("revoked_at").is_null());
}

TEST_F(ApiKey, of_another_tenant_looks_like_an_unknown_one) {
    const std::string foreign = make("standard", globex_admin).id;
    for (const Reply& reply : {as(acme_admin).get(one(foreign)), as(acme_admin).del(one(foreign))}) {
        EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    }
    EXPECT_TRUE(are_indistinguishable(as(acme_admin).get(one(foreign)), as(acme_admin).get(one(unknown_id())))
    );
    EXPECT_TRUE(are_indistinguishable(as(acme_admin).del(one(foreign)), as(acme_admin).del(one(unknown_id())))
    );
    EXPECT_TRUE(as(globex_admin).get(one(foreign)).json().at("revoked_at").is_null());
}

TEST_F(ApiKey, has_a_tenants_role_and_an_end) {
    const std::vector<std::pair<const char*, boost::json::array>> refused{
        {"name", {nullptr, "", std::string(121, 'a'), 7}},
        {"role", {nullptr, "platform_admin", "support_agent", "owner"}},
        {"expires_in_days", {nullptr, 0, -1, 366, "30", 1.5}},
    };
    for (const auto& [name, values] : refused) {
        object incomplete = sample();
        incomplete.erase(name);
        EXPECT_TRUE(is_problem(as(acme_admin).post(path, incomplete), 422, "invalid_input")) << name;
        for (const auto& value : values) {
            object body = sample();
            body[name] = value;
            EXPECT_TRUE(is_problem(as(acme_admin).post(path, body), 422, "invalid_input")) << name << value;
        }
    }
    for (const char* name : {"tenant_id", "key", "created_by", "expires_at", "id"}) {
        object body = sample();
        body[name] = unknown_id();
        EXPECT_TRUE(is_problem(as(acme_admin).post(path, body), 422, "invalid_input")) << name;
    }
}

/// Nobody grants what they do not hold: the token still says admin, the membership does not.
TEST_F(ApiKey, is_not_made_by_who_is_an_administrator_in_a_token_only) {
    const std::string of_admin = " where person_id = '" + std::string{acme_admin.person} + '\'';
    EXPECT_EQ(as(acme_admin).get(path).status(), 200);
    as_identity("update identity.membership set role = 'standard'" + of_admin);
    const Reply reply = as(acme_admin).post(path, sample());
    as_identity("update identity.membership set role = 'admin'" + of_admin);
    EXPECT_TRUE(is_problem(reply, 403, "forbidden"));
}

// --- exchanged for a token

TEST_F(ApiKey, is_exchanged_for_a_token_of_its_own) {
    for (const char* role : {"admin", "standard"}) {
        const MadeKey key = make(role);
        const Reply reply = exchange(key.text);
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(
            members_of(reply.json().as_object()),
            (std::vector<std::string>{"access_token", "token_type", "expires_in", "scope"})
        );
        EXPECT_EQ(reply.json().at("expires_in"), 900);
        EXPECT_EQ(reply.header("Cache-Control"), "no-store");
        const object claims = decode_part(reply.field("access_token"), 1);
        for (const char* own : {"sub", "client_id", "sid"}) {
            EXPECT_EQ(claims.at(own).as_string(), key.id) << own;
        }
        EXPECT_EQ(claims.at("role").as_string(), role);
        EXPECT_EQ(claims.at("tenant_id").as_string(), testkit::acme);
        EXPECT_EQ(boost::json::serialize(claims.at("amr")), R"(["key"])");
        EXPECT_EQ(ask(reply.field("access_token")).status(), 200);
    }
}

TEST_F(ApiKey, comes_in_the_form_or_with_basic_with_its_id_or_without) {
    const MadeKey key = make();
    const auto ask_token = [] { return world().anonymous(Service::identity); };
    const auto basic = [](const std::string& id, const std::string& secret) {
        return "Basic " + base64(id + ':' + secret);
    };
    const Form alone{{"grant_type", grant}};
    EXPECT_EQ(exchange(key.text).status(), 200);
    EXPECT_EQ(
        ask_token()
            .post_form("/token", {{"grant_type", grant}, {"client_id", key.id}, {"client_secret", key.text}})
            .status(),
        200
    );
    EXPECT_EQ(ask_token().post("/token", {{"grant_type", grant}, {"client_secret", key.text}}).status(), 200);
    EXPECT_EQ(
        ask_token().with("Authorization", basic(key.id, key.text)).post_form("/token", alone).status(), 200
    );
    EXPECT_EQ(
        ask_token().with("Authorization", basic("", key.text)).post_form("/token", alone).status(), 200
    );

    EXPECT_TRUE(is_oauth_error(ask_token().post_form("/token", alone), 401, "invalid_client"));
    EXPECT_TRUE(is_oauth_error(
        ask_token().with("Authorization", basic(unknown_id(), key.text)).post_form("/token", alone),
        401,
        "invalid_client"
    ));
    EXPECT_TRUE(is_oauth_error(
        ask_token().with("Authorization", "Bearer " + key.text).post_form("/token", alone),
        401,
        "invalid_client"
    ));
    EXPECT_TRUE(is_oauth_error(
        ask_token()
            .with("Authorization", basic(key.id, key.text))
            .post_form("/token", {{"grant_type", grant}, {"client_secret", key.text}}),
        400,
        "invalid_request"
    ));
}

TEST_F(ApiKey, gives_no_refresh_token_and_no_cookie_even_to_a_browser) {
    const Reply reply = world()
                            .anonymous(Service::identity)
                            .with("X-Requested-With", "phasezero-web")
                            .post_form("/token", {{"grant_type", grant}, {"client_secret", make().text}});
    EXPECT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.header("Set-Cookie"), "");
    EXPECT_FALSE(reply.json().as_object().contains("refresh_token"));
}

TEST_F(ApiKey, that_is_unknown_wrong_expired_or_revoked_gets_one_answer) {
    const MadeKey expired = make();
    as_identity(
        "update identity.session set expires_at = now() - interval '1 second' where id = '" + expired.id + "'"
    );
    const MadeKey revoked = make();
    EXPECT_EQ(as(acme_admin).del(one(revoked.id)).status(), 204);
    const std::string unknown = api_keys::make_key(core::Uuid::parse(unknown_id()).value()).text.reveal();
    const std::string wrong = api_keys::make_key(core::Uuid::parse(make().id).value()).text.reveal();
    const Reply first = exchange(unknown);
    EXPECT_TRUE(is_oauth_error(first, 401, "invalid_client"));
    EXPECT_EQ(first.header("WWW-Authenticate"), R"(Basic realm="Phase Zero", charset="UTF-8")");
    for (const std::string& key : {wrong, expired.text, revoked.text}) {
        EXPECT_TRUE(are_indistinguishable(exchange(key), first));
    }
}

TEST_F(ApiKey, that_is_mistyped_is_told_so_at_once) {
    std::string mistyped = make().text;
    mistyped[50] = mistyped[50] == 'A' ? 'B' : 'A';
    for (const std::string& key : {mistyped, mistyped.substr(0, 80), std::string{"hunter2"}}) {
        const Reply reply = exchange(key);
        EXPECT_TRUE(is_oauth_error(reply, 401, "invalid_client"));
        EXPECT_NE(reply.field("error_description").find("mistyped"), std::string::npos);
    }
}

// --- what it may do

TEST_F(ApiKey, has_its_role_in_the_business_api_and_its_name_on_what_it_makes) {
    const MadeKey standard = make("standard");
    const std::string user = token(standard.text);
    const Reply item = world().with_token(user).post("/api/v1/items", {{"title", "Made by a machine"}});
    ASSERT_EQ(item.status(), 201) << item.text();
    EXPECT_EQ(item.field("created_by"), standard.id);
    EXPECT_TRUE(is_problem(world().with_token(user).del(item.header("Location")), 403, "forbidden"));
    EXPECT_TRUE(is_problem(ask(user, "/api/v1/admin/orgs"), 403, "forbidden"));
    const std::string admin = token(make("admin").text);
    EXPECT_TRUE(is_problem(ask(admin, "/api/v1/admin/orgs"), 403, "forbidden"));
    EXPECT_EQ(
        world().with_token(token(make("admin", globex_admin).text)).del(item.header("Location")).status(), 404
    );
    EXPECT_EQ(world().with_token(admin).del(item.header("Location")).status(), 204);
}

/// Whatever its role: no people, no sessions, no passwords, no keys. The routes come from the service's own
/// document, so that those which are added later are held to it.
TEST_F(ApiKey, opens_no_door_of_the_identity_service) {
    const std::string machine = token(make("admin").text);
    const auto document = world().anonymous(Service::identity).get("/openapi.json").json();
    std::size_t routes = 0;
    for (const auto& entry : document.at("paths").as_object()) {
        for (const auto& operation : entry.value().as_object()) {
            if (operation.value().at("security").as_array().empty()) {
                continue;
            }
            ++routes;
            std::string target{entry.key()};
            for (auto at = target.find('{'); at != std::string::npos; at = target.find('{')) {
                target.replace(at, target.find('}') - at + 1, unknown_id());
            }
            std::string method{operation.key()};
            std::ranges::transform(method, method.begin(), [](char c) {
                return static_cast<char>(c & ~0x20);
            });
            const bool has_body = operation.value().as_object().contains("requestBody");
            const Reply reply = world()
                                    .with_token(machine, Service::identity)
                                    .with("Content-Type", "application/json")
                                    .with("If-Match", "*")
                                    .send(
                                        method,
                                        target,
                                        target == path ? boost::json::serialize(sample())
                                        : has_body     ? "{}"
                                                       : ""
                                    );
            if (has_body && target != path) {  // what is wrong with the body may be said first
                EXPECT_GE(reply.status(), 400) << method << ' ' << target << reply.text();
            } else {
                EXPECT_TRUE(reply.status() == 401 || reply.status() == 403)
                    << method << ' ' << target << ' ' << reply.status() << reply.text();
            }
        }
    }
    EXPECT_GE(routes, 5U);
}

TEST_F(ApiKey, never_signs_in_with_a_password) {
    const std::string id = make().id;
    auto identity = world().database().connect("pz_identity");
    for (const char* assignment : {"password_hash = 'x'", "email = 'machine@acme.example'"}) {
        try {
            identity.execute_script(
                "update identity.person set " + std::string{assignment} + " where id = '" + id + "'"
            );
            FAIL() << "the database lets a machine have " << assignment;
        } catch (const pg::BlockingError& error) {
            EXPECT_EQ(error.sqlstate(), "23514");
        }
    }
}

TEST_F(ApiKey, is_one_of_a_hundred_that_live_also_when_two_are_made_at_once) {
    const auto living = [] {
        return std::stoi(
            world()
                .database()
                .connect("pz_identity")
                .value(
                    "select count(*)::text from identity.api_key k join identity.session s on s.id = k.id "
                    "where k.tenant_id = $1 and s.revoked_at is null and s.expires_at > now()",
                    {std::string{acme_admin.tenant}}
                )
        );
    };
    const MadeKey spare = make();
    while (living() < 99) {
        make();
    }
    std::vector<std::future<int>> answers;
    for (int i = 0; i < 4; ++i) {
        answers.push_back(std::async(std::launch::async, [] {
            return as(acme_admin).post(path, sample("standard")).status();
        }));
    }
    EXPECT_EQ(std::ranges::count_if(answers, [](auto& answer) { return answer.get() == 201; }), 1);
    EXPECT_EQ(living(), 100);
    const Reply refused = as(acme_admin).post(path, sample("standard"));
    EXPECT_TRUE(is_problem(refused, 409, "limit_reached"));
    EXPECT_EQ(refused.json().at("limit"), (object{{"name", "API keys"}, {"value", 100}}));
    EXPECT_EQ(as(acme_admin).del(one(spare.id)).status(), 204);
    EXPECT_EQ(as(acme_admin).post(path, sample("standard")).status(), 201) << "a revoked one counts no more";
    as_identity("update identity.session set expires_at = now() where id in (select id from identity.api_key)"
    );
    EXPECT_EQ(living(), 0);
    EXPECT_EQ(as(acme_admin).post(path, sample("standard")).status(), 201) << "nor do those that have ended";
}

// --- its end

TEST_F(ApiKey, that_is_revoked_takes_its_tokens_along) {
    const MadeKey key = make();
    const MadeKey other = make();
    const std::string dead = token(key.text);
    const std::string alive = token(other.text);
    ASSERT_EQ(ask(dead).status(), 200);
    EXPECT_EQ(as(acme_admin).del(one(key.id)).status(), 204);
    EXPECT_TRUE(is_problem(ask(dead), 401, "session_ended"));
    EXPECT_EQ(ask(alive).status(), 200);
    EXPECT_TRUE(is_oauth_error(exchange(key.text), 401, "invalid_client"));

    const std::string revoked_at = as(acme_admin).get(one(key.id)).field("revoked_at");
    EXPECT_EQ(as(acme_admin).del(one(key.id)).status(), 204) << "once more changes nothing";
    EXPECT_EQ(as(acme_admin).get(one(key.id)).field("revoked_at"), revoked_at);
}

TEST_F(ApiKey, that_expires_takes_its_tokens_along) {
    const MadeKey key = make();
    const std::string dead = token(key.text);
    ASSERT_EQ(ask(dead).status(), 200);
    as_identity(
        "update identity.session set expires_at = now() - interval '1 second' where id = '" + key.id + "'"
    );
    EXPECT_TRUE(is_problem(ask(dead), 401, "session_ended"));
}

TEST_F(ApiKey, makes_no_token_that_outlives_it) {
    const MadeKey key = make();
    as_identity(
        "update identity.session set expires_at = now() + interval '5 minutes' where id = '" + key.id + "'"
    );
    const object claims = decode_part(token(key.text), 1);
    EXPECT_EQ(
        std::to_string(claims.at("exp").as_int64()),
        read(
            "select floor(extract(epoch from expires_at))::bigint from identity.session where id = $1", key.id
        )
    );
}

TEST_F(ApiKey, whose_machine_is_disabled_is_dead_with_its_tokens) {
    const MadeKey key = make();
    const std::string dead = token(key.text);
    as_identity("update identity.person set state = 'disabled' where id = '" + key.id + "'");
    EXPECT_TRUE(is_problem(ask(dead), 401, "session_ended"));
    EXPECT_TRUE(is_oauth_error(exchange(key.text), 401, "invalid_client"));
}

TEST_F(ApiKey, of_a_suspended_tenant_is_dead_until_the_tenant_is_back) {
    const MadeKey key = make();
    const std::string before = token(key.text);
    set_acme("suspended");
    const Reply suspended = ask(before);
    const Reply refused = exchange(key.text);
    const Reply wrong = exchange(api_keys::make_key(core::Uuid::parse(key.id).value()).text.reveal());
    set_acme("active");
    EXPECT_TRUE(is_problem(suspended, 403, "tenant_suspended"));
    EXPECT_TRUE(is_oauth_error(refused, 403, "tenant_suspended"));
    EXPECT_TRUE(is_oauth_error(wrong, 401, "invalid_client")) << "told only to who has the key";
    EXPECT_TRUE(is_problem(ask(before), 401, "session_ended")) << "what was issued before stays dead";
    EXPECT_EQ(ask(token(key.text)).status(), 200);
    world().database().connect_as_superuser().execute_script(
        "update platform.tenant set epoch = epoch - 2 where slug = 'acme'"  // the other tests' tokens
                                                                            // live again
    );
}

// --- its use

TEST_F(ApiKey, shows_when_it_last_got_a_token_and_writes_that_at_most_once_a_minute) {
    const MadeKey key = make();
    EXPECT_TRUE(as(acme_admin).get(one(key.id)).json().at("last_used_at").is_null());
    (void)token(key.text);
    EXPECT_FALSE(as(acme_admin).get(one(key.id)).json().at("last_used_at").is_null());
    const auto moved_by_a_use_after = [&](const std::string& time) {
        as_identity("update identity.api_key set last_used_at = " + time + " where id = '" + key.id + "'");
        const std::string before = as(acme_admin).get(one(key.id)).field("last_used_at");
        (void)token(key.text);
        return as(acme_admin).get(one(key.id)).field("last_used_at") != before;
    };
    EXPECT_TRUE(moved_by_a_use_after("now() - interval '61 seconds'"));
    EXPECT_FALSE(moved_by_a_use_after("now() + interval '1 hour'")) << "less than a minute ago";
}

TEST_F(ApiKey, is_in_no_log) {  // T42
    const MadeKey key = make();
    const std::string secret = key.text.substr(37);
    (void)token(key.text);
    (void)exchange(key.text + "x");
    (void)world().anonymous(Service::identity).get("/token?client_secret=" + key.text);
    EXPECT_EQ(as(acme_admin).del(one(key.id)).status(), 204);
    const Reply last = exchange(key.text);
    const std::string log = world().identity().wait_for_log(last.header("X-Request-Id"));
    EXPECT_NE(log.find("event=api_key.created key=" + key.id), std::string::npos);
    EXPECT_NE(log.find("event=api_key.revoked key=" + key.id), std::string::npos);
    EXPECT_EQ(log.find(secret), std::string::npos);
    EXPECT_EQ(world().api().log().find(secret), std::string::npos);
    EXPECT_EQ(read("select count(*) from identity.api_key k where position($1 in k::text) > 0", secret), "0");
}

TEST(ApiKeyThrottle, stops_an_address_that_tries_keys) {
    World limited{{.identity_environment = {"PZ_RATE_LIMIT_PERSON=5", "PZ_THREADS=1"}}};
    Client attacker = limited.anonymous(Service::identity);
    for (int i = 0; i < 10'000; ++i) {
        const std::string guess = api_keys::make_key(core::Uuid::v7(core::SystemClock{})).text.reveal();
        const Reply reply = attacker.post_form("/token", {{"grant_type", grant}, {"client_secret", guess}});
        if (reply.status() == 429) {
            EXPECT_EQ(reply.header("RateLimit-Policy"), R"("address";q=5;w=1)");
            EXPECT_FALSE(reply.header("Retry-After").empty());
            return;
        }
        EXPECT_TRUE(is_oauth_error(reply, 401, "invalid_client"));
    }
    FAIL() << "never refused";
}

}  // namespace

}  // namespace pz::identity
