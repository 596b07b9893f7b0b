#include "answers.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::world;

constexpr const char* path = "/api/v1/admin/orgs";

Client staff() {
    return world().as(platform_admin);
}

std::vector<std::string> slugs_of(const Reply& page) {
    std::vector<std::string> slugs;
    const auto document = page.json();
    for (const auto& row : document.at("items").as_array()) {
        slugs.emplace_back(row.at("slug").as_string());
    }
    return slugs;
}

/// The values of one member, page by page with one row each.
std::vector<std::string> column(const std::string& query, const char* member) {
    std::vector<std::string> values;
    for (const auto& row : all_pages(staff(), std::string{path} + "?limit=1&" + query)) {
        values.emplace_back(row.at(member).as_string());
    }
    return values;
}

TEST(ListOrgs, shows_every_organization_once) {
    const std::string made{new_org().field("slug")};
    for (const char* sort : {"newest", "name", "state"}) {
        const std::vector<std::string> slugs = column(std::string{"sort="} + sort, "slug");
        for (const std::string& slug :
             {std::string{"acme"},
              std::string{"globex"},
              std::string{"initech"},
              std::string{"numbersence"},
              made}) {
            EXPECT_EQ(std::ranges::count(slugs, slug), 1) << slug << " by " << sort;
        }
    }
    const auto rows = all_pages(staff(), std::string{path} + "?q=acme");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(
        members_of(rows.front()),
        (std::vector<std::string>{
            "id",
            "slug",
            "name",
            "state",
            "plan",
            "members",
            "admins",
            "requests_7d",
            "requests_by_day",
            "created_at",
            "updated_at",
            "version"
        })
    );
    EXPECT_EQ(rows.front().at("members").as_int64(), 2);
    EXPECT_EQ(rows.front().at("admins").as_int64(), 1);
}

TEST(ListOrgs, needs_a_token) {
    EXPECT_TRUE(is_problem(world().anonymous().get(path), 401, "not_authenticated"));
}

TEST(ListOrgs, is_for_platform_admins_only) {
    for (const Account& account : {acme_admin, acme_user, globex_admin, support_agent}) {
        EXPECT_TRUE(is_problem(world().as(account).get(path), 403, "forbidden")) << account.email;
    }
}

TEST(ListOrgs, finds_by_any_part_of_the_name_by_the_beginning_of_the_slug_and_by_id) {
    for (const std::string_view q : {"ACME%20r", "robotics", "acm", "0197c0de-0000-7000-8000-00000000ac3e"}) {
        EXPECT_EQ(
            slugs_of(staff().get(std::string{path} + "?q=" + std::string{q})),
            std::vector<std::string>{"acme"}
        ) << q;
    }
    for (const std::string& q : {std::string{"%25"}, std::string{"cme-"}, unknown_id()}) {
        EXPECT_TRUE(slugs_of(staff().get(std::string{path} + "?q=" + q)).empty()) << q;
    }
}

TEST(ListOrgs, filters_by_state_and_plan) {
    const std::vector<std::string> suspended = column("state=suspended", "state");
    EXPECT_FALSE(suspended.empty());
    EXPECT_EQ(std::ranges::count(suspended, "suspended"), std::ssize(suspended));
    EXPECT_TRUE(slugs_of(staff().get(std::string{path} + "?state=deleted")).empty());
    EXPECT_EQ(column("plan=business&q=acme", "slug"), std::vector<std::string>{"acme"});
    EXPECT_TRUE(column("plan=free&q=acme", "slug").empty());
}

TEST(ListOrgs, filters_by_when_they_began_in_every_order) {
    const Reply made = new_org();
    const std::string slug{made.field("slug")};
    const std::string began{made.field("created_at")};
    for (const std::string sort : {"newest", "name", "state"}) {
        const auto finds = [&](const std::string& filter) {
            return slugs_of(staff().get(std::string{path} + "?sort=" + sort + "&q=" + slug + filter))
                       .size() == 1;
        };
        EXPECT_TRUE(finds("&created_from=" + began)) << sort << ": from that moment on";
        EXPECT_FALSE(finds("&created_to=" + began)) << sort << ": before that moment";
        EXPECT_TRUE(finds("&created_from=2020-01-01T00:00:00Z&created_to=2999-01-01T00:00:00Z")) << sort;
        EXPECT_FALSE(finds("&created_from=2999-01-01T00:00:00Z")) << sort;
    }
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?created_from=soon"), "query.created_from"));
}

TEST(ListOrgs, sorts_by_age_name_and_state) {
    for (int i = 0; i < 3; ++i) {
        new_org();
    }
    const std::vector<std::string> ages = column("sort=newest", "created_at");
    EXPECT_TRUE(std::ranges::is_sorted(ages, std::ranges::greater{}));
    const std::vector<std::string> states = column("sort=state", "state");
    EXPECT_TRUE(std::ranges::is_sorted(states));
    std::vector<std::string> names = column("sort=name&q=a", "name");
    for (std::string& name : names) {
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        });
    }
    EXPECT_TRUE(std::ranges::is_sorted(names));
}

TEST(ListOrgs, checks_each_parameter) {
    for (const char* limit : {"0", "101", "x"}) {
        EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?limit=" + limit), "query.limit")) << limit;
    }
    const std::string cursor = staff().get(std::string{path} + "?limit=1&sort=name").field("next_cursor");
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?sort=state&cursor=" + cursor), "query.cursor"))
        << "another list's";
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?cursor=x"), "query.cursor"));
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?state=lost"), "query.state"));
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?sort=size"), "query.sort"));
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?q="), "query.q"));
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "?slug=acme"), "query.slug"));
}

TEST(CreateOrg, makes_an_organization_without_members_whose_first_admin_is_invited) {
    const Reply reply = new_org({{"plan", "team"}, {"state", "active"}, {"name", "Wayne"}});
    EXPECT_EQ(reply.header("Location"), std::string{path} + '/' + reply.id());
    EXPECT_EQ(reply.header("ETag"), "\"1\"");
    const auto org = reply.json();
    EXPECT_EQ(org.at("name"), "Wayne");
    EXPECT_EQ(org.at("plan"), "team");
    EXPECT_EQ(org.at("state"), "active");
    EXPECT_EQ(org.at("people").at("members"), 0);
    EXPECT_EQ(org.at("people").at("invited"), 1);
    EXPECT_EQ(org.at("limits").at("members"), 100);
    EXPECT_TRUE(org.at("member_limit").is_null());
    EXPECT_EQ(staff().get(reply.header("Location")).json(), org);
}

TEST(CreateOrg, refuses_what_is_no_slug_or_no_address) {
    for (const char* slug : {"", "-a", "a-", "A", "a b", "a_b", "ä", "a.b"}) {
        object body = org_body();
        body["slug"] = slug;
        EXPECT_TRUE(is_invalid(staff().post(path, body), "body.slug")) << slug;
    }
    for (const char* email : {"", "nobody", "@example.org", "a@", "a b@example.org", "a@b@c"}) {
        object body = org_body();
        body["admin_email"] = email;
        EXPECT_TRUE(is_invalid(staff().post(path, body), "body.admin_email")) << email;
    }
    object body = org_body();
    body["state"] = "suspended";
    EXPECT_TRUE(is_invalid(staff().post(path, body), "body.state"));
    body = org_body();
    body.erase("admin_email");
    EXPECT_TRUE(is_invalid(staff().post(path, body), "body.admin_email"));
}

TEST(CreateOrg, refuses_a_slug_that_is_taken_and_invites_nobody) {
    object body = org_body();
    body["slug"] = "acme";
    body["admin_email"] = "nobody.invited@example.org";
    EXPECT_TRUE(is_problem(staff().post(path, body), 409, "conflict"));
    EXPECT_EQ(
        world()
            .database()
            .connect("pz_identity")
            .value("select count(*) from identity.invitation where email = 'nobody.invited@example.org'"),
        "0"
    );
}

TEST(LoadOrg, does_not_know_what_is_not_there) {
    EXPECT_TRUE(is_problem(staff().get(std::string{path} + '/' + unknown_id()), 404, "not_found"));
    EXPECT_TRUE(is_invalid(staff().get(std::string{path} + "/acme"), "path.id"));
}

TEST(UpdateOrg, changes_name_plan_and_limits) {
    const std::string org = new_org().header("Location");
    const Reply changed =
        staff()
            .with("If-Match", "\"1\"")
            .patch(
                org, {{"name", "Renamed"}, {"plan", "business"}, {"item_limit", 7}, {"request_limit", 60}}
            );
    ASSERT_EQ(changed.status(), 200) << changed.text();
    EXPECT_EQ(changed.header("ETag"), "\"2\"");
    const auto values = changed.json();
    EXPECT_EQ(values.at("name"), "Renamed");
    EXPECT_EQ(values.at("limits").at("items"), 7);
    EXPECT_EQ(values.at("limits").at("members"), 1000);
    EXPECT_EQ(values.at("limits").at("requests_per_minute"), 60);
    const Reply reset =
        staff().with("If-Match", "\"2\"").patch(org, {{"item_limit", nullptr}, {"plan", "enterprise"}});
    EXPECT_TRUE(reset.json().at("limits").at("items").is_null()) << "as many as they like";
    EXPECT_EQ(reset.json().at("limits").at("requests_per_minute"), 60);
    EXPECT_EQ(reset.field("name"), "Renamed");
}

TEST(UpdateOrg, refuses_another_version_than_the_one_that_was_seen) {
    const std::string org = new_org().header("Location");
    EXPECT_TRUE(is_problem(staff().patch(org, {{"name", "x"}}), 428, "precondition_required"));
    EXPECT_TRUE(
        is_problem(staff().with("If-Match", "\"7\"").patch(org, {{"name", "x"}}), 412, "version_conflict")
    );
    EXPECT_TRUE(is_problem(
        staff().with("If-Match", "*").patch(std::string{path} + '/' + unknown_id(), {{"name", "x"}}),
        404,
        "not_found"
    ));
}

TEST(UpdateOrg, checks_each_member) {
    const std::string org = new_org().header("Location");
    const auto patch = [&](const object& body) { return staff().with("If-Match", "*").patch(org, body); };
    EXPECT_TRUE(is_invalid(patch({{"name", ""}}), "body.name"));
    EXPECT_TRUE(is_invalid(patch({{"plan", "gold"}}), "body.plan"));
    EXPECT_TRUE(is_invalid(patch({{"item_limit", -1}}), "body.item_limit"));
    EXPECT_TRUE(is_invalid(patch({{"request_limit", 0}}), "body.request_limit"));
    EXPECT_TRUE(is_invalid(patch({{"state", "active"}}), "body.state"));
}

TEST(InviteOrgAdmin, sends_the_letter_again_or_another_one_while_there_is_no_admin) {
    const Reply org = new_org();
    const std::string invite = org.header("Location") + "/invite-admin";
    EXPECT_EQ(staff().post(invite, {{"email", "first@example.org"}}).status(), 204);
    EXPECT_EQ(staff().post(invite, {{"email", "first@example.org"}}).status(), 204);
    auto identity = world().database().connect("pz_identity");
    EXPECT_EQ(
        identity.value("select count(*) from identity.invitation where tenant_id = $1", {org.id()}), "2"
    );
    EXPECT_EQ(identity.value("select count(*) from identity.mail where tenant_id = $1", {org.id()}), "3");
    EXPECT_TRUE(is_invalid(staff().post(invite, {{"email", "nobody"}}), "body.email"));
}

TEST(InviteOrgAdmin, is_refused_where_an_admin_can_do_it) {
    const object body{{"email", "second@example.org"}};
    EXPECT_TRUE(is_problem(
        staff().post(std::string{path} + '/' + std::string{testkit::acme} + "/invite-admin", body),
        409,
        "conflict"
    ));
    for (const std::string& id : {unknown_id(), std::string{testkit::numbersence}}) {
        EXPECT_TRUE(
            is_problem(staff().post(std::string{path} + '/' + id + "/invite-admin", body), 404, "not_found")
        );
    }
}

}  // namespace

}  // namespace pz::product
