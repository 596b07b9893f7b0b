#include "answers.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/admin/orgs";

std::vector<std::string> slugs_of(const Reply& page) {
    std::vector<std::string> slugs;
    const auto document = page.json();
    for (const auto& row : document.at("items").as_array()) {
        slugs.emplace_back(row.at("slug").as_string());
    }
    return slugs;
}

TEST(ListOrgs, shows_every_organization_once) {
    const auto rows = all_pages(world().as(platform_admin), std::string{path} + "?limit=1");
    std::vector<std::string> slugs;
    for (const auto& row : rows) {
        slugs.emplace_back(row.at("slug").as_string());
        EXPECT_EQ(
            members_of(row),
            (std::vector<std::string>{
                "id", "slug", "name", "state", "plan", "created_at", "updated_at", "version"
            })
        );
    }
    std::ranges::sort(slugs);
    EXPECT_EQ(slugs, (std::vector<std::string>{"acme", "globex", "initech", "numbersence"}));
}

TEST(ListOrgs, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path), 401, "not_authenticated"));
}

TEST(ListOrgs, is_for_platform_admins_only) {
    for (const Account& account : {acme_admin, acme_user, globex_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path), 403, "forbidden")) << account.email;
    }
}

TEST(ListOrgs, finds_by_name_slug_and_id) {
    Client client = world().as(platform_admin);
    for (const std::string_view q : {"ACME%20r", "acm", "0197c0de-0000-7000-8000-00000000ac3e"}) {
        EXPECT_EQ(
            slugs_of(client.get(std::string{path} + "?q=" + std::string{q})), std::vector<std::string>{"acme"}
        ) << q;
    }
    EXPECT_TRUE(slugs_of(client.get(std::string{path} + "?q=%25")).empty());
    EXPECT_TRUE(slugs_of(client.get(std::string{path} + "?q=" + unknown_id())).empty());
}

TEST(ListOrgs, filters_by_state) {
    Client client = world().as(platform_admin);
    EXPECT_EQ(
        slugs_of(client.get(std::string{path} + "?state=suspended")), std::vector<std::string>{"initech"}
    );
    EXPECT_TRUE(slugs_of(client.get(std::string{path} + "?state=deleted")).empty());
}

TEST(ListOrgs, checks_each_parameter) {
    Client client = world().as(platform_admin);
    for (const char* limit : {"0", "101", "x"}) {
        EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?limit=" + limit), "query.limit")) << limit;
    }
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?cursor=x"), "query.cursor"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?state=lost"), "query.state"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q="), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?slug=acme"), "query.slug"));
}

}  // namespace

}  // namespace pz::product
