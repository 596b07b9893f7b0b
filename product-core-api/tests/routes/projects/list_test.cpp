#include "answers.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/projects";

TEST(ListProjects, answers_every_row_once_and_newest_first) {
    const std::string newest = new_project(acme_user).id();
    const auto rows = all_pages(world().as(acme_user), std::string{path} + "?limit=2");
    EXPECT_EQ(rows.front().at("id").as_string(), newest);
    EXPECT_TRUE(std::ranges::is_sorted(rows, std::ranges::greater{}, [](const auto& row) {
        return std::pair{
            std::string{row.at("created_at").as_string()}, std::string{row.at("id").as_string()}
        };
    }));
    EXPECT_EQ(
        std::to_string(rows.size()),
        world().database().connect_as_superuser().value(
            "select count(*) from app.project where tenant_id = $1", {std::string{testkit::acme}}
        )
    );
    for (const auto& row : rows) {
        EXPECT_EQ(
            members_of(row),
            (std::vector<std::string>{"id", "name", "description", "created_at", "updated_at", "version"})
        );
    }
}

TEST(ListProjects, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path), 401, "not_authenticated"));
}

TEST(ListProjects, is_not_for_platform_staff) {
    for (const Account& account : {platform_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path), 403, "forbidden")) << account.email;
    }
}

TEST(ListProjects, never_shows_another_tenants_rows) {
    new_project(acme_user);
    new_project(globex_user);
    auto superuser = world().database().connect_as_superuser();
    for (const Account& account : {acme_user, globex_admin}) {
        for (const auto& row : all_pages(world().as(account), std::string{path} + "?limit=100")) {
            const std::string id{row.at("id").as_string()};
            EXPECT_EQ(
                superuser.value("select tenant_id from app.project where id = $1", {id}), account.tenant
            ) << id;
        }
    }
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

TEST(ListProjects, checks_each_parameter) {
    Client client = world().as(acme_user);
    for (const char* limit : {"0", "101", "x"}) {
        EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?limit=" + limit), "query.limit")) << limit;
    }
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?cursor=x"), "query.cursor"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?sort=size"), "query.sort"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=x"), "query.q"));
    EXPECT_TRUE(is_invalid(
        client.get(std::string{path} + "?tenant_id=" + std::string{testkit::globex}), "query.tenant_id"
    ));
}

}  // namespace

}  // namespace pz::product
