// The real programs, and people who use them: that the world of the tests is the one they claim to test.

#include <pz/testkit/world.hpp>

#include <gtest/gtest.h>

#include <string>

namespace pz::testkit {

namespace {

using namespace std::chrono_literals;

TEST(World, signs_in_everybody_but_the_people_of_a_suspended_organization) {
    for (const Account& account :
         {platform_admin, support_agent, acme_admin, acme_user, globex_admin, globex_user}) {
        const Reply me = world().as(account, Service::identity).get("/me");
        EXPECT_EQ(me.status(), 200) << account.email << me.text();
    }
    EXPECT_EQ(world().sign_in(initech_admin).status(), 403);
    EXPECT_THROW(world().as(initech_admin), ClientError);
}

TEST(World, keeps_a_token_per_account) {
    EXPECT_EQ(world().token(acme_user), world().token(acme_user));
    EXPECT_NE(world().token(acme_user), world().token(acme_admin));
}

TEST(World, shows_each_tenant_its_own_rows) {
    auto acme_client = world().as(acme_admin);
    auto globex_client = world().as(globex_admin);
    const Reply created = acme_client.post("/api/v1/items", {{"title", "mine"}});
    ASSERT_EQ(created.status(), 201) << created.text();
    const std::string path = "/api/v1/items/" + created.id();
    EXPECT_EQ(acme_client.get(path).field("title"), "mine");
    EXPECT_EQ(globex_client.get(path).status(), 404);
    EXPECT_EQ(acme_client.with("If-Match", created.header("ETag")).del(path).status(), 204);
}

TEST(World, lets_nobody_in_without_a_token_or_with_a_made_up_one) {
    EXPECT_EQ(world().anonymous().get("/api/v1/items").status(), 401);
    EXPECT_EQ(world().with_token("made.up.token").get("/api/v1/items").status(), 401);
}

TEST(World, passes_raw_bytes_on) {
    auto connection = world().raw();
    ASSERT_TRUE(connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"));
    EXPECT_EQ(connection.receive().status(), 400);
    EXPECT_TRUE(connection.closes_without_a_word());
}

TEST(World, can_be_changed_for_a_test_and_ends_gracefully) {
    World open{{.api_environment = {"REQUIRE_AUTH=false"}}};
    EXPECT_EQ(open.anonymous().get("/api/v1/items").status(), 200);
    EXPECT_EQ(open.api().stop(), 0) << open.api().log();
    EXPECT_EQ(open.identity().stop(), 0) << open.identity().log();
}

TEST(World, says_why_a_program_does_not_start) {
    try {
        const World broken{{.api_environment = {"PZ_THREADS=none"}}};
        FAIL() << "started with a broken setting";
    } catch (const ClientError& error) {
        EXPECT_NE(std::string{error.what()}.find("PZ_THREADS"), std::string::npos) << error.what();
    }
}

}  // namespace

}  // namespace pz::testkit
