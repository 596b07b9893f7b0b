// REQUIRE_AUTH=false, for development: a request without a token is the public tenant's standard role and
// nothing more.

#include "answers.hpp"

#include <boost/json/array.hpp>

#include <memory>

namespace pz::product {

namespace {

class Anonymous : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>(testkit::WorldOptions{
            .api_environment = {"REQUIRE_AUTH=false"},
            .identity_environment = {},
        });
        world().database().connect_as_superuser().execute_script(
            "insert into app.item (tenant_id, id, title) values "
            "('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'For everybody')"
        );
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

 private:
    static inline std::unique_ptr<World> world_;
};

TEST_F(Anonymous, sees_the_public_tenants_rows_and_no_others) {
    const auto rows = all_pages(world().anonymous(), "/api/v1/items?limit=100");
    ASSERT_FALSE(rows.empty());
    auto superuser = world().database().connect_as_superuser();
    for (const auto& row : rows) {
        EXPECT_EQ(
            superuser.value(
                "select tenant_id from app.item where id = $1", {std::string{row.at("id").as_string()}}
            ),
            testkit::numbersence
        );
    }
    EXPECT_EQ(world().anonymous().get("/api/v1/org").id(), testkit::numbersence);
}

TEST_F(Anonymous, sees_404_for_a_tenants_rows) {
    const std::string foreign = "/api/v1/items/0197c0de-0001-7000-a000-000000000001";
    const Reply reply = world().anonymous().get(foreign);
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, world().anonymous().get("/api/v1/items/" + unknown_id())));
}

TEST_F(Anonymous, creates_once_with_an_idempotency_key) {
    const std::string key = unknown_id();
    const auto create = [&] {
        return world().anonymous().with("Idempotency-Key", key).post("/api/v1/items", {{"title", key}});
    };
    const Reply first = create();
    ASSERT_EQ(first.status(), 201) << first.text();
    const Reply again = create();
    EXPECT_EQ(again.text(), first.text());
    EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
    EXPECT_EQ(
        world().database().connect_as_superuser().value(
            "select count(*) from app.item where title = $1", {key}
        ),
        "1"
    );
}

TEST_F(Anonymous, writes_into_the_public_tenant_only) {
    const Reply reply = world().anonymous().post("/api/v1/items", {{"title", "x"}});
    ASSERT_EQ(reply.status(), 201) << reply.text();
    EXPECT_EQ(
        world().database().connect_as_superuser().value(
            "select tenant_id from app.item where id = $1", {reply.id()}
        ),
        testkit::numbersence
    );
    EXPECT_TRUE(is_problem(
        world()
            .anonymous()
            .with("If-Match", "\"1\"")
            .patch("/api/v1/items/0197c0de-0001-7000-a000-000000000001", {{"title", "taken"}}),
        404,
        "not_found"
    ));
}

TEST_F(Anonymous, has_the_standard_role) {
    EXPECT_TRUE(is_problem(world().anonymous().del("/api/v1/items/" + unknown_id()), 403, "forbidden"));
    EXPECT_TRUE(is_problem(world().anonymous().get("/api/v1/admin/orgs"), 403, "forbidden"));
    EXPECT_TRUE(is_problem(world().anonymous().get("/api/v1/support/lookup?q=acme"), 403, "forbidden"));
}

TEST_F(Anonymous, cannot_choose_another_tenant) {
    EXPECT_TRUE(is_problem(
        world().anonymous().with("X-Tenant-ID", testkit::acme).get("/api/v1/items"), 403, "tenant_mismatch"
    ));
    EXPECT_EQ(
        world().anonymous().with("X-Tenant-ID", testkit::numbersence).get("/api/v1/items").status(), 200
    );
}

TEST_F(Anonymous, is_not_what_a_signed_in_person_becomes) {
    EXPECT_EQ(world().as(acme_user).get("/api/v1/org").id(), testkit::acme);
}

TEST_F(Anonymous, is_not_what_a_dead_session_becomes) {
    const Reply tokens = world().sign_in(acme_user);
    world()
        .anonymous(Service::identity)
        .post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(
        world().with_token(tokens.field("access_token")).get("/api/v1/items"), 401, "session_ended"
    ));
}

TEST_F(Anonymous, is_not_what_a_bad_authorization_header_becomes) {
    for (const char* value :
         {"",
          "Bearer",
          "Bearer ",
          "Bearer  ",
          "Basic YTpi",
          "Token x",
          "null",
          "Bearer null",
          "Bearer undefined",
          ","}) {
        const Reply reply = world().anonymous().with("Authorization", value).get("/api/v1/items");
        EXPECT_TRUE(is_problem(reply, 401, "invalid_token")) << '"' << value << '"';
    }
}

}  // namespace

}  // namespace pz::product
