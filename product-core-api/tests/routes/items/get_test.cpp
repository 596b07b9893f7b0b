#include "answers.hpp"

#include <algorithm>

namespace pz::product {

namespace {

using testkit::world;

std::string path_of(std::string_view id) {
    return "/api/v1/items/" + std::string{id};
}

TEST(GetItem, answers_the_row_with_its_version_as_etag) {
    const std::string project = new_project(acme_user).id();
    const Reply created = new_item(
        acme_user,
        {{"title", "Ä \"quoted\" \\ title"}, {"description", "two\nlines"}, {"project_id", project}}
    );
    const Reply reply = world().as(acme_admin).get(path_of(created.id()));
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.text(), created.text());
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
    EXPECT_EQ(reply.field("title"), "Ä \"quoted\" \\ title");
    EXPECT_EQ(reply.field("description"), "two\nlines");
    EXPECT_EQ(reply.field("project_id"), project);
    EXPECT_EQ(reply.field("created_by"), acme_user.person);
}

TEST(GetItem, answers_304_to_whoever_has_this_version) {
    const Reply created = new_item(acme_user);
    for (const char* known : {"\"1\"", "W/\"1\"", "\"4\", \"1\"", "*"}) {
        const Reply reply = world().as(acme_user).with("If-None-Match", known).get(path_of(created.id()));
        EXPECT_EQ(reply.status(), 304) << known;
        EXPECT_EQ(reply.header("ETag"), "\"1\"");
        EXPECT_TRUE(reply.text().empty());
        EXPECT_TRUE(has_standard_headers(reply));
    }
    EXPECT_EQ(
        world().as(acme_user).with("If-None-Match", "\"2\"").get(path_of(created.id())).text(), created.text()
    );
    EXPECT_TRUE(is_problem(
        world().as(globex_user).with("If-None-Match", "*").get(path_of(created.id())), 404, "not_found"
    ));
}

TEST(GetItem, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path_of(unknown_id())), 401, "not_authenticated"));
}

TEST(GetItem, is_not_for_platform_staff) {
    const std::string id = new_item(acme_user).id();
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path_of(id)), 403, "forbidden")) << account.email;
    }
}

TEST(GetItem, another_tenant_sees_404_with_the_bytes_of_an_unknown_id) {
    const std::string foreign = new_item(globex_user).id();
    const Reply reply = world().as(acme_admin).get(path_of(foreign));
    EXPECT_TRUE(is_problem(reply, 404, "not_found"));
    EXPECT_TRUE(are_indistinguishable(reply, world().as(acme_admin).get(path_of(unknown_id()))));
}

TEST(GetItem, does_not_find_a_project_by_the_items_path) {
    EXPECT_TRUE(is_problem(world().as(acme_user).get(path_of(new_project(acme_user).id())), 404, "not_found")
    );
}

TEST(GetItem, takes_an_id_in_either_case) {
    std::string id = new_item(acme_user).id();
    std::ranges::transform(id, id.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    });
    EXPECT_EQ(world().as(acme_user).get(path_of(id)).status(), 200);
}

TEST(GetItem, refuses_what_is_not_an_id) {
    const std::string id = unknown_id();
    for (const std::string& text :
         {std::string{"1"},
          std::string{"%27"},
          '{' + id + '}',
          "urn:uuid:" + id,
          id.substr(1),
          id + "0",
          id + "%00",
          id.substr(0, 8) + id.substr(9),
          std::string(1'000, 'a')}) {
        EXPECT_TRUE(is_invalid(world().as(acme_user).get(path_of(text)), "path.id")) << text;
    }
}

TEST(GetItem, answers_head_without_a_body) {
    const Reply created = new_item(acme_user);
    const Reply reply = world().as(acme_user).send("HEAD", path_of(created.id()));
    EXPECT_EQ(reply.status(), 200);
    EXPECT_TRUE(reply.text().empty());
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
    EXPECT_EQ(reply.header("Content-Length"), std::to_string(created.text().size()));
    EXPECT_EQ(world().as(acme_user).send("HEAD", path_of(unknown_id())).status(), 404);
    EXPECT_EQ(world().anonymous().send("HEAD", path_of(created.id())).status(), 401);
}

}  // namespace

}  // namespace pz::product
