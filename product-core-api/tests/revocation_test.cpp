// A token that was revoked is dead on the next request, whatever its exp says. The tests change accounts and
// organizations, so they have a world of their own, and each puts back what it changed.

#include "answers.hpp"

#include <memory>

namespace pz::product {

namespace {

class Revocation : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        testkit::test_cluster();  // ends after the world
        world_ = std::make_unique<World>();
    }

    static void TearDownTestSuite() { world_.reset(); }

    static World& world() { return *world_; }

    /// A session of the test's own.
    static std::string sign_in(const Account& account) {
        return world().sign_in(account).field("access_token");
    }

    static Reply get(std::string_view token, std::string_view path = "/api/v1/items") {
        return world().with_token(token).get(path);
    }

    static void arrange(const std::string& sql) {
        world().database().connect_as_superuser().execute_script(sql);
    }

    static void as_identity(const std::string& sql) {
        world().database().connect("pz_identity").execute_script(sql);
    }

    static std::string acme_state(std::string_view state) {
        return "update platform.tenant set epoch = epoch + 1, state = '" + std::string{state} +
               "' where slug = 'acme'";
    }

    static std::string of_acme_user(const std::string& assignment) {
        return "update identity.person set " + assignment + " where id = '" + std::string{acme_user.person} +
               '\'';
    }

 private:
    static inline std::unique_ptr<World> world_;
};

TEST_F(Revocation, of_one_session_by_signing_out_leaves_the_others_alone) {
    const Reply tokens = world().sign_in(acme_user);
    const std::string token = tokens.field("access_token");
    const std::string other = sign_in(acme_user);
    ASSERT_EQ(get(token).status(), 200);
    ASSERT_EQ(
        world()
            .anonymous(Service::identity)
            .post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}})
            .status(),
        204
    );
    EXPECT_TRUE(is_problem(get(token), 401, "session_ended"));
    EXPECT_EQ(get(other).status(), 200);
}

TEST_F(Revocation, holds_on_every_route) {
    struct Session {
        const Account* account;
        std::vector<std::string> paths;
    };

    const std::string id = unknown_id();
    for (const Session& session :
         {Session{
              &acme_admin,
              {"/api/v1/items",
               "/api/v1/items/" + id,
               "/api/v1/projects",
               "/api/v1/projects/" + id,
               "/api/v1/org"}
          },
          Session{&support_agent, {"/api/v1/support/lookup?q=a"}},
          Session{&platform_admin, {"/api/v1/admin/orgs", "/api/v1/support/lookup?q=a"}}}) {
        const Reply tokens = world().sign_in(*session.account);
        const std::string token = tokens.field("access_token");
        world()
            .anonymous(Service::identity)
            .post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
        for (const std::string& path : session.paths) {
            EXPECT_TRUE(is_problem(get(token, path), 401, "session_ended")) << path;
        }
    }
    const Reply tokens = world().sign_in(acme_admin);
    const auto client = [&] {
        return world().with_token(tokens.field("access_token")).with("If-Match", "\"1\"");
    };
    const std::string item = client().post("/api/v1/items", {{"title", "x"}}).header("Location");
    const std::string project =
        client().post("/api/v1/projects", {{"name", unique_text("x")}}).header("Location");
    world()
        .anonymous(Service::identity)
        .post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(client().post("/api/v1/items", {{"title", "x"}}), 401, "session_ended"));
    EXPECT_TRUE(is_problem(client().patch(item, {{"title", "y"}}), 401, "session_ended"));
    EXPECT_TRUE(is_problem(client().del(item), 401, "session_ended"));
    EXPECT_TRUE(is_problem(client().post("/api/v1/projects", {{"name", "x"}}), 401, "session_ended"));
    EXPECT_TRUE(is_problem(client().patch(project, {{"name", "y"}}), 401, "session_ended"));
    EXPECT_TRUE(is_problem(client().del(project), 401, "session_ended"));
    EXPECT_EQ(get(sign_in(acme_admin), item).field("title"), "x");
}

TEST_F(Revocation, by_suspending_the_tenant_stops_reads_and_writes_of_its_people_only) {
    const std::string acme = sign_in(acme_user);
    const std::string globex = sign_in(globex_user);
    arrange(acme_state("suspended"));
    EXPECT_TRUE(is_problem(get(acme), 403, "tenant_suspended"));
    EXPECT_TRUE(is_problem(get(acme, "/api/v1/org"), 403, "tenant_suspended"));
    EXPECT_TRUE(
        is_problem(world().with_token(acme).post("/api/v1/items", {{"title", "x"}}), 403, "tenant_suspended")
    );
    EXPECT_EQ(get(globex).status(), 200);
    arrange(acme_state("active"));
    // Reactivation does not revive old sessions.
    EXPECT_TRUE(is_problem(get(acme), 401, "session_ended"));
    EXPECT_EQ(get(sign_in(acme_user)).status(), 200);
}

TEST_F(Revocation, holds_in_every_state_in_which_a_tenant_is_not_served) {
    for (const char* state : {"provisioning", "deleting", "deleted"}) {
        const std::string token = sign_in(acme_admin);
        arrange(acme_state(state));
        EXPECT_TRUE(is_problem(get(token), 403, "tenant_suspended")) << state;
        arrange(acme_state("active"));
    }
}

TEST_F(Revocation, by_disabling_the_person) {
    const std::string token = sign_in(acme_user);
    const std::string colleague = sign_in(acme_admin);
    as_identity(of_acme_user("state = 'disabled'"));
    EXPECT_TRUE(is_problem(get(token), 401, "session_ended"));
    EXPECT_EQ(get(colleague).status(), 200);
    EXPECT_EQ(world().sign_in(acme_user).status(), 400);
    as_identity(of_acme_user("state = 'active'"));
}

TEST_F(Revocation, by_raising_the_persons_epoch) {
    const std::string token = sign_in(acme_user);
    const std::string colleague = sign_in(acme_admin);
    as_identity(of_acme_user("epoch = epoch + 1"));
    EXPECT_TRUE(is_problem(get(token), 401, "session_ended"));
    EXPECT_EQ(get(colleague).status(), 200);
    EXPECT_EQ(get(sign_in(acme_user)).status(), 200);
}

TEST_F(Revocation, by_raising_the_tenants_epoch) {
    const std::string token = sign_in(acme_user);
    arrange(acme_state("active"));
    EXPECT_TRUE(is_problem(get(token), 401, "session_ended"));
    EXPECT_EQ(get(sign_in(acme_user)).status(), 200);
}

TEST_F(Revocation, by_the_end_of_the_sessions_time) {
    const std::string token = sign_in(acme_user);
    as_identity(
        "update identity.session set expires_at = now() - interval '1 s' where person_id = '" +
        std::string{acme_user.person} + '\''
    );
    EXPECT_TRUE(is_problem(get(token), 401, "session_ended"));
}

TEST_F(Revocation, of_platform_staff_works_the_same) {
    const std::string token = sign_in(platform_admin);
    ASSERT_EQ(get(token, "/api/v1/admin/orgs").status(), 200);
    as_identity(
        "update identity.person set epoch = epoch + 1 where id = '" + std::string{platform_admin.person} +
        '\''
    );
    EXPECT_TRUE(is_problem(get(token, "/api/v1/admin/orgs"), 401, "session_ended"));
}

TEST_F(Revocation, does_not_touch_a_read_only_tenants_reads) {
    arrange(acme_state("read_only"));
    const std::string token = sign_in(acme_admin);
    const auto client = [&] { return world().with_token(token).with("If-Match", "\"1\""); };
    const std::string item = "/api/v1/items/0197c0de-0001-7000-a000-000000000001";
    EXPECT_EQ(get(token).status(), 200);
    EXPECT_EQ(get(token, item).status(), 200);
    EXPECT_EQ(get(token, "/api/v1/org").field("state"), "read_only");
    EXPECT_TRUE(is_problem(client().post("/api/v1/items", {{"title", "x"}}), 403, "tenant_read_only"));
    EXPECT_TRUE(is_problem(client().patch(item, {{"title", "x"}}), 403, "tenant_read_only"));
    EXPECT_TRUE(is_problem(client().del(item), 403, "tenant_read_only"));
    EXPECT_TRUE(is_problem(client().post("/api/v1/projects", {{"name", "x"}}), 403, "tenant_read_only"));
    arrange(acme_state("active"));
    EXPECT_EQ(get(sign_in(acme_admin), item).status(), 200);
}

}  // namespace

}  // namespace pz::product
