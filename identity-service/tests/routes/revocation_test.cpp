// POST /revoke (RFC 7009) and POST /introspect (RFC 7662).

#include "clients.hpp"

namespace pz::identity {

namespace {

using testkit::world;

Reply ask(const RegisteredClient& client, const char* path, const std::string& token) {
    return identity().with("Authorization", client.basic()).post_form(path, {{"token", token}});
}

Reply revoke(const RegisteredClient& client, const std::string& token) {
    return ask(client, "/revoke", token);
}

Reply introspect(const RegisteredClient& client, const std::string& token) {
    return ask(client, "/introspect", token);
}

testing::AssertionResult is_inactive(const Reply& reply) {
    if (reply.status() != 200 || reply.text() != R"({"active":false})") {
        return testing::AssertionFailure() << reply.status() << reply.text();
    }
    return testing::AssertionSuccess();
}

TEST(Revoke, ends_the_session_behind_either_token) {
    const RegisteredClient client = register_client();
    for (const char* kind : {"access_token", "refresh_token"}) {
        const Reply tokens = sign_in_to(client);
        const Reply reply = revoke(client, tokens.field(kind));
        EXPECT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(reply.text(), "{}");
        EXPECT_EQ(reply.header("Cache-Control"), "no-store");
        EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended")) << kind;
        EXPECT_EQ(
            identity()
                .with("Authorization", client.basic())
                .post_form(
                    "/token",
                    {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}
                )
                .status(),
            400
        );
        EXPECT_TRUE(are_indistinguishable(revoke(client, tokens.field(kind)), reply)) << "again";
    }
}

TEST(Revoke, is_content_with_what_is_no_token) {
    const RegisteredClient client = register_client();
    for (const std::string& token :
         {std::string{"x"}, std::string(3'000, 'A'), world().token(acme_user) + "x"}) {
        EXPECT_EQ(revoke(client, token).status(), 200);
    }
    EXPECT_TRUE(is_oauth_error(
        identity().with("Authorization", client.basic()).post_form("/revoke", {}), 400, "invalid_request"
    ));
    EXPECT_TRUE(is_oauth_error(
        identity()
            .with("Authorization", client.basic())
            .with("Content-Type", "application/x-www-form-urlencoded")
            .send("POST", "/revoke", "token=x&token=y"),
        400,
        "invalid_request"
    ));
}

TEST(Revoke, is_for_a_clients_own_tokens) {
    const RegisteredClient client = register_client();
    const RegisteredClient other = register_client();
    const Reply tokens = sign_in_to(client);
    const Reply own = world().sign_in(acme_user);
    for (const std::string& token :
         {tokens.field("access_token"), tokens.field("refresh_token"), own.field("refresh_token")}) {
        EXPECT_TRUE(is_oauth_error(revoke(other, token), 400, "unauthorized_client"));
        EXPECT_EQ(
            identity()
                .with("Authorization", basic_header(client.id, "x"))
                .post_form("/revoke", {{"token", token}})
                .status(),
            401
        );
    }
    EXPECT_TRUE(is_oauth_error(
        identity().post_form("/revoke", {{"token", tokens.field("access_token")}}), 400, "unauthorized_client"
    )) << "the console";
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200);
    EXPECT_EQ(identity().post_form("/revoke", {{"token", own.field("access_token")}}).status(), 200);
    EXPECT_TRUE(is_problem(ask_api(own.field("access_token")), 401, "session_ended"));
}

TEST(Introspect, says_all_that_a_live_access_token_says) {
    const RegisteredClient client = register_client();
    const std::string token = sign_in_to(client).field("access_token");
    const Reply reply = introspect(client, token);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("Cache-Control"), "no-store");
    boost::json::object expected = decode_part(token, 1);
    expected["active"] = true;
    expected["token_type"] = "Bearer";
    EXPECT_EQ(reply.json(), expected);
}

TEST(Introspect, says_whose_a_live_refresh_token_is) {
    const RegisteredClient client = register_client();
    const Reply tokens = sign_in_to(client);
    const Reply reply = introspect(client, tokens.field("refresh_token"));
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_TRUE(reply.json().at("active").as_bool());
    EXPECT_EQ(reply.field("client_id"), client.id);
    EXPECT_EQ(reply.field("sub"), acme_user.person);
    EXPECT_EQ(reply.field("scope"), "openid profile email api");
    EXPECT_GT(reply.json().at("exp").as_int64(), unix_now());
    identity()
        .with("Authorization", client.basic())
        .post_form(
            "/token", {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}
        );
    EXPECT_TRUE(is_inactive(introspect(client, tokens.field("refresh_token")))) << "used up";
}

TEST(Introspect, asks_the_database_whether_the_token_lives) {
    const RegisteredClient client = register_client();
    const auto end = [&](const std::string& sql) {
        const Reply tokens = sign_in_to(client, globex_user);
        EXPECT_TRUE(introspect(client, tokens.field("access_token")).json().at("active").as_bool());
        world().database().connect_as_superuser().execute_script(sql);
        EXPECT_TRUE(is_inactive(introspect(client, tokens.field("access_token")))) << sql;
        return tokens;
    };
    const Reply ended =
        end("update identity.session set revoked_at = now(), revoke_reason = 'forced' where client_id = '" +
            client.id + '\'');
    EXPECT_TRUE(is_inactive(introspect(client, ended.field("refresh_token"))));
    world().database().connect_as_superuser().execute_script(
        "update platform.tenant set state = 'active' where slug = 'globex'"
    );
    const Reply suspended = end("update platform.tenant set state = 'suspended' where slug = 'globex'");
    EXPECT_TRUE(is_inactive(introspect(client, suspended.field("refresh_token"))));
    world().database().connect_as_superuser().execute_script(
        "update platform.tenant set state = 'active' where slug = 'globex'"
    );
}

TEST(Introspect, is_inactive_for_everything_that_is_no_live_token_of_ours) {
    const RegisteredClient client = register_client();
    const Reply tokens = sign_in_to(client);
    std::string forged = tokens.field("access_token");
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
    for (const std::string& token :
         {std::string{"x"}, forged, tokens.field("id_token"), std::string(3'000, 'A')}) {
        EXPECT_TRUE(is_inactive(introspect(client, token)));
    }
}

TEST(Introspect, tells_others_only_to_a_resource_server) {
    const RegisteredClient client = register_client();
    const RegisteredClient other = register_client();
    const RegisteredClient server =
        register_client({.grant_types = "", .scopes = "", .redirect_uris = "", .introspects = true});
    const Reply tokens = sign_in_to(client);
    for (const char* kind : {"access_token", "refresh_token"}) {
        EXPECT_TRUE(is_inactive(introspect(other, tokens.field(kind)))) << kind;
        EXPECT_TRUE(introspect(server, tokens.field(kind)).json().at("active").as_bool()) << kind;
    }
    EXPECT_TRUE(introspect(server, world().token(acme_user)).json().at("active").as_bool())
        << "the console's too";
}

TEST(Introspect, knows_the_tokens_of_api_keys_and_their_end) {
    const RegisteredClient server =
        register_client({.grant_types = "", .scopes = "", .redirect_uris = "", .introspects = true});
    Client admin = world().as(acme_admin, Service::identity);
    const Reply key =
        admin.post("/api/v1/api-keys", {{"name", "Robot"}, {"role", "standard"}, {"expires_in_days", 1}});
    ASSERT_EQ(key.status(), 201) << key.text();
    const std::string token =
        identity()
            .post_form("/token", {{"grant_type", "client_credentials"}, {"client_secret", key.field("key")}})
            .field("access_token");
    boost::json::object expected = decode_part(token, 1);
    expected["active"] = true;
    expected["token_type"] = "Bearer";
    EXPECT_EQ(introspect(server, token).json(), expected);
    EXPECT_TRUE(is_inactive(introspect(register_client(), token))) << "another client's";
    ASSERT_EQ(admin.del("/api/v1/api-keys/" + key.id()).status(), 204);
    EXPECT_TRUE(is_inactive(introspect(server, token)));
}

TEST(Introspect, is_for_clients_that_authenticate) {
    const RegisteredClient app = register_client({.authentication = "none"});
    const std::string token = world().token(acme_user);
    for (const Reply& reply :
         {identity().post_form("/introspect", {{"token", token}}),
          identity().post_form("/introspect", {{"token", token}, {"client_id", app.id}}),
          identity().post_form("/introspect", {{"token", token}, {"client_id", "phasezero-web"}}),
          identity().with("Authorization", "Bearer " + token).post_form("/introspect", {{"token", token}})}) {
        EXPECT_TRUE(is_oauth_error(reply, 401, "invalid_client"));
        EXPECT_TRUE(reply.header("WWW-Authenticate").starts_with("Basic "));
    }
    const RegisteredClient signer =
        register_client({.authentication = "private_key_jwt", .introspects = true});
    EXPECT_TRUE(identity()
                    .post_form("/introspect", signer.with_assertion({{"token", token}}))
                    .json()
                    .at("active")
                    .as_bool());
}

}  // namespace

}  // namespace pz::identity
