// What is particular to projects; what holds for every resource stands in resource_contract.cpp.

#include "resource_contract.hpp"

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/projects";

[[maybe_unused]] const bool declared = declare_resource({
    .path = path,
    .table = "app.project",
    .sample = [] { return boost::json::object{{"name", unique_text("Project")}, {"description", "why"}}; },
    .change =
        [] { return boost::json::object{{"name", unique_text("Changed")}, {"description", "because"}}; },
    .optional = {"description"},
    .refused =
        {
            {"name", {nullptr, "", std::string(121, 'a'), 7}},
            {"description", {std::string(2'001, 'a'), 7}},
        },
});

TEST(CreateProject, answers_409_for_a_name_that_the_tenant_has) {
    const std::string name = new_project(acme_user).field("name");
    EXPECT_TRUE(is_problem(world().as(acme_admin).post(path, {{"name", name}}), 409, "conflict"));
}

TEST(CreateProject, does_not_tell_that_another_tenant_has_the_name) {
    const std::string name = new_project(globex_user).field("name");
    EXPECT_EQ(world().as(acme_user).post(path, {{"name", name}}).status(), 201);
}

TEST(ListProjects, sorts_by_name_in_any_case_and_pages_through_each_row_once) {
    const std::string mark = unknown_id();
    for (const char* name : {"b", "A", "C", "a", "\xc3\xa9"}) {
        new_project(globex_user, {{"name", mark + name}});
    }
    std::vector<std::string> names;
    std::vector<std::string> all;
    for (const auto& row : all_pages(world().as(globex_user), std::string{path} + "?limit=2&sort=name")) {
        all.emplace_back(row.at("name").as_string());
        if (all.back().starts_with(mark)) {
            names.push_back(all.back().substr(mark.size()));
        }
    }
    EXPECT_EQ(names, (std::vector<std::string>{"A", "a", "b", "C", "\xc3\xa9"}));
    EXPECT_EQ(
        std::to_string(all.size()),
        world().database().connect_as_superuser().value(
            "select count(*) from app.project where tenant_id = $1", {std::string{testkit::globex}}
        )
    );
}

TEST(ListProjects, refuses_a_cursor_of_another_list_or_tenant) {
    new_project(acme_user);
    new_project(acme_user);
    new_item(acme_user);
    new_item(acme_user);
    Client client = world().as(acme_user);
    const std::string own = client.get(std::string{path} + "?limit=1").field("next_cursor");
    const std::string of_items = client.get("/api/v1/items?limit=1").field("next_cursor");
    EXPECT_EQ(client.get(std::string{path} + "?limit=1&cursor=" + own).status(), 200);
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?sort=name&cursor=" + own), "query.cursor"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?cursor=" + of_items), "query.cursor"));
    EXPECT_TRUE(is_invalid(world().as(globex_user).get(std::string{path} + "?cursor=" + own), "query.cursor")
    );
}

TEST(ListProjects, checks_its_own_parameters) {
    Client client = world().as(acme_user);
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?sort=size"), "query.sort"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=x"), "query.q"));
}

TEST(UpdateProject, answers_409_for_a_name_that_the_tenant_has) {
    const std::string taken = new_project(acme_user).field("name");
    const std::string other = std::string{path} + '/' + new_project(acme_user).id();
    const Reply reply = world().as(acme_user).with("If-Match", "\"1\"").patch(other, {{"name", taken}});
    EXPECT_TRUE(is_problem(reply, 409, "conflict"));
}

TEST(DeleteProject, removes_the_row_and_its_items) {
    const std::string id = new_project(acme_user).id();
    const std::string one = std::string{path} + '/' + id;
    const std::string item = new_item(acme_user, {{"project_id", id}}).id();
    const std::string other = new_item(acme_user).id();
    EXPECT_EQ(world().as(acme_admin).del(one).status(), 204);
    EXPECT_TRUE(is_problem(world().as(acme_user).get(one), 404, "not_found"));
    EXPECT_TRUE(is_problem(world().as(acme_user).get("/api/v1/items/" + item), 404, "not_found"));
    EXPECT_EQ(world().as(acme_user).get("/api/v1/items/" + other).status(), 200);
    EXPECT_TRUE(is_problem(world().as(acme_admin).del(one), 404, "not_found"));
}

}  // namespace

}  // namespace pz::product
