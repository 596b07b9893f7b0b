#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/projects/" + std::string{id};
}

TEST(GetProject, answers_the_row_with_its_version_as_etag) {
    const Reply created = new_project(acme_admin, {{"description", "why"}});
    const Reply reply = world().as(acme_user).get(path_of(created.id()));
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.text(), created.text());
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
}

TEST(GetProject, answers_304_to_whoever_has_this_version) {
    const std::string path = path_of(new_project(acme_user).id());
    const Reply reply = world().as(acme_user).with("If-None-Match", "\"1\"").get(path);
    EXPECT_EQ(reply.status(), 304);
    EXPECT_TRUE(reply.text().empty());
}

TEST(GetProject, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path_of(unknown_id())), 401, "not_authenticated"));
}

TEST(GetProject, is_not_for_platform_staff) {
    const std::string id = new_project(acme_user).id();
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path_of(id)), 403, "forbidden")) << account.email;
    }
}

TEST(GetProject, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const Reply reply = world().as(acme_admin).get(path_of(new_project(globex_user).id()));
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, world().as(acme_admin).get(path_of(unknown_id()))));
}

TEST(GetProject, refuses_what_is_not_an_id) {
    EXPECT_TRUE(is_invalid(world().as(acme_user).get(path_of("1")), "path.id"));
}

}  // namespace

}  // namespace pz::product
