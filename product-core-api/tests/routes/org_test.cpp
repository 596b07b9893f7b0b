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
                "id",
                "slug",
                "name",
                "state",
                "plan",
                "contact_email",
                "time_zone",
                "created_at",
                "updated_at",
                "version"
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

TEST(UpdateOwnOrg, changes_name_and_settings_and_nothing_else) {
    const std::string etag = world().as(globex_admin).get(path).header("ETag");
    const auto before = world().as(globex_admin).get(path).json();
    const Reply changed = world()
                              .as(globex_admin)
                              .with("If-Match", etag)
                              .patch(
                                  path,
                                  {{"name", "Globex Corporation"},
                                   {"contact_email", "office@globex.example"},
                                   {"time_zone", "Europe/Berlin"}}
                              );
    ASSERT_EQ(changed.status(), 200) << changed.text();
    EXPECT_EQ(changed.field("name"), "Globex Corporation");
    EXPECT_EQ(changed.field("contact_email"), "office@globex.example");
    EXPECT_EQ(changed.field("time_zone"), "Europe/Berlin");
    EXPECT_EQ(changed.json().at("version").as_int64(), before.at("version").as_int64() + 1);
    EXPECT_TRUE(is_problem(
        world().as(globex_admin).with("If-Match", etag).patch(path, {{"name", "x"}}), 412, "version_conflict"
    ));
    const Reply back =
        world()
            .as(globex_admin)
            .with("If-Match", "*")
            .patch(path, {{"name", before.at("name")}, {"contact_email", nullptr}, {"time_zone", "UTC"}});
    EXPECT_TRUE(back.json().at("contact_email").is_null());
    EXPECT_EQ(back.json().at("state"), before.at("state"));
}

TEST(UpdateOwnOrg, is_for_the_organizations_admins) {
    EXPECT_TRUE(
        is_problem(world().as(acme_user).with("If-Match", "*").patch(path, {{"name", "x"}}), 403, "forbidden")
    );
    EXPECT_TRUE(is_problem(
        world().as(platform_admin).with("If-Match", "*").patch(path, {{"name", "x"}}), 403, "forbidden"
    ));
    EXPECT_TRUE(is_problem(world().as(acme_admin).patch(path, {{"name", "x"}}), 428, "precondition_required")
    );
}

TEST(UpdateOwnOrg, checks_each_member) {
    const auto patch = [](const boost::json::object& body) {
        return world().as(acme_admin).with("If-Match", "*").patch(path, body);
    };
    EXPECT_TRUE(is_invalid(patch({{"name", ""}}), "body.name"));
    EXPECT_TRUE(is_invalid(patch({{"contact_email", "nobody"}}), "body.contact_email"));
    EXPECT_TRUE(is_invalid(patch({{"time_zone", "Europe/Berlin; drop"}}), "body.time_zone"));
    EXPECT_TRUE(is_invalid(patch({{"plan", "enterprise"}}), "body.plan"));
    EXPECT_TRUE(is_invalid(patch({{"state", "active"}}), "body.state"));
}

}  // namespace

}  // namespace pz::product
