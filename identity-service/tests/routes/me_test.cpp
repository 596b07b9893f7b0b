#include "organization.hpp"

#include <boost/json/array.hpp>

namespace pz::identity {

namespace {

using testkit::world;

Reply me(std::string_view token) {
    return world().with_token(token, Service::identity).get("/me");
}

TEST(Me, answers_who_the_token_speaks_for) {
    for (const Account& account : {acme_admin, acme_user, platform_admin, support_agent}) {
        const Reply reply = world().as(account, Service::identity).get("/me");
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(reply.header("Cache-Control"), "no-store");
        const auto document = reply.json();
        EXPECT_EQ(
            members_of(document.as_object()),
            (std::vector<std::string>{"person", "tenant", "role", "memberships"})
        );
        EXPECT_EQ(
            members_of(document.at("person").as_object()),
            (std::vector<std::string>{"id", "email", "name", "version"})
        );
        EXPECT_EQ(document.at("person").at("id").as_string(), account.person);
        EXPECT_EQ(document.at("person").at("email").as_string(), account.email);
        EXPECT_EQ(document.at("tenant").at("id").as_string(), account.tenant);
        EXPECT_EQ(document.at("role").as_string(), account.role);
        ASSERT_EQ(document.at("memberships").as_array().size(), 1U);
        EXPECT_EQ(document.at("memberships").as_array().at(0).at("tenant_id").as_string(), account.tenant);
    }
}

TEST(Me, changes_the_own_name_by_version) {
    const Organization organization;
    const Someone person = organization.add("standard");
    const Someone admin = organization.add("admin");
    const std::string seen_by_admin = admin.client().get(person.path()).header("ETag");
    const auto version = person.client().get("/me").json().at("person").at("version").as_int64();
    const std::string etag = '"' + std::to_string(version) + '"';
    EXPECT_TRUE(is_problem(person.client().patch("/me", {{"name", "x"}}), 428, "precondition_required"));
    const Reply changed = person.client().with("If-Match", etag).patch("/me", {{"name", "Grüße \"世界\""}});
    ASSERT_EQ(changed.status(), 200) << changed.text();
    EXPECT_EQ(changed.field("name"), "Grüße \"世界\"");
    EXPECT_EQ(changed.header("ETag"), '"' + std::to_string(version + 1) + '"');
    EXPECT_EQ(person.client().get("/me").json().at("person").at("name").as_string(), "Grüße \"世界\"");
    EXPECT_TRUE(is_problem(
        person.client().with("If-Match", etag).patch("/me", {{"name", "y"}}), 412, "version_conflict"
    ));
    EXPECT_NE(admin.client().get(person.path()).header("ETag"), seen_by_admin) << "the admin's view is older";
    EXPECT_EQ(ask_api(person.access_token).status(), 200) << "a name ends no session";
    for (const char* body :
         {R"({"name":""})", R"({"name":null})", R"({"email":"a@b"})", R"({"role":"admin"})"}) {
        EXPECT_TRUE(is_problem(
            person.client()
                .with("If-Match", "*")
                .with("Content-Type", "application/json")
                .send("PATCH", "/me", body),
            422,
            "invalid_input"
        )) << body;
    }
}

TEST(Me, needs_a_token) {
    EXPECT_TRUE(is_problem(identity().get("/me"), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(me("x"), 401, "invalid_token"));
    EXPECT_TRUE(is_problem(me(world().sign_in(acme_user).field("refresh_token")), 401, "invalid_token"));
}

TEST(Me, refuses_another_tenants_header) {
    EXPECT_TRUE(is_problem(
        world().as(acme_user, Service::identity).with("X-Tenant-ID", testkit::globex).get("/me"),
        403,
        "tenant_mismatch"
    ));
}

TEST(Me, ends_with_the_session) {
    const Reply tokens = world().sign_in(acme_user);
    ASSERT_EQ(me(tokens.field("access_token")).status(), 200);
    identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(me(tokens.field("access_token")), 401, "session_ended"));
}

TEST(Me, ends_with_the_person_and_with_the_epochs) {
    const std::string where = " where email = 'user@globex.example'";
    const std::string token = world().sign_in(globex_user).field("access_token");
    change("update identity.person set state = 'disabled'" + where);
    EXPECT_TRUE(is_problem(me(token), 401, "session_ended"));
    change("update identity.person set state = 'active', epoch = epoch + 1" + where);
    EXPECT_TRUE(is_problem(me(token), 401, "session_ended"));
    const std::string fresh = world().sign_in(globex_user).field("access_token");
    auto admin = world().database().connect_as_superuser();
    admin.execute_script(
        "update platform.tenant set state = 'suspended', epoch = epoch + 1 where slug = 'globex'"
    );
    EXPECT_TRUE(is_problem(me(fresh), 403, "tenant_suspended"));
    admin.execute_script("update platform.tenant set state = 'active' where slug = 'globex'");
    EXPECT_TRUE(is_problem(me(fresh), 401, "session_ended"));
}

}  // namespace

}  // namespace pz::identity
