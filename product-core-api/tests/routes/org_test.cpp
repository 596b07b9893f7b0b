#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/org";

TEST(GetOrg, answers_the_tenants_own_organization) {
    for (const Account& account : {acme_admin, acme_user, globex_user}) {
        const Reply reply = world().as(account).get(path);
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(reply.id(), account.tenant);
        EXPECT_EQ(
            members_of(reply.json()),
            (std::vector<std::string>{
                "id", "slug", "name", "state", "plan", "created_at", "updated_at", "version"
            })
        );
        EXPECT_EQ(reply.header("ETag"), '"' + std::to_string(reply.json().at("version").as_int64()) + '"');
    }
    EXPECT_EQ(world().as(acme_user).get(path).field("slug"), "acme");
}

TEST(GetOrg, answers_304_to_whoever_has_this_version) {
    const std::string etag = world().as(acme_user).get(path).header("ETag");
    EXPECT_EQ(world().as(acme_user).with("If-None-Match", etag).get(path).status(), 304);
}

TEST(GetOrg, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path), 401, "not_authenticated"));
}

TEST(GetOrg, is_not_for_platform_staff) {
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path), 403, "forbidden")) << account.email;
    }
}

TEST(GetOrg, takes_the_tenant_from_the_token_alone) {
    EXPECT_TRUE(is_problem(
        world().as(acme_user).with("X-Tenant-ID", testkit::globex).get(path), 403, "tenant_mismatch"
    ));
    EXPECT_EQ(world().as(acme_user).with("X-Tenant-ID", testkit::acme).get(path).id(), testkit::acme);
}

}  // namespace

}  // namespace pz::product
