#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/projects/" + std::string{id};
}

TEST(DeleteProject, removes_the_row_and_its_items) {
    const std::string id = new_project(acme_user).id();
    const std::string item = new_item(acme_user, {{"project_id", id}}).id();
    const std::string other = new_item(acme_user).id();
    EXPECT_EQ(world().as(acme_admin).del(path_of(id)).status(), 204);
    EXPECT_TRUE(is_problem(world().as(acme_user).get(path_of(id)), 404, "not_found"));
    EXPECT_TRUE(is_problem(world().as(acme_user).get("/api/v1/items/" + item), 404, "not_found"));
    EXPECT_EQ(world().as(acme_user).get("/api/v1/items/" + other).status(), 200);
    EXPECT_TRUE(is_problem(world().as(acme_admin).del(path_of(id)), 404, "not_found"));
}

TEST(DeleteProject, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().del(path_of(unknown_id())), 401, "not_authenticated"));
}

TEST(DeleteProject, is_for_admins_only) {
    const std::string id = new_project(acme_user).id();
    for (const Account& account : {acme_user, platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).del(path_of(id)), 403, "forbidden")) << account.email;
    }
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).status(), 200);
}

TEST(DeleteProject, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const std::string foreign = new_project(globex_user).id();
    const Reply reply = world().as(acme_admin).del(path_of(foreign));
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, world().as(acme_admin).del(path_of(unknown_id()))));
    EXPECT_EQ(world().as(globex_user).get(path_of(foreign)).status(), 200);
}

TEST(DeleteProject, respects_the_version_when_one_is_given) {
    const std::string id = new_project(acme_user).id();
    EXPECT_TRUE(
        is_problem(world().as(acme_admin).with("If-Match", "\"2\"").del(path_of(id)), 412, "version_conflict")
    );
    EXPECT_TRUE(is_invalid(world().as(acme_admin).with("If-Match", "x").del(path_of(id)), "header.If-Match"));
    EXPECT_EQ(world().as(acme_admin).with("If-Match", "\"1\"").del(path_of(id)).status(), 204);
}

TEST(DeleteProject, refuses_what_is_not_an_id) {
    EXPECT_TRUE(is_invalid(world().as(acme_admin).del(path_of("all")), "path.id"));
}

}  // namespace

}  // namespace pz::product
