// /me/sessions, /api/v1/sessions, /me/switch-tenant: seeing, ending and moving sessions.

#include "answers.hpp"

#include <boost/json/array.hpp>

#include <set>

namespace pz::identity {

namespace {

using testkit::globex_admin;
using testkit::world;

/// Somebody's session, by its tokens.
struct SignedIn {
    explicit SignedIn(const Account& account) : SignedIn(world().sign_in(account)) {}

    explicit SignedIn(const Reply& reply)
        : access_token(reply.field("access_token")),
          refresh_token(reply.field("refresh_token")),
          id(decode_part(access_token, 1).at("sid").as_string()) {}

    [[nodiscard]] Client client() const { return world().with_token(access_token, Service::identity); }

    [[nodiscard]] std::string column(const std::string& expression) const {
        return world()
            .database()
            .connect("pz_identity")
            .value("select " + expression + " from identity.session where id = $1", {id});
    }

    std::string access_token;
    std::string refresh_token;
    std::string id;
};

std::set<std::string> ids_of(const Reply& list) {
    std::set<std::string> ids;
    for (const auto& item : list.json().at("items").as_array()) {
        ids.emplace(item.at("id").as_string());
    }
    return ids;
}

boost::json::object find(const Reply& list, const std::string& id) {
    for (const auto& item : list.json().at("items").as_array()) {
        if (item.at("id").as_string() == id) {
            return item.as_object();
        }
    }
    throw testkit::ClientError{"no session " + id + " in " + list.text()};
}

/// A second membership, for as long as the object lives.
class AlsoMember {
 public:
    AlsoMember(const Account& account, std::string_view tenant, std::string_view role)
        : where_(
              " where person_id = '" + std::string{account.person} + "' and tenant_id = '" +
              std::string{tenant} + '\''
          ) {
        change(
            "insert into identity.membership (tenant_id, person_id, role) values ('" + std::string{tenant} +
            "', '" + std::string{account.person} + "', '" + std::string{role} + "')"
        );
    }

    AlsoMember(const AlsoMember&) = delete;
    AlsoMember& operator=(const AlsoMember&) = delete;

    ~AlsoMember() { change("delete from identity.membership" + where_); }

 private:
    std::string where_;
};

bool is_live(const SignedIn& session) {
    const Reply api = ask_api(session.access_token);
    const Reply identity_answer = session.client().get("/me");
    EXPECT_EQ(api.status(), identity_answer.status());
    EXPECT_TRUE(api.status() == 200 || is_problem(api, 401, "session_ended"));
    EXPECT_EQ(refresh(session.refresh_token).status() == 200, api.status() == 200);
    return api.status() == 200;
}

TEST(MySessions, are_listed_with_what_a_person_recognizes_them_by) {
    const SignedIn here{identity()
                            .with("User-Agent", "Phone/1.0 (blue)")
                            .post_form(
                                "/token",
                                {{"username", std::string{acme_user.email}},
                                 {"password", std::string{acme_user.password}}}
                            )};
    const SignedIn there{acme_user};
    const Reply list = here.client().get("/me/sessions");
    ASSERT_EQ(list.status(), 200) << list.text();
    const boost::json::object mine = find(list, here.id);
    EXPECT_EQ(
        members_of(mine),
        (std::vector<std::string>{
            "id",
            "current",
            "tenant",
            "created_at",
            "last_used_at",
            "auth_time",
            "idle_expires_at",
            "expires_at",
            "amr",
            "user_agent"
        })
    );
    EXPECT_TRUE(mine.at("current").as_bool());
    EXPECT_EQ(mine.at("user_agent").as_string(), "Phone/1.0 (blue)");
    EXPECT_EQ(mine.at("tenant").at("id").as_string(), testkit::acme);
    EXPECT_EQ(mine.at("amr"), (boost::json::array{"pwd"}));
    EXPECT_FALSE(find(list, there.id).at("current").as_bool());
    EXPECT_EQ(ids_of(list), ids_of(there.client().get("/me/sessions")));
    EXPECT_FALSE(ids_of(world().as(acme_admin, Service::identity).get("/me/sessions")).contains(here.id));
}

TEST(MySessions, shorten_and_clean_what_a_browser_says_it_is) {
    const SignedIn session{identity()
                               .with("User-Agent", std::string(500, 'x') + "\xc3\xa9")
                               .post_form(
                                   "/token",
                                   {{"username", std::string{acme_user.email}},
                                    {"password", std::string{acme_user.password}}}
                               )};
    EXPECT_EQ(session.column("char_length(user_agent)"), "200");
}

TEST(MySessions, that_ended_long_ago_are_swept_away_when_somebody_signs_in) {
    const SignedIn old(acme_user);
    const SignedIn recent(acme_user);
    auto superuser = world().database().connect_as_superuser();
    const auto age = [&](const SignedIn& session, const char* days) {
        (void)superuser.query(
            "update identity.session set expires_at = now() - $2::interval, idle_expires_at = now() - "
            "$2::interval where id = $1",
            {session.id, days}
        );
    };
    age(old, "400 days");
    age(recent, "29 days");
    const SignedIn next(acme_user);
    const auto is_there = [&](const char* table, const std::string& id) {
        return superuser.value(std::string{"select count(*) from "} + table + " where id = $1", {id}) == "1";
    };
    EXPECT_FALSE(is_there("identity.session", old.id));
    EXPECT_FALSE(is_there("platform.live_session", old.id));
    EXPECT_TRUE(is_there("identity.session", recent.id));
    EXPECT_TRUE(is_there("identity.session", next.id));
}

TEST(MySessions, are_ended_for_every_service_at_once) {
    const SignedIn here{acme_user};
    const SignedIn lost{acme_user};
    ASSERT_TRUE(is_live(lost));
    EXPECT_EQ(here.client().del("/me/sessions/" + lost.id).status(), 204);
    EXPECT_FALSE(is_live(lost));
    EXPECT_EQ(lost.column("revoke_reason"), "ended");
    EXPECT_FALSE(ids_of(here.client().get("/me/sessions")).contains(lost.id));
    EXPECT_TRUE(is_live(here));
}

TEST(MySessions, that_are_unknown_ended_or_somebody_elses_look_alike) {
    const SignedIn here{acme_user};
    const SignedIn gone{acme_user};
    ASSERT_EQ(here.client().del("/me/sessions/" + gone.id).status(), 204);
    const SignedIn neighbour{acme_admin};
    const SignedIn stranger{globex_user};
    const auto answer = [&](const std::string& id) {
        const Reply reply = here.client().del("/me/sessions/" + id);
        EXPECT_TRUE(is_problem(reply, 404, "not_found"));
        std::string text = reply.text();
        const std::string request_id = reply.field("request_id");
        return text.replace(text.find(request_id), request_id.size(), "…");
    };
    const std::string unknown = answer("0197c0de-ffff-7000-8000-000000000000");
    for (const std::string& id : {gone.id, neighbour.id, stranger.id}) {
        EXPECT_EQ(answer(id), unknown);
    }
    EXPECT_TRUE(is_live(neighbour));
    EXPECT_TRUE(is_live(stranger));
    EXPECT_TRUE(is_problem(here.client().del("/me/sessions/x"), 422, "invalid_input"));
}

TEST(MySessions, end_all_together_but_the_one_that_asks) {
    const AlsoMember second{globex_user, testkit::acme, "standard"};
    const SignedIn here{globex_user};
    const SignedIn other{globex_user};
    const SignedIn moving{globex_user};
    const SignedIn switched{moving.client().post(
        "/me/switch-tenant", {{"tenant_id", testkit::acme}, {"refresh_token", moving.refresh_token}}
    )};
    ASSERT_TRUE(is_live(switched));
    const Reply reply = here.client().del("/me/sessions");
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_GE(reply.json().at("ended").as_int64(), 2);
    EXPECT_FALSE(is_live(other));
    EXPECT_FALSE(is_live(switched));
    EXPECT_TRUE(is_live(here));
    EXPECT_EQ(ids_of(here.client().get("/me/sessions")), std::set<std::string>{here.id});
}

TEST(MySessions, can_be_ended_while_the_organization_is_read_only) {
    const SignedIn mine{globex_admin};
    const SignedIn stolen{globex_admin};
    auto admin = world().database().connect_as_superuser();
    admin.execute_script("update platform.tenant set state = 'read_only' where slug = 'globex'");
    const Reply ended = mine.client().del("/me/sessions/" + stolen.id);
    admin.execute_script("update platform.tenant set state = 'active' where slug = 'globex'");
    EXPECT_EQ(ended.status(), 204) << ended.text();
    EXPECT_FALSE(is_live(stolen));
    EXPECT_TRUE(is_live(mine));
}

TEST(MySessions, need_a_live_token) {
    EXPECT_TRUE(is_problem(identity().get("/me/sessions"), 401, "not_authenticated"));
    const SignedIn session{acme_user};
    EXPECT_EQ(session.client().del("/me/sessions/" + session.id).status(), 204) << "one's own is a sign-out";
    EXPECT_TRUE(is_problem(session.client().get("/me/sessions"), 401, "session_ended"));
    EXPECT_TRUE(is_problem(session.client().del("/me/sessions"), 401, "session_ended"));
}

TEST(Sessions, of_a_member_are_seen_and_ended_by_the_organizations_admin) {
    const SignedIn member{acme_user};
    Client admin = world().as(acme_admin, Service::identity);
    const std::string path = "/api/v1/people/" + std::string{acme_user.person} + "/sessions";
    EXPECT_TRUE(ids_of(admin.get(path)).contains(member.id));
    EXPECT_EQ(admin.del("/api/v1/sessions/" + member.id).status(), 204);
    EXPECT_FALSE(is_live(member));
    EXPECT_EQ(member.column("revoke_reason"), "forced");
    EXPECT_TRUE(is_problem(admin.del("/api/v1/sessions/" + member.id), 404, "not_found"));
}

TEST(Sessions, of_another_organization_are_not_there_for_an_admin) {
    const AlsoMember second{globex_user, testkit::acme, "standard"};
    const SignedIn elsewhere{globex_user};
    Client admin = world().as(acme_admin, Service::identity);
    EXPECT_TRUE(is_problem(admin.del("/api/v1/sessions/" + elsewhere.id), 404, "not_found"));
    EXPECT_FALSE(ids_of(admin.get("/api/v1/people/" + std::string{globex_user.person} + "/sessions"))
                     .contains(elsewhere.id)
    ) << "a member's session in another organization is that organization's";
    EXPECT_TRUE(is_live(elsewhere));
}

TEST(Sessions, of_anybody_are_ended_by_a_platform_administrator) {
    const SignedIn anybody{globex_user};
    Client admin = world().as(platform_admin, Service::identity);
    const std::string path = "/api/v1/people/" + std::string{globex_user.person} + "/sessions";
    EXPECT_TRUE(ids_of(admin.get(path)).contains(anybody.id));
    EXPECT_EQ(admin.del("/api/v1/sessions/" + anybody.id).status(), 204);
    EXPECT_FALSE(is_live(anybody));
}

TEST(Sessions, are_nothing_for_other_roles) {
    const SignedIn member{acme_user};
    for (const Account& account : {acme_user, support_agent}) {
        Client client = world().as(account, Service::identity);
        EXPECT_TRUE(is_problem(client.del("/api/v1/sessions/" + member.id), 403, "forbidden"));
        EXPECT_TRUE(is_problem(
            client.get("/api/v1/people/" + std::string{acme_user.person} + "/sessions"), 403, "forbidden"
        ));
    }
    EXPECT_TRUE(is_live(member));
}

Reply switch_tenant(const SignedIn& session, std::string_view tenant) {
    return session.client().post(
        "/me/switch-tenant", {{"tenant_id", tenant}, {"refresh_token", session.refresh_token}}
    );
}

TEST(SwitchTenant, goes_on_in_a_new_session_of_the_other_organization) {
    const AlsoMember second{globex_user, testkit::acme, "admin"};
    const SignedIn before{globex_user};
    const Reply reply = switch_tenant(before, testkit::acme);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const SignedIn after{reply};
    const boost::json::object claims = decode_part(after.access_token, 1);
    EXPECT_EQ(claims.at("tenant_id").as_string(), testkit::acme);
    EXPECT_EQ(claims.at("role").as_string(), "admin");
    EXPECT_NE(after.id, before.id);
    EXPECT_EQ(claims.at("auth_time"), decode_part(before.access_token, 1).at("auth_time"));
    EXPECT_EQ(
        after.column(
            "expires_at <= (select max(expires_at) from identity.session where id = '" + before.id + "')"
        ),
        "t"
    ) << "no switch prolongs a session";
    EXPECT_FALSE(is_live(before));
    EXPECT_EQ(before.column("revoke_reason"), "switched_tenant");
    EXPECT_TRUE(is_live(after));
}

TEST(SwitchTenant, needs_a_membership_in_an_organization_that_is_open) {
    const SignedIn session{globex_user};
    const Reply unknown = switch_tenant(session, "0197c0de-0000-7000-8000-0000000000ff");
    EXPECT_TRUE(is_problem(unknown, 404, "not_found"));
    EXPECT_EQ(switch_tenant(session, testkit::acme).text().size(), unknown.text().size());
    EXPECT_TRUE(is_problem(switch_tenant(session, testkit::acme), 404, "not_found"));
    EXPECT_TRUE(is_problem(switch_tenant(session, testkit::globex), 404, "not_found")) << "already there";
    {
        const AlsoMember disabled{globex_user, testkit::acme, "standard"};
        change(
            "update identity.membership set state = 'disabled' where tenant_id = '" +
            std::string{testkit::acme} + "' and person_id = '" + std::string{globex_user.person} + '\''
        );
        EXPECT_TRUE(is_problem(switch_tenant(session, testkit::acme), 404, "not_found")) << "disabled there";
    }
    const AlsoMember suspended{globex_user, testkit::initech, "standard"};
    EXPECT_TRUE(is_problem(switch_tenant(session, testkit::initech), 403, "tenant_suspended"));
    EXPECT_TRUE(is_live(session)) << "a switch that fails changes nothing";
}

TEST(SwitchTenant, needs_the_sessions_own_refresh_token) {
    const AlsoMember second{globex_user, testkit::acme, "standard"};
    const SignedIn session{globex_user};
    const SignedIn other{globex_user};
    for (const boost::json::value& body :
         {boost::json::value{{"tenant_id", testkit::acme}},
          boost::json::value{{"tenant_id", testkit::acme}, {"refresh_token", other.refresh_token}},
          boost::json::value{
              {"tenant_id", testkit::acme}, {"refresh_token", session.access_token.substr(0, 90)}
          },
          boost::json::value{{"tenant_id", testkit::acme}, {"refresh_token", "x"}}}) {
        EXPECT_TRUE(is_problem(session.client().post("/me/switch-tenant", body), 422, "invalid_input"));
    }
    const std::string child = refresh(session.refresh_token).field("refresh_token");
    ASSERT_EQ(refresh(child).status(), 200);
    EXPECT_TRUE(is_problem(switch_tenant(session, testkit::acme), 422, "invalid_input")) << "a grandparent";
}

TEST(SwitchTenant, keeps_the_short_limits_of_platform_roles) {
    const AlsoMember second{globex_admin, testkit::numbersence, "support_agent"};
    change(
        "update identity.membership set created_at = now() - interval '1 year' where tenant_id = '" +
        std::string{testkit::globex} + "'"
    );
    const SignedIn late{globex_admin};
    change(
        "update identity.session set auth_time = auth_time - interval '11 hours' where id = '" + late.id +
        '\''
    );
    EXPECT_TRUE(is_problem(switch_tenant(late, testkit::numbersence), 401, "reauthentication_required"))
        << "the sign-in is older than such a session may be";
    const SignedIn fresh{globex_admin};
    change(
        "update identity.session set auth_time = auth_time - interval '9 hours' where id = '" + fresh.id +
        '\''
    );
    const Reply reply = switch_tenant(fresh, testkit::numbersence);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const SignedIn staff{reply};
    EXPECT_EQ(staff.column("expires_at - auth_time"), "10:00:00");
    EXPECT_EQ(staff.column("idle_expires_at - created_at"), "00:30:00");
    EXPECT_LE(reply.json().at("expires_in").as_int64(), 600);
}

TEST(SwitchTenant, moves_the_consoles_cookie) {
    const AlsoMember second{globex_user, testkit::acme, "standard"};
    const auto console = [](std::string_view cookie, std::string_view token) {
        return identity()
            .with("X-Requested-With", "phasezero-web")
            .with("Cookie", cookie)
            .with("Authorization", "Bearer " + std::string{token});
    };
    const Reply tokens = identity()
                             .with("X-Requested-With", "phasezero-web")
                             .post_form(
                                 "/token",
                                 {{"username", std::string{globex_user.email}},
                                  {"password", std::string{globex_user.password}}}
                             );
    const auto cookie_of = [](const Reply& reply) {
        const std::string cookie = reply.header("Set-Cookie");
        return cookie.substr(0, cookie.find(';'));
    };
    const Reply reply = console(cookie_of(tokens), tokens.field("access_token"))
                            .post("/me/switch-tenant", {{"tenant_id", testkit::acme}});
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_TRUE(reply.json().at("refresh_token").is_null());
    ASSERT_TRUE(cookie_of(reply).starts_with("pz_refresh="));
    EXPECT_EQ(
        console(cookie_of(reply), "x").post_form("/token", {{"grant_type", "refresh_token"}}).status(), 200
    );
    EXPECT_NE(
        console(cookie_of(tokens), "x").post_form("/token", {{"grant_type", "refresh_token"}}).status(), 200
    );
}

}  // namespace

}  // namespace pz::identity
