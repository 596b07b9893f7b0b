// The life of an organization as its people see it: who gets in, who may write, and what is dead afterwards.
// The tests change organizations that others use, so they have a world of their own.

#include "answers.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

namespace pz::product {

namespace {

using boost::json::object;

constexpr const char* good_password = "a long walk in the rain";

class OrgLife : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>();
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

    static Client staff() { return world().as(platform_admin); }

    /// A step of Globex's: "suspend", "reactivate", …
    static Reply step(const std::string& name, const object& body = {{"reason", "because a test wants it"}}) {
        return staff().post("/api/v1/admin/orgs/" + std::string{testkit::globex} + '/' + name, body);
    }

    static std::string state() {
        return staff().get("/api/v1/admin/orgs/" + std::string{testkit::globex}).field("state");
    }

    static Reply refresh(const Reply& tokens) {
        return world()
            .anonymous(Service::identity)
            .post_form(
                "/token", {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}
            );
    }

    static Reply get(const Reply& tokens, const std::string& path = "/api/v1/items") {
        return world().with_token(tokens.field("access_token")).get(path);
    }

    static Reply create_item(const Reply& tokens) {
        return world().with_token(tokens.field("access_token")).post("/api/v1/items", {{"title", "x"}});
    }

    /// What stands behind '#' in the letter to the address, as soon as it is there.
    static std::string token_mailed_to(const std::string& address) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        while (std::chrono::steady_clock::now() < limit) {
            for (const auto& entry : std::filesystem::directory_iterator(world().mail_folder())) {
                std::ifstream file{entry.path(), std::ios::binary};
                std::string text{std::istreambuf_iterator<char>{file}, {}};
                for (std::size_t at = text.find("=\r\n"); at != std::string::npos; at = text.find("=\r\n")) {
                    text.erase(at, 3);
                }
                const std::size_t hash = text.find('#');
                if (entry.path().extension() == ".eml" && text.contains("<" + address + ">") &&
                    hash != std::string::npos) {
                    return text.substr(hash + 1, text.find("\r\n", hash) - hash - 1);
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
        }
        throw testkit::ClientError{"no letter to " + address};
    }

 private:
    static inline std::unique_ptr<World> world_;
};

TEST_F(OrgLife, begins_with_an_admin_who_accepts_the_invitation) {
    object body = org_body();
    body["admin_email"] = "first.admin@wayne.example";
    const Reply org = staff().post("/api/v1/admin/orgs", body);
    ASSERT_EQ(org.status(), 201) << org.text();
    const Reply accepted = world()
                               .anonymous(Service::identity)
                               .post(
                                   "/invitations/accept",
                                   {{"token", token_mailed_to("first.admin@wayne.example")},
                                    {"name", "First Admin"},
                                    {"password", good_password}}
                               );
    ASSERT_EQ(accepted.status(), 204) << accepted.text();
    const Reply tokens =
        world()
            .anonymous(Service::identity)
            .post_form("/token", {{"username", "first.admin@wayne.example"}, {"password", good_password}});
    EXPECT_EQ(get(tokens, "/api/v1/org").id(), org.id());
    EXPECT_EQ(create_item(tokens).status(), 201);
    const auto detail = staff().get(org.header("Location")).json();
    EXPECT_EQ(detail.at("people").at("admins"), 1);
    EXPECT_EQ(detail.at("people").at("invited"), 0);
    EXPECT_TRUE(is_problem(
        staff().post(org.header("Location") + "/invite-admin", {{"email", "second@wayne.example"}}),
        409,
        "conflict"
    ));
}

TEST_F(OrgLife, suspending_ends_sessions_and_keeps_the_reason) {
    const Reply before = world().sign_in(globex_admin);
    const Reply suspended = step("suspend", {{"reason", "the bill has not been paid"}});
    ASSERT_EQ(suspended.status(), 200) << suspended.text();
    EXPECT_EQ(suspended.field("state"), "suspended");
    EXPECT_EQ(suspended.field("state_reason"), "the bill has not been paid");
    EXPECT_EQ(suspended.field("state_changed_by"), platform_admin.person);
    EXPECT_TRUE(is_problem(get(before), 403, "tenant_suspended"));
    EXPECT_TRUE(is_problem(create_item(before), 403, "tenant_suspended"));
    const Reply refused = world().sign_in(globex_admin);
    EXPECT_EQ(refused.status(), 403);
    EXPECT_EQ(refused.field("error"), "tenant_suspended");
    EXPECT_EQ(refresh(before).field("error"), "invalid_grant");
    EXPECT_EQ(get(world().sign_in(acme_admin)).status(), 200) << "the others go on";

    EXPECT_EQ(step("reactivate", object{}).field("state"), "active");
    EXPECT_TRUE(is_problem(get(before), 401, "session_ended"));
    EXPECT_EQ(refresh(before).field("error"), "invalid_grant") << "a session came back with the tenant";
    EXPECT_EQ(create_item(world().sign_in(globex_admin)).status(), 201);
}

TEST_F(OrgLife, read_only_reads_and_lets_sessions_go_on) {
    const Reply before = world().sign_in(globex_user);
    EXPECT_EQ(step("read-only").field("state"), "read_only");
    EXPECT_TRUE(is_problem(get(before), 401, "session_ended"));
    const Reply after = refresh(before);
    EXPECT_EQ(get(after).status(), 200);
    EXPECT_TRUE(is_problem(create_item(after), 403, "tenant_read_only"));
    EXPECT_EQ(step("reactivate", object{}).status(), 200);
    EXPECT_EQ(create_item(refresh(after)).status(), 201);
}

TEST_F(OrgLife, a_scheduled_deletion_leaves_admins_their_data_and_nobody_else_anything) {
    EXPECT_EQ(step("read-only").status(), 200);
    const Reply scheduled = step("schedule-deletion");
    EXPECT_EQ(scheduled.field("state"), "deletion_scheduled");
    EXPECT_EQ(scheduled.field("state_before_deletion"), "read_only");
    EXPECT_FALSE(scheduled.json().at("deletion_due_at").is_null());

    const Reply admin = world().sign_in(globex_admin);
    EXPECT_EQ(get(admin).status(), 200);
    EXPECT_EQ(get(admin, "/api/v1/org").field("state"), "deletion_scheduled");
    EXPECT_EQ(world().with_token(admin.field("access_token"), Service::identity).get("/me").status(), 200);
    EXPECT_TRUE(is_problem(create_item(admin), 403, "tenant_read_only"));
    EXPECT_EQ(world().sign_in(globex_user).field("error"), "tenant_suspended");

    EXPECT_EQ(step("undo-deletion", object{}).field("state"), "read_only");
    EXPECT_TRUE(is_problem(get(admin), 401, "session_ended"));
    EXPECT_EQ(get(world().sign_in(globex_user)).status(), 200);
    EXPECT_EQ(step("reactivate", object{}).status(), 200);
}

TEST_F(OrgLife, a_deletion_that_is_due_cannot_be_undone) {
    const Reply org = staff().post("/api/v1/admin/orgs", org_body());
    const std::string location = org.header("Location");
    const object why{{"reason", "because a test wants it"}};
    ASSERT_EQ(staff().post(location + "/schedule-deletion", why).status(), 200);
    world().database().connect_as_superuser().execute_script(
        "update platform.tenant set deletion_due_at = now() where id = '" + org.id() + '\''
    );
    EXPECT_TRUE(is_problem(staff().post(location + "/undo-deletion", object{}), 409, "wrong_state"));
}

TEST_F(OrgLife, refuses_steps_that_do_not_lead_on_and_says_nothing_has_changed) {
    for (const char* name : {"reactivate", "undo-deletion"}) {
        EXPECT_TRUE(is_problem(step(name, object{}), 409, "wrong_state")) << name;
    }
    EXPECT_EQ(state(), "active");
    ASSERT_EQ(step("suspend").status(), 200);
    for (const char* name : {"suspend", "read-only"}) {
        EXPECT_TRUE(is_problem(step(name), 409, "wrong_state")) << name;
    }
    ASSERT_EQ(step("reactivate", object{}).status(), 200);
}

TEST_F(OrgLife, of_the_platforms_own_organization_is_nobodys_to_change) {
    for (const char* name : {"suspend", "read-only", "schedule-deletion"}) {
        EXPECT_TRUE(is_problem(
            staff().post(
                "/api/v1/admin/orgs/" + std::string{testkit::numbersence} + '/' + name,
                {{"reason", "because a test wants it"}}
            ),
            409,
            "wrong_state"
        )) << name;
    }
}

TEST_F(OrgLife, needs_a_reason_where_people_lose_something) {
    for (const char* name : {"suspend", "read-only", "schedule-deletion"}) {
        EXPECT_TRUE(is_invalid(step(name, object{}), "body.reason")) << name;
        EXPECT_TRUE(is_invalid(step(name, {{"reason", "short"}}), "body.reason")) << name;
    }
    EXPECT_EQ(state(), "active");
}

TEST_F(OrgLife, of_an_unknown_organization_is_404) {
    for (const char* name : {"suspend", "read-only", "schedule-deletion", "reactivate", "undo-deletion"}) {
        EXPECT_TRUE(is_problem(
            staff().post(
                "/api/v1/admin/orgs/" + unknown_id() + '/' + name, {{"reason", "because a test wants it"}}
            ),
            404,
            "not_found"
        )) << name;
    }
}

TEST_F(OrgLife, stands_in_the_platforms_chain_and_in_the_organizations_own) {
    ASSERT_EQ(step("suspend").status(), 200);
    ASSERT_EQ(step("suspend").status(), 409);
    ASSERT_EQ(step("reactivate", object{}).status(), 200);
    auto connection = world().database().connect("pz_backup");
    const auto actions_in = [&](std::string_view chain) {
        return connection.value(
            "select string_agg(action, ' ' order by seq) from (select action, seq from audit.event where "
            "tenant_id = $1"
            " and target_id = $2 and actor_id = $3 and outcome = 'success' order by seq desc limit 2) latest",
            {std::string{chain}, std::string{testkit::globex}, std::string{platform_admin.person}}
        );
    };
    EXPECT_EQ(actions_in(testkit::globex), "org.suspended org.reactivated");
    EXPECT_NE(
        connection
            .value(
                "select convert_from(body, 'UTF8') from audit.event where tenant_id = $1 and action = "
                "'org.suspended'"
                " order by seq desc limit 1",
                {std::string{testkit::globex}}
            )
            .find("because a test wants it"),
        std::string::npos
    ) << "the organization's admins can read why";
    EXPECT_EQ(
        connection.value(
            "select count(*) from audit.event where tenant_id = '00000000-0000-0000-0000-000000000000'"
            " and target_id = $1 and action in ('org.suspended', 'org.reactivated')",
            {std::string{testkit::globex}}
        ),
        connection.value(
            "select count(*) from audit.event where tenant_id = $1 and action in ('org.suspended', "
            "'org.reactivated')",
            {std::string{testkit::globex}}
        )
    );
}

}  // namespace

}  // namespace pz::product
