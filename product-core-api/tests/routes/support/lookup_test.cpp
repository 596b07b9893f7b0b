#include "answers.hpp"

#include <boost/json/array.hpp>

namespace pz::product {

namespace {

using testkit::world;

constexpr const char* path = "/api/v1/support/lookup";

TEST(LookupOrgs, finds_by_name_slug_and_id_and_shows_nothing_more_than_that) {
    for (const Account& account : {support_agent, platform_admin}) {
        for (const std::string_view q : {"aCME", "acme", "0197c0de-0000-7000-8000-00000000ac3e"}) {
            const Reply reply = world().as(account).get(std::string{path} + "?q=" + std::string{q});
            ASSERT_EQ(reply.status(), 200) << reply.text();
            EXPECT_EQ(
                members_of(reply.json().at("items").at(0)),
                (std::vector<std::string>{
                    "id",
                    "name",
                    "slug",
                    "state",
                    "plan",
                    "support_policy",
                    "window_until",
                    "obstacle",
                    "session_id",
                    "last_access_at",
                    "last_access_by"
                })
            );
            EXPECT_EQ(reply.json().at("items").at(0).at("name"), "Acme Robotics");
        }
    }
}

TEST(LookupOrgs, finds_suspended_organizations_too) {
    const Reply reply = world().as(support_agent).get(std::string{path} + "?q=initech");
    EXPECT_EQ(reply.json().at("items").as_array().at(0).at("state").as_string(), "suspended");
}

TEST(LookupOrgs, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(std::string{path} + "?q=acme"), 401, "not_authenticated"));
}

TEST(LookupOrgs, is_not_for_tenants) {
    for (const Account& account : {acme_admin, acme_user, globex_user}) {
        EXPECT_TRUE(is_problem(world().as(account).get(std::string{path} + "?q=acme"), 403, "forbidden"))
            << account.email;
    }
}

TEST(LookupOrgs, is_no_list_to_page_through) {
    auto superuser = world().database().connect_as_superuser();
    superuser.execute_script(
        "insert into platform.tenant (id, slug, name)"
        "  select gen_random_uuid(), 'many-' || n, 'Many ' || n from generate_series(1, 25) n"
    );
    const Reply reply = world().as(support_agent).get(std::string{path} + "?q=many");
    superuser.execute_script("delete from platform.tenant where slug like 'many-%'");
    EXPECT_EQ(reply.json().at("items").as_array().size(), 20U);
}

TEST(LookupOrgs, takes_q_as_text_and_nothing_else) {
    for (const char* q : {"%25", "_cme", "'%20OR%20true--"}) {
        const Reply reply = world().as(support_agent).get(std::string{path} + "?q=" + q);
        EXPECT_EQ(reply.status(), 200);
        EXPECT_TRUE(reply.json().at("items").as_array().empty()) << q;
    }
}

TEST(LookupOrgs, checks_each_parameter) {
    Client client = world().as(support_agent);
    EXPECT_TRUE(is_invalid(client.get(path), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q="), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=" + std::string(101, 'a')), "query.q"));
    EXPECT_TRUE(is_invalid(client.get(std::string{path} + "?q=a&limit=100"), "query.limit"));
}

}  // namespace

}  // namespace pz::product
