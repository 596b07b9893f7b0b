#include "answers.hpp"

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/items/" + std::string{id};
}

TEST(DeleteItem, removes_the_row) {
    const std::string id = new_item(acme_user).id();
    const Reply reply = world().as(acme_admin).del(path_of(id));
    EXPECT_EQ(reply.status(), 204) << reply.text();
    EXPECT_TRUE(reply.text().empty());
    EXPECT_TRUE(is_problem(world().as(acme_user).get(path_of(id)), 404, "not_found"));
    EXPECT_TRUE(is_problem(world().as(acme_admin).del(path_of(id)), 404, "not_found"));
}

TEST(DeleteItem, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().del(path_of(unknown_id())), 401, "not_authenticated"));
}

TEST(DeleteItem, is_for_admins_only) {
    const std::string id = new_item(acme_user).id();
    for (const Account& account : {acme_user, platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).del(path_of(id)), 403, "forbidden")) << account.email;
    }
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).status(), 200);
}

TEST(DeleteItem, refuses_a_role_before_it_tells_whether_the_row_exists) {
    EXPECT_TRUE(are_indistinguishable(
        world().as(acme_user).del(path_of(new_item(acme_user).id())),
        world().as(acme_user).del(path_of(unknown_id()))
    ));
}

TEST(DeleteItem, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const std::string foreign = new_item(globex_user).id();
    const Reply reply = world().as(acme_admin).del(path_of(foreign));
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, world().as(acme_admin).del(path_of(unknown_id()))));
    const Reply with_version = world().as(acme_admin).with("If-Match", "\"9\"").del(path_of(foreign));
    EXPECT_TRUE(is_problem(with_version, 404, "not_found"));
    EXPECT_EQ(world().as(globex_user).get(path_of(foreign)).status(), 200);
}

TEST(DeleteItem, respects_the_version_when_one_is_given) {
    const std::string id = new_item(acme_user).id();
    EXPECT_TRUE(
        is_problem(world().as(acme_admin).with("If-Match", "\"2\"").del(path_of(id)), 412, "version_conflict")
    );
    EXPECT_TRUE(is_invalid(world().as(acme_admin).with("If-Match", "1").del(path_of(id)), "header.If-Match"));
    EXPECT_EQ(world().as(acme_admin).with("If-Match", "\"1\"").del(path_of(id)).status(), 204);
}

TEST(DeleteItem, refuses_what_is_not_an_id) {
    EXPECT_TRUE(is_invalid(world().as(acme_admin).del(path_of("all")), "path.id"));
}

}  // namespace

}  // namespace pz::product
