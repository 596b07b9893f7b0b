// Who may ask /token for what: each client by the method it is registered with.

#include "clients.hpp"

#include <boost/json/array.hpp>

namespace pz::identity {

namespace {

using testkit::world;

/// A session's refresh token, made over to a client: what a code exchange leaves behind.
std::string refresh_token_of(const RegisteredClient& client) {
    const Reply tokens = world().sign_in(acme_user);
    const std::string session{decode_part(tokens.field("access_token"), 1).at("sid").as_string()};
    change(
        "update identity.session set client_id = '" + client.id + "', scope = 'openid api' where id = '" +
        session + '\''
    );
    return tokens.field("refresh_token");
}

Form refresh_form(const std::string& token) {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token}};
}

Form with(Form form, const std::string& name, const std::string& value) {
    form.emplace_back(name, value);
    return form;
}

testing::AssertionResult is_invalid_client(const Reply& reply) {
    if (!reply.header("WWW-Authenticate").starts_with("Basic ")) {
        return testing::AssertionFailure() << "no challenge: " << reply.status() << reply.text();
    }
    return is_oauth_error(reply, 401, "invalid_client");
}

TEST(ClientAuthentication, takes_a_secret_in_the_basic_header) {
    const RegisteredClient client = register_client();
    const Reply reply = identity()
                            .with("Authorization", client.basic())
                            .post_form("/token", refresh_form(refresh_token_of(client)));
    ASSERT_EQ(reply.status(), 200) << reply.text();
    const auto claims = decode_part(reply.field("access_token"), 1);
    EXPECT_EQ(claims.at("client_id").as_string(), client.id);
    EXPECT_EQ(claims.at("aud"), (boost::json::array{"product-core-api", world().identity().origin()}));
    EXPECT_EQ(reply.field("scope"), "openid api");
}

TEST(ClientAuthentication, takes_a_public_clients_id_alone) {
    const RegisteredClient client = register_client({.authentication = "none"});
    const std::string token = refresh_token_of(client);
    EXPECT_EQ(
        identity().post_form("/token", with(refresh_form(token), "client_id", client.id)).status(), 200
    );
}

TEST(ClientAuthentication, takes_a_signed_assertion_once) {
    const RegisteredClient client = register_client({.authentication = "private_key_jwt"});
    const Form form = client.with_assertion(refresh_form(refresh_token_of(client)));
    EXPECT_EQ(identity().post_form("/token", form).status(), 200);
    EXPECT_TRUE(is_invalid_client(identity().post_form("/token", form))) << "the same jti again";
}

TEST(ClientAuthentication, takes_the_token_endpoint_as_audience_too) {
    const RegisteredClient client = register_client({.authentication = "private_key_jwt"});
    const std::string issuer = world().identity().origin();
    for (const boost::json::value& audience :
         {boost::json::value(issuer),
          boost::json::value(issuer + "/token"),
          boost::json::value(boost::json::array{issuer})}) {
        EXPECT_EQ(
            identity()
                .post_form(
                    "/token",
                    client.with_assertion(refresh_form(refresh_token_of(client)), {{"aud", audience}})
                )
                .status(),
            200
        );
    }
}

TEST(ClientAuthentication, refuses_assertions_that_are_not_exactly_right) {
    const RegisteredClient client = register_client({.authentication = "private_key_jwt"});
    const RegisteredClient other = register_client({.authentication = "private_key_jwt"});
    const std::string issuer = world().identity().origin();
    const std::string token = refresh_token_of(client);
    for (const boost::json::object& changes : std::vector<boost::json::object>{
             {{"aud", "https://elsewhere.example"}},
             {{"aud", nullptr}},
             {{"aud", boost::json::array{issuer, "https://elsewhere.example"}}},
             {{"exp", unix_now() - 60}},
             {{"exp", unix_now() + 600}},
             {{"exp", nullptr}},
             {{"exp", "soon"}},
             {{"jti", nullptr}},
             {{"jti", ""}},
             {{"jti", std::string(300, 'x')}},
             {{"iss", other.id}},
             {{"sub", other.id}},
             {{"iss", nullptr}},
             {{"nbf", unix_now() + 120}},
             {{"iat", unix_now() + 120}}
         }) {
        EXPECT_TRUE(is_invalid_client(
            identity().post_form("/token", client.with_assertion(refresh_form(token), changes))
        )) << changes.begin()->key();
    }
    const RegisteredClient impostor{.id = client.id, .secret = {}, .key = other.key};
    EXPECT_TRUE(is_invalid_client(identity().post_form("/token", impostor.with_assertion(refresh_form(token)))
    ));
    Form form = with(refresh_form(token), "client_assertion", "x");
    EXPECT_TRUE(is_oauth_error(identity().post_form("/token", form), 400, "invalid_request")) << "no type";
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    EXPECT_TRUE(is_invalid_client(identity().post_form("/token", form)));
    EXPECT_EQ(identity().post_form("/token", client.with_assertion(refresh_form(token))).status(), 200)
        << "nothing of all this did any harm";
}

TEST(ClientAuthentication, gives_one_answer_to_everything_that_does_not_fit_the_registration) {
    const RegisteredClient web = register_client();
    const RegisteredClient app = register_client({.authentication = "none"});
    const RegisteredClient signer = register_client({.authentication = "private_key_jwt"});
    const std::string token = refresh_token_of(web);
    const Form form = refresh_form(token);
    const auto send = [&](const std::string& authorization, const Form& body) {
        return identity().with("Authorization", authorization).post_form("/token", body);
    };
    const Reply first = send(basic_header(web.id, "wrong"), form);
    EXPECT_TRUE(is_invalid_client(first));
    for (const std::string& authorization :
         {basic_header("client-unknown", web.secret),
          basic_header(web.id, ""),
          basic_header("", ""),
          basic_header(web.id, web.secret + "x"),
          basic_header(app.id, ""),
          basic_header(app.id, web.secret),
          basic_header(signer.id, web.secret),
          basic_header("phasezero-web", web.secret),
          basic_header(std::string(2'000, 'a'), "x"),
          std::string{"Basic"} + " ",
          std::string{"Basic !!!"},
          std::string{"Basic AAAA"}}) {
        EXPECT_TRUE(are_indistinguishable(send(authorization, form), first)) << authorization;
    }
    for (const Form& body :
         {with(form, "client_id", web.id),
          with(form, "client_id", signer.id),
          with(form, "client_id", "client-unknown"),
          with(form, "client_id", "' or true--"),
          with(with(form, "client_id", web.id), "client_secret", web.secret)}) {
        EXPECT_TRUE(are_indistinguishable(identity().post_form("/token", body), first)) << body.back().second;
    }
    EXPECT_TRUE(is_invalid_client(identity().post_form("/token", web.with_assertion(form))));
    EXPECT_EQ(send(web.basic(), form).status(), 200);
}

TEST(ClientAuthentication, refuses_two_methods_at_once) {
    const RegisteredClient client = register_client();
    const RegisteredClient other = register_client({.authentication = "private_key_jwt"});
    const Form form = refresh_form(refresh_token_of(client));
    const auto send = [&](const Form& body) {
        return identity().with("Authorization", client.basic()).post_form("/token", body);
    };
    EXPECT_TRUE(is_oauth_error(send(other.with_assertion(form)), 400, "invalid_request"));
    EXPECT_TRUE(is_oauth_error(send(with(form, "client_id", other.id)), 400, "invalid_request"));
    EXPECT_EQ(send(with(form, "client_id", client.id)).status(), 200)
        << "saying it twice is no contradiction";
}

TEST(ClientAuthentication, binds_refresh_tokens_to_their_client) {
    const RegisteredClient client = register_client();
    const RegisteredClient other = register_client();
    const RegisteredClient app = register_client({.authentication = "none"});
    const std::string token = refresh_token_of(client);
    const auto refused = [&](const Reply& reply) { return is_oauth_error(reply, 400, "invalid_grant"); };
    EXPECT_TRUE(
        refused(identity().with("Authorization", other.basic()).post_form("/token", refresh_form(token)))
    );
    EXPECT_TRUE(refused(identity().post_form("/token", with(refresh_form(token), "client_id", app.id))));
    EXPECT_TRUE(refused(refresh(token))) << "the console";
    EXPECT_TRUE(
        refused(identity()
                    .with("Authorization", client.basic())
                    .post_form("/token", refresh_form(world().sign_in(acme_user).field("refresh_token"))))
    ) << "nor is the console's a client's";
    EXPECT_EQ(
        identity().with("Authorization", client.basic()).post_form("/token", refresh_form(token)).status(),
        200
    );
}

TEST(ClientAuthentication, lets_a_refresh_ask_for_less_and_never_for_more) {
    const RegisteredClient client = register_client();
    const std::string token = refresh_token_of(client);
    const auto ask = [&](const std::string& scope) {
        return identity()
            .with("Authorization", client.basic())
            .post_form("/token", with(refresh_form(token), "scope", scope));
    };
    for (const char* more : {"openid api email", "email", "openid  api", "admin"}) {
        EXPECT_TRUE(is_oauth_error(ask(more), 400, "invalid_scope")) << more;
    }
    const Reply less = ask("openid");
    ASSERT_EQ(less.status(), 200) << less.text();
    EXPECT_EQ(less.field("scope"), "openid");
    EXPECT_TRUE(is_problem(ask_api(less.field("access_token")), 401, "invalid_token"))
        << "not meant for the business API";
}

TEST(ClientAuthentication, leaves_passwords_to_the_console) {
    const RegisteredClient client = register_client();
    const RegisteredClient app = register_client({.authentication = "none"});
    const Form form{
        {"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}
    };
    EXPECT_TRUE(is_oauth_error(
        identity().with("Authorization", client.basic()).post_form("/token", form), 400, "unauthorized_client"
    ));
    EXPECT_TRUE(is_oauth_error(
        identity().post_form("/token", with(form, "client_id", app.id)), 400, "unauthorized_client"
    ));
    EXPECT_EQ(identity().post_form("/token", with(form, "client_id", "phasezero-web")).status(), 200);
}

TEST(ClientAuthentication, ends_with_the_registration) {
    const RegisteredClient client = register_client();
    const std::string token = refresh_token_of(client);
    change("update identity.client set state = 'removed' where id = '" + client.id + '\'');
    EXPECT_TRUE(is_invalid_client(
        identity().with("Authorization", client.basic()).post_form("/token", refresh_form(token))
    ));
}

TEST(ClientAuthentication, is_not_in_the_log) {
    const RegisteredClient client = register_client();
    identity()
        .with("Authorization", basic_header(client.id, client.secret + "-canary"))
        .post_form("/token", refresh_form("x"));
    const std::string log = world().identity().wait_for_log("client=" + client.id);
    EXPECT_EQ(log.find(client.secret), std::string::npos);
}

}  // namespace

}  // namespace pz::identity
