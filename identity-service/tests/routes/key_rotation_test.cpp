// A key's life as the services' users see it: what is published, what signs, and that a revoked key's tokens
// are dead on their next request although the business API fetches keys every five minutes only.

#include "answers.hpp"
#include "keys/store.hpp"

#include <pz/core/clock.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pz::identity {

namespace {

using namespace std::chrono_literals;

/// A world whose ring the test has, as `phasezero keys` has it.
class KeyRotation : public testing::Test {
 protected:
    KeyRotation() {
        testkit::test_cluster();  // ends after the world
        const core::SecretString ring_key = crypto::FernetRing::generate_key();
        world_ = std::make_unique<World>(testkit::WorldOptions{
            .identity_environment = {"PZ_ENCRYPTION_KEYS=" + ring_key.reveal()},
        });
        ring_.emplace(crypto::FernetRing::parse(ring_key).value());
        connection_.emplace(world_->database().connect("pz_identity"));
        store_.emplace(*connection_, *ring_, clock_);
    }

    std::string kid_in_state(keys::KeyState state) {
        const auto all = store_->list();
        const keys::StoredKey* key = keys::find_in_state(all, state);
        return key != nullptr ? key->kid : "";
    }

    Reply jwks() { return world_->anonymous(Service::identity).get("/.well-known/jwks.json"); }

    bool shows(std::string_view kid) { return jwks().text().find(kid) != std::string::npos; }

    int items(std::string_view token) {
        return world_->with_token(token).get("/api/v1/items?limit=1").status();
    }

    static std::string kid_of(std::string_view token) {
        return std::string{decode_part(token, 0).at("kid").as_string()};
    }

    /// The service reads the table every half second, and takes over what it found as a whole: the key that
    /// now stands by is shown when the key that now signs does.
    void wait_until_followed() {
        const std::string standing_by = kid_in_state(keys::KeyState::next);
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!shows(standing_by)) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the service does not follow the table";
            std::this_thread::sleep_for(20ms);
        }
    }

    core::SystemClock clock_;
    std::unique_ptr<World> world_;
    std::optional<crypto::FernetRing> ring_;
    std::optional<pg::BlockingConnection> connection_;
    std::optional<keys::KeyStore> store_;
};

TEST_F(KeyRotation, refuses_no_token_and_needs_no_restart) {
    const std::string old_token = world_->sign_in(acme_user).field("access_token");
    const std::string first = kid_in_state(keys::KeyState::active);
    const std::string second = kid_in_state(keys::KeyState::next);
    EXPECT_EQ(kid_of(old_token), first);
    EXPECT_TRUE(shows(second)) << "published before it signs";
    const std::string etag = jwks().header("ETag");

    store_->rotate();
    wait_until_followed();
    const std::string new_token = world_->sign_in(acme_user).field("access_token");
    EXPECT_EQ(kid_of(new_token), second);
    EXPECT_EQ(items(new_token), 200) << "the business API has had the key for long";
    EXPECT_EQ(items(old_token), 200);
    EXPECT_TRUE(shows(first)) << "published after it signed";
    EXPECT_NE(jwks().header("ETag"), etag);
    EXPECT_EQ(
        world_->anonymous(Service::identity)
            .with("If-None-Match", etag)
            .get("/.well-known/jwks.json")
            .status(),
        200
    );
}

TEST_F(KeyRotation, a_revoked_keys_tokens_are_dead_on_the_next_request_and_the_session_lives_on) {
    const Reply tokens = world_->sign_in(acme_user);
    const std::string token = tokens.field("access_token");
    ASSERT_EQ(items(token), 200) << "and remembered";
    const std::string first = kid_of(token);
    const std::string second = kid_in_state(keys::KeyState::next);

    store_->revoke(first);
    const Reply refused = world_->with_token(token).get("/api/v1/items?limit=1");
    EXPECT_TRUE(is_problem(refused, 401, "invalid_token")) << refused.text();
    EXPECT_EQ(
        refused.field("detail"), world_->with_token("a.b.c").get("/api/v1/items?limit=1").field("detail")
    ) << "as a token that does not verify";
    for (const char* path : {"/api/v1/items", "/api/v1/projects", "/api/v1/org"}) {
        EXPECT_EQ(world_->with_token(token).get(path).status(), 401) << path;
    }
    EXPECT_EQ(world_->with_token(token).post("/api/v1/items", {{"title", "x"}}).status(), 401);

    wait_until_followed();
    EXPECT_FALSE(shows(first)) << "it has left the JWKS";
    EXPECT_NE(world_->identity().wait_for_log("event=key.revoked kid=" + first), "");
    const Reply refreshed =
        world_->anonymous(Service::identity)
            .post_form(
                "/token", {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}
            );
    ASSERT_EQ(refreshed.status(), 200) << "nobody has to sign in again";
    EXPECT_EQ(kid_of(refreshed.field("access_token")), second);
    EXPECT_EQ(items(refreshed.field("access_token")), 200);
    EXPECT_EQ(world_->with_token(token, Service::identity).get("/me").status(), 401)
        << "the issuer itself refuses it";
}

/// A key is staged when the one before it begins to sign, so the second emergency has one that the business
/// API has not seen. How soon it looks is held by JwksClient.an_emergency_just_after_another_….
TEST_F(KeyRotation, emergencies_one_after_the_other_end_with_keys_that_the_business_api_accepts) {
    for (int emergency = 1; emergency <= 3; ++emergency) {
        const std::string staged = kid_in_state(keys::KeyState::next);
        store_->revoke(kid_in_state(keys::KeyState::active));
        wait_until_followed();
        const std::string token = world_->sign_in(acme_user).field("access_token");
        EXPECT_EQ(kid_of(token), staged);
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (items(token) != 200) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << emergency;
            std::this_thread::sleep_for(20ms);
        }
    }
}

constexpr const char* admin_path = "/api/v1/admin/keys";

/// The keys as platform staff see and move them.
class KeyAdministration : public KeyRotation {
 protected:
    Client staff() { return world_->as(platform_admin, Service::identity); }

    static std::string revoke_path(const std::string& kid) {
        return std::string{admin_path} + '/' + kid + "/revoke";
    }

    std::vector<boost::json::object> events_of(const std::string& request) {
        std::vector<boost::json::object> events;
        const auto result = world_->database()
                                .connect("pz_backup")
                                .query(
                                    "select convert_from(body, 'UTF8') from audit.event "
                                    "where convert_from(body, 'UTF8')::jsonb #>> '{ctx,req}' = $1",
                                    {request}
                                );
        for (const auto& row : result.rows) {
            events.push_back(boost::json::parse(*row.at(0)).as_object());
        }
        return events;
    }
};

TEST_F(KeyAdministration, shows_each_key_and_what_becomes_of_it) {
    const Reply reply = staff().get(admin_path);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const auto keys = reply.json().at("items").as_array();
    ASSERT_EQ(keys.size(), 2U);
    for (const auto& key : keys) {
        const bool signs = key.at("state") == "active";
        EXPECT_EQ(
            key.at("kid").as_string(), kid_in_state(signs ? keys::KeyState::active : keys::KeyState::next)
        );
        EXPECT_EQ(key.at("next_state").as_string(), signs ? "retiring" : "active");
        EXPECT_TRUE(key.at("next_state_at").is_string());
        EXPECT_EQ(key.as_object().contains("public_jwk"), false);
    }
    EXPECT_EQ(reply.text().find("gAAAA"), std::string::npos) << "no private half, encrypted or not";
}

TEST_F(KeyAdministration, is_for_platform_admins_alone) {
    const std::string staged = kid_in_state(keys::KeyState::next);
    const auto try_all = [&](const auto& client, int expected) {
        EXPECT_EQ(client().get(admin_path).status(), expected);
        EXPECT_EQ(
            client().post(std::string{admin_path} + "/rotate", {{"kid", staged}, {"early", true}}).status(),
            expected
        );
        EXPECT_EQ(client().post(revoke_path(staged), {}).status(), expected);
    };
    try_all([&] { return world_->anonymous(Service::identity); }, 401);
    for (const Account* account : {&acme_user, &acme_admin, &support_agent}) {
        try_all([&] { return world_->as(*account, Service::identity); }, 403);
    }
    EXPECT_EQ(kid_in_state(keys::KeyState::next), staged);
}

TEST_F(KeyAdministration, rotates_once_however_often_it_is_asked) {
    const std::string first = kid_in_state(keys::KeyState::active);
    const std::string second = kid_in_state(keys::KeyState::next);
    const std::string path = std::string{admin_path} + "/rotate";
    EXPECT_TRUE(is_problem(staff().post(path, {{"kid", second}}), 409, "conflict"))
        << "published a moment ago";
    EXPECT_TRUE(is_problem(staff().post(path, {{"kid", "unknown"}, {"early", true}}), 404, "not_found"));
    EXPECT_TRUE(is_problem(staff().post(path, {{"kid", first}, {"early", true}}), 409, "conflict"));
    EXPECT_EQ(kid_in_state(keys::KeyState::active), first) << "nothing has happened";

    const Reply rotated =
        staff().with("X-Request-Id", "rotate-keys").post(path, {{"kid", second}, {"early", true}});
    ASSERT_EQ(rotated.status(), 200) << rotated.text();
    EXPECT_EQ(kid_in_state(keys::KeyState::active), second);
    EXPECT_NE(rotated.text().find(kid_in_state(keys::KeyState::next)), std::string::npos)
        << "the answer has what stands by now";
    EXPECT_TRUE(shows(kid_in_state(keys::KeyState::next))) << "and so has the JWKS";
    EXPECT_TRUE(is_problem(staff().post(path, {{"kid", second}, {"early", true}}), 409, "conflict"));
    EXPECT_EQ(kid_in_state(keys::KeyState::active), second);

    const auto events = events_of("rotate-keys");
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events.front().at("action"), "signing_key.rotated");
    EXPECT_EQ(events.front().at("target").at(0).at("id").as_string(), second);
    EXPECT_EQ(events.front().at("actor").at("role"), "platform_admin");
    EXPECT_EQ(
        world_->database()
            .connect("pz_backup")
            .value("select count(*) from audit.event where action like 'key.%' and actor_id is not null"),
        "3"
    ) << "each of its steps names the person";
}

TEST_F(KeyAdministration, revokes_a_key_and_its_tokens_at_once) {
    const std::string token = world_->sign_in(acme_user).field("access_token");
    ASSERT_EQ(items(token), 200);
    const std::string first = kid_of(token);
    EXPECT_TRUE(is_problem(staff().post(revoke_path("unknown"), {}), 404, "not_found"));
    Client admin =
        world_->with_token(world_->sign_in(platform_admin).field("access_token"), Service::identity);
    admin.with("X-Request-Id", "revoke-key");
    const Reply revoked = admin.post(revoke_path(first), {});
    ASSERT_EQ(revoked.status(), 200) << revoked.text();
    EXPECT_EQ(items(token), 401);
    EXPECT_FALSE(shows(first));
    EXPECT_EQ(admin.get(admin_path).status(), 401) << "the admin's own token was signed by it, too";
    const auto events = events_of("revoke-key");
    ASSERT_EQ(
        std::ranges::count(
            events,
            "signing_key.revoked",
            [](const auto& event) { return std::string{event.at("action").as_string()}; }
        ),
        1
    );

    Client again =
        world_->with_token(world_->sign_in(platform_admin).field("access_token"), Service::identity);
    again.with("X-Request-Id", "revoke-again");
    EXPECT_TRUE(is_problem(again.post(revoke_path(first), {}), 409, "conflict")) << "it is revoked already";
    EXPECT_TRUE(events_of("revoke-again").empty());
}

TEST(KeyScheduleSettings, rotate_without_anybody_doing_anything) {
    testkit::test_cluster();
    World world{
        {.identity_environment =
             {"PZ_KEY_ROTATE_SECONDS=2", "PZ_KEY_PUBLISH_SECONDS=1", "PZ_KEY_KEEP_SECONDS=1"}}
    };
    const auto revolutions = [&] {
        return std::stoi(world.database()
                             .connect("pz_identity")
                             .value("select count(*)::text from identity.signing_key where state = 'retired'")
        );
    };
    for (const auto deadline = std::chrono::steady_clock::now() + 30s;
         revolutions() < 2 && std::chrono::steady_clock::now() < deadline;) {
        std::this_thread::sleep_for(100ms);
    }
    EXPECT_GE(revolutions(), 2);
    EXPECT_NE(world.identity().log().find("event=key.retired kid="), std::string::npos);
}

}  // namespace

}  // namespace pz::identity
