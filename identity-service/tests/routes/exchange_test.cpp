// POST /token with token exchange (RFC 8693): platform staff get a token for an impersonation session.

#include "clients.hpp"

#include <pz/auth/support_principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <boost/json/array.hpp>

namespace pz::identity {

namespace {

using testkit::world, testkit::acme, testkit::globex, testkit::initech;

std::string sql_text(std::string_view text) {
    return '\'' + std::string{text} + '\'';
}

/// A session as the business API will write it, with changes to its row.
struct Impersonation {
    explicit Impersonation(
        const Account& agent = support_agent, std::string_view tenant = acme, const std::string& changes = {}
    ) {
        world().database().connect_as_superuser().execute_script(
            "delete from platform.impersonation_session where tenant_id = " + sql_text(tenant) +
            " and agent_id = " + sql_text(agent.person) +
            "; insert into platform.impersonation_session (tenant_id, id, agent_id, agent_role, state, "
            "reason,"
            " requested_at, started_at, last_request_at, expires_at) values (" +
            sql_text(tenant) + ", " + sql_text(id) + ", " + sql_text(agent.person) + ", " +
            sql_text(agent.role) +
            ", 'active', 'a customer asked for help', now(), now(), now(), now() + interval '30 minutes')"
        );
        if (!changes.empty()) {
            set(changes);
        }
    }

    void set(const std::string& changes) const {
        world().database().connect_as_superuser().execute_script(
            "update platform.impersonation_session set " + changes + " where id = " + sql_text(id)
        );
    }

    std::string id = core::Uuid::v7(core::SystemClock{}).to_string();
};

Form form_of(const std::string& session, const std::string& actor_token) {
    return {
        {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
        {"subject_token", session},
        {"subject_token_type", "urn:phasezero:params:oauth:token-type:impersonation-session"},
        {"actor_token", actor_token},
        {"actor_token_type", "urn:ietf:params:oauth:token-type:access_token"}
    };
}

Reply trade(const Impersonation& session, const Account& agent = support_agent) {
    return identity().post_form("/token", form_of(session.id, world().token(agent)));
}

testing::AssertionResult is_refused(const Reply& reply) {
    return is_oauth_error(reply, 400, "invalid_request");
}

TEST(TokenExchange, gives_a_token_that_names_both) {
    const Impersonation session;
    const Reply reply = trade(session);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(
        members_of(reply.json().as_object()),
        (std::vector<std::string>{"access_token", "token_type", "expires_in", "scope", "issued_token_type"})
    );
    EXPECT_EQ(reply.field("issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
    EXPECT_EQ(reply.header("Set-Cookie"), "");
    const auto claims = decode_part(reply.field("access_token"), 1);
    const auto agent = decode_part(world().token(support_agent), 1);
    EXPECT_EQ(claims.at("sub").as_string(), auth::support_principal(*core::Uuid::parse(acme)).to_string())
        << "nobody in particular";
    EXPECT_EQ(claims.at("tenant_id").as_string(), acme);
    EXPECT_EQ(claims.at("role").as_string(), "standard");
    EXPECT_EQ(claims.at("roles"), boost::json::array{"standard"});
    EXPECT_EQ(claims.at("sid"), agent.at("sid"));
    EXPECT_EQ(claims.at("pv"), agent.at("pv"));
    EXPECT_EQ(claims.at("aud"), boost::json::array{"product-core-api"});
    EXPECT_EQ(
        claims.at("act"),
        (boost::json::object{
            {"iss", world().identity().origin()}, {"sub", support_agent.person}, {"role", "support_agent"}
        })
    );
    EXPECT_EQ(
        claims.at("imp"), (boost::json::object{{"sid", session.id}, {"mode", "ro"}, {"approved_by", nullptr}})
    );
    EXPECT_EQ(members_of(claims).back(), "act") << "set last, after every other claim";
    EXPECT_EQ(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 600);
    EXPECT_NE(claims.at("jti"), agent.at("jti"));
}

TEST(TokenExchange, never_outlives_the_session) {
    const Impersonation session{support_agent, acme, "expires_at = now() + interval '100 s'"};
    const auto claims = decode_part(trade(session).field("access_token"), 1);
    EXPECT_LE(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 100);
}

TEST(TokenExchange, says_who_was_chosen_and_who_approved) {
    const Impersonation session{
        support_agent,
        acme,
        "mode = 'rw', approved_by = " + sql_text(platform_admin.person) +
            ", person_id = " + sql_text(acme_user.person)
    };
    const auto claims = decode_part(trade(session).field("access_token"), 1);
    EXPECT_EQ(claims.at("sub").as_string(), acme_user.person);
    EXPECT_EQ(claims.at("imp").at("mode").as_string(), "rw");
    EXPECT_EQ(claims.at("imp").at("approved_by").as_string(), platform_admin.person);
}

TEST(TokenExchange, is_the_same_to_introspection) {
    const RegisteredClient server = register_client({.introspects = true});
    const Impersonation session;
    const std::string token = trade(session).field("access_token");
    const auto look = [&] {
        return identity().with("Authorization", server.basic()).post_form("/introspect", {{"token", token}});
    };
    boost::json::object expected = decode_part(token, 1);
    expected["active"] = true;
    expected["token_type"] = "Bearer";
    EXPECT_EQ(look().json(), expected);
    session.set("state = 'ended', ended_at = now()");
    EXPECT_EQ(look().text(), R"({"active":false})");
}

TEST(TokenExchange, needs_a_session_that_is_active_now) {
    for (const char* state : {"pending", "denied", "expired", "ended", "idle", "revoked"}) {
        EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, acme, "state = " + sql_text(state)})))
            << state;
    }
    EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, acme, "expires_at = now() - interval '1 s'"})));
    EXPECT_TRUE(is_refused(
        trade(Impersonation{support_agent, acme, "last_request_at = now() - interval '11 minutes'"})
    ));
    EXPECT_TRUE(is_refused(identity().post_form(
        "/token", form_of("0197c0de-0000-7000-8000-0000000000ff", world().token(support_agent))
    )));
}

TEST(TokenExchange, is_for_the_sessions_own_agent) {
    const Impersonation session;
    const Reply unknown = identity().post_form(
        "/token", form_of("0197c0de-0000-7000-8000-0000000000ff", world().token(platform_admin))
    );
    EXPECT_TRUE(are_indistinguishable(trade(session, platform_admin), unknown))
        << "another agent's looks like none";
    for (const Account& account : {acme_admin, acme_user, globex_user}) {
        EXPECT_TRUE(is_refused(trade(session, account))) << account.email;
    }
    session.set("agent_role = 'platform_admin'");
    EXPECT_TRUE(is_refused(trade(session))) << "the role has changed since";
}

TEST(TokenExchange, makes_nobody_of_power) {
    for (const std::string_view person :
         {acme_admin.person, platform_admin.person, support_agent.person, globex_user.person}) {
        EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, acme, "person_id = " + sql_text(person)})))
            << person;
    }
    change("update identity.person set state = 'disabled' where id = " + sql_text(acme_user.person));
    EXPECT_TRUE(
        is_refused(trade(Impersonation{support_agent, acme, "person_id = " + sql_text(acme_user.person)}))
    );
    change("update identity.person set state = 'active' where id = " + sql_text(acme_user.person));
}

TEST(TokenExchange, does_not_nest) {
    const Impersonation session;
    const std::string token = trade(session).field("access_token");
    const Impersonation second{support_agent, globex};
    EXPECT_TRUE(is_refused(identity().post_form("/token", form_of(second.id, token))));
    EXPECT_EQ(trade(second).status(), 200) << "with the agent's own token it would do";
}

TEST(TokenExchange, ends_with_the_agents_session_and_role) {
    const Impersonation session;
    const Reply tokens = world().sign_in(support_agent);
    const auto ask = [&](const Reply& own) {
        return identity().post_form("/token", form_of(session.id, own.field("access_token")));
    };
    EXPECT_EQ(ask(tokens).status(), 200);
    identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_refused(ask(tokens)));
}

TEST(TokenExchange, looks_into_tenants_in_trouble_read_only) {
    const std::string approved = ", mode = 'rw', approved_by = " + sql_text(acme_admin.person);
    EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, initech})))
        << "suspended: platform admins alone";
    EXPECT_EQ(trade(Impersonation{platform_admin, initech}, platform_admin).status(), 200);
    EXPECT_TRUE(
        is_refused(trade(Impersonation{platform_admin, initech, "ticket = 'x'" + approved}, platform_admin))
    );
    auto admin = world().database().connect_as_superuser();
    admin.execute_script("update platform.tenant set state = 'read_only' where slug = 'globex'");
    EXPECT_EQ(trade(Impersonation{support_agent, globex}).status(), 200);
    EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, globex, "ticket = 'x'" + approved})));
    admin.execute_script("update platform.tenant set state = 'deletion_scheduled' where slug = 'globex'");
    EXPECT_TRUE(is_refused(trade(Impersonation{support_agent, globex})));
    admin.execute_script("update platform.tenant set state = 'active' where slug = 'globex'");
}

TEST(TokenExchange, takes_no_other_kinds_of_token_and_no_other_wishes) {
    const Impersonation session;
    const Form good = form_of(session.id, world().token(support_agent));
    const RegisteredClient client = register_client();
    const auto with = [&](const std::string& name, const std::string& value) {
        Form form = good;
        std::erase_if(form, [&](const auto& field) { return field.first == name; });
        form.emplace_back(name, value);
        return identity().post_form("/token", form);
    };
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"subject_token", ""},
             {"subject_token", "x"},
             {"subject_token", world().token(acme_user)},
             {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"},
             {"actor_token", ""},
             {"actor_token", "x"},
             {"actor_token", sign_in_to(client, support_agent).field("access_token")},
             {"actor_token_type", "urn:ietf:params:oauth:token-type:jwt"},
             {"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}
         }) {
        EXPECT_TRUE(is_refused(with(name, value))) << name << '=' << value;
    }
    EXPECT_TRUE(is_oauth_error(with("audience", "elsewhere"), 400, "invalid_target"));
    EXPECT_TRUE(is_oauth_error(with("resource", "https://elsewhere.example"), 400, "invalid_target"));
    EXPECT_TRUE(is_oauth_error(with("scope", "admin"), 400, "invalid_scope"));
    EXPECT_EQ(with("audience", "product-core-api").status(), 200);
    EXPECT_TRUE(is_oauth_error(
        identity().with("Authorization", client.basic()).post_form("/token", good), 400, "unauthorized_client"
    ));
}

TEST(TokenExchange, makes_a_token_that_the_consoles_routes_refuse) {
    const Impersonation session;
    const std::string token = trade(session).field("access_token");
    EXPECT_EQ(world().with_token(token, Service::identity).get("/me").status(), 403);
    EXPECT_TRUE(
        is_oauth_error(identity().post_form("/revoke", {{"token", token}}), 400, "unsupported_token_type")
    );
}

}  // namespace

}  // namespace pz::identity
