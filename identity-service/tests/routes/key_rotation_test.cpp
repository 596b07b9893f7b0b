// A key's life as the services' users see it: what is published, what signs, and that a revoked key's tokens
// are dead on their next request although the business API fetches keys every five minutes only.

#include "answers.hpp"
#include "keys/store.hpp"

#include <pz/core/clock.hpp>

#include <boost/json/array.hpp>

#include <chrono>
#include <memory>
#include <thread>

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
