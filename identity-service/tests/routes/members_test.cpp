// /api/v1/people: who belongs to an organization, and who may change that.

#include "organization.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <future>
#include <set>

namespace pz::identity {

namespace {

using testkit::world;
using Object = boost::json::object;

std::vector<std::string> ids_of(const Reply& page) {
    std::vector<std::string> ids;
    for (const auto& person : page.json().at("items").as_array()) {
        ids.emplace_back(person.at("id").as_string());
    }
    return ids;
}

std::string etag_of(const Someone& admin, const Someone& person) {
    return admin.client().get(person.path()).header("ETag");
}

Reply change(const Someone& admin, const Someone& person, const Object& values) {
    return admin.client().with("If-Match", "*").patch(person.path(), values);
}

/// Neither the token nor the refresh token is good for anything any more.
void expect_ended(const Someone& person) {
    EXPECT_TRUE(is_problem(ask_api(person.access_token), 401, "session_ended"));
    EXPECT_TRUE(is_problem(person.client().get("/me"), 401, "session_ended"));
    EXPECT_TRUE(is_oauth_error(refresh(person.refresh_token), 400, "invalid_grant"));
}

int admins_of(const Organization& organization) {
    return std::stoi(Organization::value(
        "select count(*) from identity.membership where role = 'admin' and state = 'active' and tenant_id = "
        "'" +
        organization.id() + "'"
    ));
}

TEST(People, are_listed_to_the_admin_and_to_nobody_else) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    const Reply page = admin.client().get("/api/v1/people");
    ASSERT_EQ(page.status(), 200) << page.text();
    EXPECT_EQ(ids_of(page), (std::vector{member.id, admin.id})) << "newest first";
    EXPECT_EQ(
        members_of(page.json().at("items").at(0).as_object()),
        (std::vector<std::string>{
            "id", "email", "name", "role", "state", "created_at", "updated_at", "version"
        })
    );
    for (const char* path : {"/api/v1/people", "/api/v1/people?limit=1"}) {
        EXPECT_TRUE(is_problem(member.client().get(path), 403, "forbidden"));
        EXPECT_TRUE(is_problem(world().as(support_agent, Service::identity).get(path), 403, "forbidden"));
        EXPECT_TRUE(is_problem(identity().get(path), 401, "not_authenticated"));
    }
}

TEST(People, come_in_pages_whatever_the_order) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    std::set<std::string> all{admin.id};
    for (int i = 0; i < 6; ++i) {
        all.insert(organization.add("standard").id);
    }
    for (const std::string sort : {"newest", "name"}) {
        std::vector<std::string> seen;
        std::string cursor;
        do {
            const Reply page = admin.client().get(
                "/api/v1/people?limit=3&sort=" + sort + (cursor.empty() ? "" : "&cursor=" + cursor)
            );
            ASSERT_EQ(page.status(), 200) << page.text();
            for (const std::string& id : ids_of(page)) {
                seen.push_back(id);
            }
            const auto next = page.json().at("next_cursor");
            cursor = next.is_null() ? "" : std::string{next.as_string()};
        } while (!cursor.empty());
        EXPECT_EQ(seen.size(), all.size()) << sort;
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), all) << sort;
        EXPECT_TRUE(std::ranges::is_sorted(seen) || sort == "newest") << "names end with the id";
    }
}

TEST(People, are_found_by_name_address_role_and_state) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    const auto found = [&](const std::string& filter) {
        return ids_of(admin.client().get("/api/v1/people?" + filter));
    };
    EXPECT_EQ(found("q=PERSON%20p" + member.id), std::vector{member.id});
    EXPECT_EQ(found("q=P" + member.id + "%40PEOPLE"), std::vector{member.id});
    EXPECT_EQ(found("q=people.example"), std::vector<std::string>{}) << "only beginnings";
    EXPECT_EQ(found("role=standard"), std::vector{member.id});
    EXPECT_EQ(found("role=support_agent"), std::vector<std::string>{});
    ASSERT_EQ(change(admin, member, {{"state", "disabled"}}).status(), 200);
    EXPECT_EQ(found("state=disabled"), std::vector{member.id});
    EXPECT_EQ(found("state=active"), std::vector{admin.id});
}

TEST(People, of_another_organization_look_like_nobody) {
    const Organization one;
    const Organization other;
    const Someone admin = one.add("admin");
    const Someone stranger = other.add("standard");
    const std::string nobody = "/api/v1/people/0197c0de-0000-7000-9000-0000000000ff";
    const auto ask = [&](const std::string& method, const std::string& path, const std::string& body) {
        return admin.client()
            .with("If-Match", "*")
            .with("Content-Type", "application/json")
            .send(method, path, body);
    };
    for (const auto& [method, body] : std::vector<std::pair<std::string, std::string>>{
             {"GET", ""}, {"PATCH", R"({"role":"admin"})"}, {"DELETE", ""}
         }) {
        const Reply reply = ask(method, stranger.path(), body);
        EXPECT_TRUE(is_problem(reply, 404, "not_found")) << method;
        const Reply unknown = ask(method, nobody, body);
        // The request's own id is in the document; nothing else may differ.
        EXPECT_EQ(reply.text().size(), unknown.text().size());
        EXPECT_EQ(reply.field("detail"), unknown.field("detail"));
    }
    EXPECT_EQ(ask_api(stranger.access_token).status(), 200) << "and nothing has happened to them";
    EXPECT_EQ(ids_of(admin.client().get("/api/v1/people")), std::vector{admin.id});
}

TEST(People, are_changed_by_version) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    const std::string etag = etag_of(admin, member);
    EXPECT_TRUE(
        is_problem(admin.client().patch(member.path(), {{"role", "admin"}}), 428, "precondition_required")
    );
    const Reply changed = admin.client().with("If-Match", etag).patch(member.path(), {{"role", "admin"}});
    ASSERT_EQ(changed.status(), 200) << changed.text();
    EXPECT_EQ(changed.field("role"), "admin");
    EXPECT_NE(changed.header("ETag"), etag);
    EXPECT_EQ(changed.header("ETag"), etag_of(admin, member));
    for (const char* method : {"PATCH", "DELETE"}) {
        EXPECT_TRUE(is_problem(
            admin.client()
                .with("If-Match", etag)
                .with("Content-Type", "application/json")
                .send(
                    method, member.path(), method == std::string_view{"PATCH"} ? R"({"role":"standard"})" : ""
                ),
            412,
            "version_conflict"
        ));
    }
    const Reply same =
        admin.client().with("If-Match", changed.header("ETag")).patch(member.path(), {{"role", "admin"}});
    EXPECT_EQ(same.header("ETag"), changed.header("ETag")) << "no change is no new version";
}

TEST(People, lose_their_tokens_with_a_change_of_role) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    Someone member = organization.add("standard");
    ASSERT_EQ(ask_api(member.access_token).status(), 200);
    ASSERT_EQ(change(admin, member, {{"role", "admin"}}).status(), 200);
    expect_ended(member);
    member.sign_in();
    EXPECT_EQ(decode_part(member.access_token, 1).at("role").as_string(), "admin");
    EXPECT_EQ(ask_api(member.access_token).status(), 200);
}

TEST(People, who_are_disabled_are_out_until_they_are_enabled) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    Someone member = organization.add("standard");
    ASSERT_EQ(change(admin, member, {{"state", "disabled"}}).status(), 200);
    expect_ended(member);
    const Form credentials{{"username", member.email}, {"password", std::string{everybodys_password}}};
    EXPECT_TRUE(is_oauth_error(identity().post_form("/token", credentials), 400, "invalid_grant"));
    ASSERT_EQ(change(admin, member, {{"state", "active"}}).status(), 200);
    expect_ended(member);  // what was there before stays dead
    member.sign_in();
    EXPECT_EQ(ask_api(member.access_token).status(), 200);
}

TEST(People, who_are_removed_are_out) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    EXPECT_EQ(admin.client().del(member.path()).status(), 204);
    expect_ended(member);
    EXPECT_TRUE(is_problem(admin.client().get(member.path()), 404, "not_found"));
    EXPECT_TRUE(is_problem(admin.client().del(member.path()), 404, "not_found"));
}

TEST(People, of_two_organizations_lose_only_what_their_admin_gave) {
    const Organization one;
    const Organization other;
    const Someone admin = one.add("admin");
    const Someone elsewhere = other.add("standard");
    world()
        .database()
        .connect("pz_identity")
        .query(
            "insert into identity.membership (tenant_id, person_id, role) values ($1, $2, 'standard')",
            {one.id(), elsewhere.id}
        );
    ASSERT_EQ(change(admin, elsewhere, {{"state", "disabled"}}).status(), 200);
    const Reply refreshed = refresh(elsewhere.refresh_token);
    ASSERT_EQ(refreshed.status(), 200)
        << "their session in the other organization goes on: " << refreshed.text();
    EXPECT_EQ(ask_api(refreshed.field("access_token")).status(), 200);
    EXPECT_EQ(
        Organization::value("select state from identity.person where id = '" + elsewhere.id + "'"), "active"
    );
    const auto go_to = [&](const Organization& organization) {
        return world().with_token(refreshed.field("access_token"), Service::identity)
            .post(
                "/me/switch-tenant",
                {{"tenant_id", organization.id()}, {"refresh_token", refreshed.field("refresh_token")}}
            )
            .status();
    };
    EXPECT_EQ(go_to(one), 404) << "and there is no way back in by a switch";
    ASSERT_EQ(change(admin, elsewhere, {{"state", "active"}}).status(), 200);
    EXPECT_EQ(go_to(one), 401) << "the token is older than the change";
}

TEST(Roles, are_given_and_taken_only_by_who_holds_them) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone platform = add_staff("platform_admin");
    const std::vector<std::string> roles{"admin", "standard", "platform_admin", "support_agent"};
    for (const std::string& role : roles) {
        const bool of_platform = role == "platform_admin" || role == "support_agent";
        const Someone member = organization.add("standard");
        const Reply in_tenant = change(admin, member, {{"role", role}});
        const Someone agent = add_staff("support_agent");
        const Reply on_platform = change(platform, agent, {{"role", role}});
        EXPECT_EQ(in_tenant.status(), of_platform ? 403 : 200) << role << in_tenant.text();
        EXPECT_EQ(on_platform.status(), of_platform ? 200 : 403) << role << on_platform.text();
    }
    EXPECT_TRUE(is_problem(change(admin, platform, {{"role", "standard"}}), 404, "not_found"));
    for (const char* role : {"standard", "support_agent"}) {
        const Someone nobody =
            role == std::string_view{"standard"} ? organization.add(role) : add_staff(role);
        EXPECT_TRUE(is_problem(change(nobody, nobody, {{"role", "platform_admin"}}), 403, "forbidden"));
        EXPECT_TRUE(is_problem(change(nobody, admin, {{"state", "disabled"}}), 403, "forbidden"));
        EXPECT_TRUE(is_problem(nobody.client().del(admin.path()), 403, "forbidden"));
    }
    EXPECT_EQ(
        Organization::value(
            "select count(*) from identity.membership where role in ('platform_admin', 'support_agent')"
            " and tenant_id <> '00000000-0000-0000-0000-000000000000'"
        ),
        "0"
    );
}

TEST(LastAdmin, cannot_step_down_be_disabled_or_leave) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone disabled = organization.add("admin");
    ASSERT_EQ(change(admin, disabled, {{"state", "disabled"}}).status(), 200);
    EXPECT_TRUE(is_problem(change(admin, admin, {{"role", "standard"}}), 409, "last_admin"));
    EXPECT_TRUE(is_problem(change(admin, admin, {{"state", "disabled"}}), 409, "last_admin"));
    EXPECT_TRUE(is_problem(admin.client().del(admin.path()), 409, "last_admin"));
    EXPECT_EQ(admins_of(organization), 1);
    EXPECT_EQ(ask_api(admin.access_token).status(), 200);
    ASSERT_EQ(change(admin, disabled, {{"state", "active"}}).status(), 200);
    EXPECT_EQ(change(admin, admin, {{"role", "standard"}}).status(), 200) << "now somebody else is there";
}

TEST(LastAdmin, remains_when_two_take_the_role_from_each_other_at_once) {
    for (int round = 0; round < 10; ++round) {
        const Organization organization;
        const Someone one = organization.add("admin");
        const Someone other = organization.add("admin");
        const auto act = [](const Someone& actor, const Someone& target, int how) {
            return how == 0   ? change(actor, target, {{"role", "standard"}})
                   : how == 1 ? change(actor, target, {{"state", "disabled"}})
                              : actor.client().del(target.path());
        };
        auto first = std::async(std::launch::async, act, one, other, round % 3);
        auto second = std::async(std::launch::async, act, other, one, (round + 1) % 3);
        const int statuses[] = {first.get().status(), second.get().status()};
        EXPECT_EQ(admins_of(organization), 1) << statuses[0] << ' ' << statuses[1];
        EXPECT_EQ(std::ranges::count_if(statuses, [](int status) { return status < 300; }), 1)
            << statuses[0] << ' ' << statuses[1];
    }
}

TEST(LastAdmin, of_many_remains_when_all_leave_at_once) {
    const Organization organization;
    std::vector<Someone> admins;
    for (int i = 0; i < 6; ++i) {
        admins.push_back(organization.add("admin"));
    }
    std::vector<std::future<int>> leaving;
    for (const Someone& admin : admins) {
        leaving.push_back(std::async(std::launch::async, [&admin] {
            return admin.client().del(admin.path()).status();
        }));
    }
    int left = 0;
    for (auto& one : leaving) {
        left += one.get() == 204 ? 1 : 0;
    }
    EXPECT_EQ(left, 5);
    EXPECT_EQ(admins_of(organization), 1);
}

TEST(Staff, is_changed_by_platform_admins_as_a_whole_account) {
    const Someone platform = add_staff("platform_admin");
    Someone agent = add_staff("support_agent");
    ASSERT_EQ(world().with_token(agent.access_token).get("/api/v1/support/lookup?q=ac").status(), 200);
    ASSERT_EQ(change(platform, agent, {{"state", "disabled"}}).status(), 200);
    EXPECT_TRUE(is_problem(
        world().with_token(agent.access_token).get("/api/v1/support/lookup?q=ac"), 401, "session_ended"
    ));
    EXPECT_EQ(
        Organization::value("select state from identity.person where id = '" + agent.id + "'"), "disabled"
    );
    ASSERT_EQ(change(platform, agent, {{"state", "active"}}).status(), 200);
    agent.sign_in();
    EXPECT_EQ(world().with_token(agent.access_token).get("/api/v1/support/lookup?q=ac").status(), 200);
    EXPECT_EQ(platform.client().del(agent.path()).status(), 204);
}

}  // namespace

}  // namespace pz::identity
