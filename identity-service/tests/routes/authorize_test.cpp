// The authorization code flow: GET /authorize, the console's POST /authorize, and the exchange at /token.

#include "clients.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <set>

namespace pz::identity {

namespace {

using testkit::world;

constexpr const char* verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636, appendix B
constexpr const char* challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

std::string escape(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 0xF];
    }
    return out;
}

/// An authorization request that is as it should be.
std::map<std::string, std::string> request_of(const RegisteredClient& client) {
    return {
        {"response_type", "code"},
        {"client_id", client.id},
        {"redirect_uri", callback},
        {"scope", "openid profile email api"},
        {"state", "st&te=?#"},
        {"nonce", "n-0S6_WzA2Mj"},
        {"code_challenge", challenge},
        {"code_challenge_method", "S256"}
    };
}

std::string query_of(const std::map<std::string, std::string>& parameters) {
    std::string query;
    for (const auto& [name, value] : parameters) {
        query += (query.empty() ? "?" : "&") + name + '=' + escape(value);
    }
    return query;
}

Reply authorize(const std::map<std::string, std::string>& parameters) {
    return identity().get("/authorize" + query_of(parameters));
}

/// The fields of an address's query.
std::map<std::string, std::string> fields_of(const std::string& address) {
    std::map<std::string, std::string> fields;
    const std::size_t begin = address.find('?');
    if (begin == std::string::npos) {
        return fields;
    }
    const auto parsed = core::parse_form(std::string_view{address}.substr(begin + 1));
    for (const core::FormField& field : parsed.value()) {
        EXPECT_TRUE(fields.emplace(field.name, field.value).second) << "twice: " << field.name;
    }
    return fields;
}

/// What the console's page does for somebody who is signed in.
Reply agree(const std::map<std::string, std::string>& parameters, const std::string& access_token) {
    boost::json::object body;
    for (const auto& [name, value] : parameters) {
        body[name] = value;
    }
    return identity()
        .with("X-Requested-With", "phasezero-web")
        .with("Authorization", "Bearer " + access_token)
        .post("/authorize", body);
}

std::string code_for(const RegisteredClient& client, const std::string& access_token) {
    const Reply reply = agree(request_of(client), access_token);
    EXPECT_EQ(reply.status(), 200) << reply.text();
    const std::string code = fields_of(reply.field("redirect_to"))["code"];
    EXPECT_EQ(core::base64url_decode(code).value_or("").size(), 32U);
    return code;
}

std::string code_for(const RegisteredClient& client) {
    return code_for(client, world().token(acme_user));
}

Form exchange_form(const std::string& code) {
    return {
        {"grant_type", "authorization_code"},
        {"code", code},
        {"redirect_uri", callback},
        {"code_verifier", verifier}
    };
}

Reply redeem(const RegisteredClient& client, const Form& form) {
    return identity().with("Authorization", client.basic()).post_form("/token", form);
}

Reply redeem(const RegisteredClient& client, const std::string& code) {
    return redeem(client, exchange_form(code));
}

Form replaced(Form form, const std::string& name, const std::string& value) {
    std::ranges::find(form, name, &std::pair<std::string, std::string>::first)->second = value;
    return form;
}

Form without(Form form, const std::string& name) {
    std::erase_if(form, [&](const auto& field) { return field.first == name; });
    return form;
}

testing::AssertionResult goes_back_with(const std::string& address, const std::string& error) {
    auto fields = fields_of(address);
    if (!address.starts_with(std::string{callback} + '?') || fields["error"] != error ||
        fields["state"] != "st&te=?#" || fields["iss"] != world().identity().origin() ||
        fields.contains("code")) {
        return testing::AssertionFailure() << "expected " << error << ": " << address;
    }
    return testing::AssertionSuccess();
}

/// Nobody is sent anywhere.
testing::AssertionResult stays(const Reply& reply, std::string_view error) {
    if (!reply.header("Location").empty()) {
        return testing::AssertionFailure() << "redirects to " << reply.header("Location");
    }
    return is_oauth_error(reply, 400, error);
}

TEST(Authorize, hands_the_request_on_to_the_console_as_it_came) {
    const RegisteredClient client = register_client();
    auto parameters = request_of(client);
    parameters["prompt"] = "login";
    parameters["max_age"] = "60";
    const Reply reply = authorize(parameters);
    ASSERT_EQ(reply.status(), 303) << reply.text();
    const std::string location = reply.header("Location");
    EXPECT_TRUE(location.starts_with("http://localhost:3000/login/authorize?")) << location;
    EXPECT_EQ(fields_of(location), parameters);
    EXPECT_EQ(reply.header("Cache-Control"), "no-store");
    EXPECT_EQ(reply.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(reply.header("Set-Cookie"), "");
}

TEST(Authorize, passes_over_parameters_that_it_does_not_know) {
    auto parameters = request_of(register_client());
    parameters["utm_source"] = "x";
    EXPECT_FALSE(fields_of(authorize(parameters).header("Location")).contains("utm_source"));
}

TEST(Authorize, sends_nobody_to_an_address_that_is_not_registered) {
    const RegisteredClient client =
        register_client({.redirect_uris = "https://app.example/callback https://app.example/other?x=1"});
    auto parameters = request_of(client);
    for (const char* address :
         {"https://evil.example/callback",
          "https://app.example/callback/",
          "https://app.example/callback/../evil",
          "https://app.example/callback?x",
          "https://app.example/callback#x",
          "https://app.example/callbac",
          "https://app.example/Callback",
          "HTTPS://app.example/callback",
          "https://app.example:443/callback",
          "http://app.example/callback",
          "https://app.example@evil.example/callback",
          "https://app.example/other",
          "https://app.example/callback https://app.example/other?x=1",
          "//app.example/callback",
          "javascript:alert(1)",
          "",
          " "}) {
        parameters["redirect_uri"] = address;
        EXPECT_TRUE(stays(authorize(parameters), "invalid_request")) << address;
        EXPECT_TRUE(stays(agree(parameters, world().token(acme_user)), "invalid_request")) << address;
        EXPECT_TRUE(stays(identity().get("/authorize/request" + query_of(parameters)), "invalid_request"));
    }
    parameters.erase("redirect_uri");
    EXPECT_TRUE(stays(authorize(parameters), "invalid_request"));
    parameters["redirect_uri"] = "https://app.example/other?x=1";
    EXPECT_EQ(authorize(parameters).status(), 303);
    EXPECT_TRUE(agree(parameters, world().token(acme_user))
                    .field("redirect_to")
                    .starts_with("https://app.example/other?x=1&code="));
}

TEST(Authorize, sends_nobody_anywhere_for_a_client_that_is_not_registered) {
    auto parameters = request_of(register_client());
    for (const std::string& id :
         {std::string{"client-unknown"}, std::string{"phasezero-web"}, std::string{}, std::string(2'000, 'a')
         }) {
        parameters["client_id"] = id;
        EXPECT_TRUE(stays(authorize(parameters), "invalid_client")) << id;
    }
    const RegisteredClient removed = register_client();
    change("update identity.client set state = 'removed' where id = '" + removed.id + '\'');
    EXPECT_TRUE(stays(authorize(request_of(removed)), "invalid_client"));
}

TEST(Authorize, refuses_parameters_that_come_twice) {
    const RegisteredClient client = register_client();
    const std::string query = query_of(request_of(client));
    for (const std::string name : {"client_id", "redirect_uri"}) {
        EXPECT_TRUE(stays(identity().get("/authorize" + query + '&' + name + "=x"), "invalid_request"));
    }
    for (const std::string name : {"response_type", "state", "scope", "code_challenge", "nonce"}) {
        const Reply reply = identity().get("/authorize" + query + '&' + name + "=code");
        EXPECT_EQ(reply.status(), 303);
        EXPECT_TRUE(goes_back_with(reply.header("Location"), "invalid_request")) << name;
    }
}

TEST(Authorize, tells_the_client_what_is_wrong_with_its_request) {
    const RegisteredClient client = register_client({.scopes = "openid email"});
    const std::string too_long(600, 'x');
    const std::vector<std::tuple<std::string, std::string, std::string>> faults{
        {"response_type", "", "invalid_request"},
        {"response_type", "token", "unsupported_response_type"},
        {"response_type", "code id_token", "unsupported_response_type"},
        {"response_mode", "fragment", "invalid_request"},
        {"code_challenge", "", "invalid_request"},
        {"code_challenge", "x", "invalid_request"},
        {"code_challenge", verifier + std::string{"A"}, "invalid_request"},
        {"code_challenge_method", "", "invalid_request"},
        {"code_challenge_method", "plain", "invalid_request"},
        {"code_challenge_method", "s256", "invalid_request"},
        {"scope", "", "invalid_scope"},
        {"scope", "openid api", "invalid_scope"},
        {"scope", "offline_access", "invalid_scope"},
        {"prompt", "none login", "invalid_request"},
        {"prompt", "create", "invalid_request"},
        {"max_age", "-1", "invalid_request"},
        {"max_age", "soon", "invalid_request"},
        {"max_age", "99999999999", "invalid_request"},
        {"nonce", too_long, "invalid_request"},
        {"request", "x.y.z", "request_not_supported"},
        {"request_uri", "https://app.example/r", "request_uri_not_supported"},
    };
    for (const auto& [name, value, error] : faults) {
        auto parameters = request_of(client);
        parameters["scope"] = "openid email";
        parameters[name] = value;
        const Reply reply = authorize(parameters);
        EXPECT_EQ(reply.status(), 303) << reply.text();
        EXPECT_TRUE(goes_back_with(reply.header("Location"), error)) << name << '=' << value;
        EXPECT_TRUE(goes_back_with(agree(parameters, world().token(acme_user)).field("redirect_to"), error));
    }
    auto parameters = request_of(client);
    parameters["scope"] = "openid email offline_access";
    EXPECT_TRUE(authorize(parameters).header("Location").starts_with("http://localhost:3000/"))
        << "unknown scopes pass";
}

TEST(Authorize, cannot_be_downgraded_from_pkce) {
    for (const char* authentication : {"none", "client_secret_basic"}) {
        auto parameters = request_of(register_client({.authentication = authentication}));
        parameters.erase("code_challenge_method");
        EXPECT_TRUE(goes_back_with(authorize(parameters).header("Location"), "invalid_request"));
        parameters.erase("code_challenge");
        EXPECT_TRUE(goes_back_with(authorize(parameters).header("Location"), "invalid_request"));
    }
    const RegisteredClient client = register_client();
    const std::string code = code_for(client);
    EXPECT_TRUE(
        is_oauth_error(redeem(client, without(exchange_form(code), "code_verifier")), 400, "invalid_request")
    );
    for (const std::string& wrong :
         {std::string{challenge}, std::string(43, 'x'), std::string{"x"}, std::string(129, 'x')}) {
        EXPECT_TRUE(is_oauth_error(
            redeem(client, replaced(exchange_form(code), "code_verifier", wrong)), 400, "invalid_grant"
        ));
    }
    EXPECT_EQ(redeem(client, code).status(), 200) << "who has no verifier cannot spoil the code either";
}

TEST(Authorize, shows_the_console_who_asks) {
    const RegisteredClient client = register_client();
    const Reply reply = identity().get("/authorize/request" + query_of(request_of(client)));
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.field("client_name"), "The app");
    EXPECT_EQ(reply.field("scope"), "openid profile email api");
    EXPECT_FALSE(reply.json().at("silent").as_bool());
    EXPECT_TRUE(goes_back_with(reply.field("decline_to"), "access_denied"));
    auto parameters = request_of(client);
    parameters["prompt"] = "none";
    const Reply silent = identity().get("/authorize/request" + query_of(parameters));
    EXPECT_TRUE(silent.json().at("silent").as_bool());
    EXPECT_TRUE(goes_back_with(silent.field("decline_to"), "login_required"));
}

TEST(Authorize, gives_a_code_that_makes_a_session_of_the_clients_own) {
    const RegisteredClient client = register_client();
    const Reply agreed = agree(request_of(client), world().token(acme_user));
    ASSERT_EQ(agreed.status(), 200) << agreed.text();
    auto fields = fields_of(agreed.field("redirect_to"));
    EXPECT_TRUE(agreed.field("redirect_to").starts_with(std::string{callback} + '?'));
    EXPECT_EQ(fields["state"], "st&te=?#");
    EXPECT_EQ(fields["iss"], world().identity().origin()) << "RFC 9207: against mix-up";
    EXPECT_EQ(fields.size(), 3U);

    const Reply reply = redeem(client, fields["code"]);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_EQ(reply.header("Cache-Control"), "no-store");
    EXPECT_EQ(
        members_of(reply.json().as_object()),
        (std::vector<std::string>{
            "access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"
        })
    );
    const auto claims = decode_part(reply.field("access_token"), 1);
    EXPECT_EQ(claims.at("client_id").as_string(), client.id);
    EXPECT_EQ(claims.at("sub").as_string(), acme_user.person);
    EXPECT_EQ(claims.at("tenant_id").as_string(), acme_user.tenant);
    EXPECT_EQ(claims.at("scope").as_string(), "openid profile email api");
    const auto own = decode_part(world().token(acme_user), 1);
    EXPECT_NE(claims.at("sid"), own.at("sid"));
    EXPECT_EQ(claims.at("auth_time"), own.at("auth_time"));
    EXPECT_EQ(ask_api(reply.field("access_token")).status(), 200);
    const Reply child =
        redeem(client, {{"grant_type", "refresh_token"}, {"refresh_token", reply.field("refresh_token")}});
    EXPECT_EQ(child.status(), 200) << child.text();
}

TEST(Authorize, gives_an_id_token_that_says_who_signed_in_and_how) {
    const RegisteredClient client = register_client();
    const Reply reply = redeem(client, code_for(client));
    const std::string token = reply.field("id_token");
    EXPECT_EQ(decode_part(token, 0).at("typ").as_string(), "JWT");
    const auto claims = decode_part(token, 1);
    EXPECT_EQ(claims.at("iss").as_string(), world().identity().origin());
    EXPECT_EQ(claims.at("aud").as_string(), client.id);
    EXPECT_EQ(claims.at("sub").as_string(), acme_user.person);
    EXPECT_EQ(claims.at("nonce").as_string(), "n-0S6_WzA2Mj");
    const auto access = decode_part(reply.field("access_token"), 1);
    EXPECT_EQ(claims.at("sid"), access.at("sid"));
    EXPECT_EQ(claims.at("amr"), access.at("amr"));
    EXPECT_EQ(claims.at("auth_time"), access.at("auth_time"));
    EXPECT_EQ(claims.at("exp"), access.at("exp"));
    EXPECT_EQ(claims.at("name").as_string(), "Acme user");
    EXPECT_EQ(claims.at("email").as_string(), acme_user.email);
    EXPECT_FALSE(claims.at("email_verified").as_bool()) << "nobody has mailed the demo's people";
    const crypto::Sha256Digest digest = crypto::sha256(reply.field("access_token"));
    EXPECT_EQ(
        claims.at("at_hash").as_string(), core::base64url_encode(crypto::bytes_of(digest).substr(0, 16))
    );
    EXPECT_TRUE(is_problem(ask_api(token), 401, "invalid_token")) << "an ID token is no access token";
}

TEST(Authorize, gives_what_the_scope_says_and_no_more) {
    const RegisteredClient client =
        register_client({.grant_types = "authorization_code", .scopes = "openid"});
    auto parameters = request_of(client);
    parameters["scope"] = "openid";
    const std::string code =
        fields_of(agree(parameters, world().token(acme_user)).field("redirect_to"))["code"];
    const Reply reply = redeem(client, code);
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_FALSE(reply.json().as_object().contains("refresh_token"));
    const auto claims = decode_part(reply.field("id_token"), 1);
    EXPECT_FALSE(claims.contains("name"));
    EXPECT_FALSE(claims.contains("email"));
    EXPECT_TRUE(is_problem(ask_api(reply.field("access_token")), 401, "invalid_token"));

    const RegisteredClient machine = register_client({.scopes = "api"});
    parameters = request_of(machine);
    parameters["scope"] = "api";
    const Reply plain =
        redeem(machine, fields_of(agree(parameters, world().token(acme_user)).field("redirect_to"))["code"]);
    EXPECT_FALSE(plain.json().as_object().contains("id_token"));
    EXPECT_EQ(ask_api(plain.field("access_token")).status(), 200);
    EXPECT_TRUE(is_problem(
        world().with_token(plain.field("access_token"), Service::identity).get("/userinfo"),
        401,
        "invalid_token"
    ));
}

TEST(Authorize, lets_no_clients_token_act_in_the_console) {
    const RegisteredClient client = register_client();
    const std::string token = redeem(client, code_for(client)).field("access_token");
    EXPECT_TRUE(is_problem(agree(request_of(client), token), 401, "invalid_token"))
        << "a client could make codes for others";
    EXPECT_TRUE(is_problem(world().with_token(token, Service::identity).get("/me"), 401, "invalid_token"));
}

TEST(Authorize, takes_agreement_from_the_consoles_own_page_alone) {
    const RegisteredClient client = register_client();
    const std::string token = world().token(acme_user);
    boost::json::object body;
    for (const auto& [name, value] : request_of(client)) {
        body[name] = value;
    }
    const auto bearer = [&] { return identity().with("Authorization", "Bearer " + token); };
    EXPECT_TRUE(is_problem(bearer().post("/authorize", body), 403, "forbidden")) << "no header";
    EXPECT_TRUE(is_problem(
        bearer()
            .with("X-Requested-With", "phasezero-web")
            .with("Origin", "https://evil.example")
            .post("/authorize", body),
        403,
        "forbidden"
    ));
    EXPECT_TRUE(is_problem(
        bearer()
            .with("X-Requested-With", "phasezero-web")
            .with("Sec-Fetch-Site", "cross-site")
            .post("/authorize", body),
        403,
        "forbidden"
    ));
    EXPECT_TRUE(is_problem(
        bearer()
            .with("X-Requested-With", "phasezero-web")
            .with("Content-Type", "application/x-www-form-urlencoded")
            .send("POST", "/authorize", query_of(request_of(client)).substr(1)),
        415,
        "unsupported_media_type"
    ));
    const Reply tokens =
        identity()
            .with("X-Requested-With", "phasezero-web")
            .post_form(
                "/token",
                {{"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}}
            );
    const std::string cookie = tokens.header("Set-Cookie");
    EXPECT_TRUE(is_problem(
        identity()
            .with("X-Requested-With", "phasezero-web")
            .with("Cookie", cookie.substr(0, cookie.find(';')))
            .post("/authorize", body),
        401,
        "not_authenticated"
    )) << "a cookie agrees to nothing";
}

TEST(Authorize, asks_for_the_password_again_when_the_client_wants_it_fresh) {
    const RegisteredClient client = register_client();
    const Reply tokens = world().sign_in(acme_user);
    auto parameters = request_of(client);
    for (const char* name : {"prompt", "max_age"}) {
        parameters = request_of(client);
        parameters[name] = std::string{name} == "prompt" ? "login" : "3600";
        EXPECT_EQ(agree(parameters, tokens.field("access_token")).status(), 200) << "just signed in";
    }
    const std::string session{decode_part(tokens.field("access_token"), 1).at("sid").as_string()};
    change(
        "update identity.session set auth_time = auth_time - interval '2 hours' where id = '" + session + '\''
    );
    const std::string old = refresh(tokens.field("refresh_token")).field("access_token");
    for (const char* name : {"prompt", "max_age"}) {
        parameters = request_of(client);
        parameters[name] = std::string{name} == "prompt" ? "login" : "3600";
        EXPECT_TRUE(is_oauth_error(agree(parameters, old), 400, "login_required")) << name;
    }
    parameters = request_of(client);
    parameters["max_age"] = "3600";
    parameters["prompt"] = "none";
    const Reply silent = agree(parameters, old);
    EXPECT_EQ(silent.status(), 200);
    EXPECT_TRUE(goes_back_with(silent.field("redirect_to"), "login_required"));
    parameters["max_age"] = "7300";
    EXPECT_TRUE(fields_of(agree(parameters, old).field("redirect_to")).contains("code"));
}

TEST(AuthorizationCode, is_for_its_client_its_redirect_uri_and_its_minute) {
    const RegisteredClient client =
        register_client({.redirect_uris = "https://app.example/callback https://app.example/other"});
    const RegisteredClient other = register_client();
    const RegisteredClient app = register_client({.authentication = "none"});
    const std::string code = code_for(client);
    const auto refused = [](const Reply& reply) { return is_oauth_error(reply, 400, "invalid_grant"); };
    EXPECT_TRUE(refused(redeem(other, code)));
    Form form = exchange_form(code);
    form.emplace_back("client_id", app.id);
    EXPECT_TRUE(refused(identity().post_form("/token", form)));
    EXPECT_TRUE(
        refused(redeem(client, replaced(exchange_form(code), "redirect_uri", "https://app.example/other")))
    );
    EXPECT_TRUE(
        is_oauth_error(redeem(client, without(exchange_form(code), "redirect_uri")), 400, "invalid_request")
    );
    EXPECT_TRUE(is_oauth_error(redeem(client, without(exchange_form(code), "code")), 400, "invalid_request"));
    EXPECT_TRUE(refused(redeem(client, code + "A")));
    EXPECT_TRUE(refused(redeem(client, std::string(3'000, 'A'))));
    EXPECT_TRUE(
        is_oauth_error(identity().post_form("/token", exchange_form(code)), 400, "unauthorized_client")
    ) << "the console has no codes";
    EXPECT_TRUE(is_oauth_error(
        identity()
            .with("Authorization", basic_header(client.id, "x"))
            .post_form("/token", exchange_form(code)),
        401,
        "invalid_client"
    ));
    EXPECT_EQ(redeem(client, code).status(), 200);

    const std::string late = code_for(client);
    change(
        "update identity.authorization_code set expires_at = now() - interval '1 s' where client_id = '" +
        client.id + "' and used_at is null"
    );
    EXPECT_TRUE(refused(redeem(client, late)));
}

TEST(AuthorizationCode, is_kept_as_a_hash_for_one_minute) {
    const RegisteredClient client = register_client();
    const std::string code = code_for(client);
    const std::string row =
        world()
            .database()
            .connect("pz_identity")
            .value(
                "select authorization_code::text from identity.authorization_code where client_id = $1",
                {client.id}
            );
    EXPECT_EQ(row.find(code), std::string::npos);
    EXPECT_EQ(
        world()
            .database()
            .connect("pz_identity")
            .value(
                "select expires_at - created_at from identity.authorization_code where client_id = $1",
                {client.id}
            ),
        "00:01:00"
    );
    const std::string log = world().identity().wait_for_log("client=" + client.id);
    EXPECT_EQ(log.find(code), std::string::npos);
}

TEST(AuthorizationCode, that_comes_again_ends_the_session_that_was_made_from_it) {
    const RegisteredClient client = register_client();
    const std::string code = code_for(client);
    const Reply tokens = redeem(client, code);
    ASSERT_EQ(ask_api(tokens.field("access_token")).status(), 200);
    EXPECT_TRUE(is_oauth_error(redeem(client, code), 400, "invalid_grant"));
    EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended"));
    EXPECT_TRUE(is_oauth_error(
        redeem(client, {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}),
        400,
        "invalid_grant"
    ));
    EXPECT_NE(world().identity().wait_for_log("event=code.reuse"), "");
}

TEST(AuthorizationCode, has_one_winner_at_most_among_eight_at_once) {
    for (int round = 0; round < 5; ++round) {
        const RegisteredClient client = register_client();
        const std::string code = code_for(client);
        std::vector<std::future<Reply>> requests;
        for (int i = 0; i < 8; ++i) {
            requests.push_back(std::async(std::launch::async, [&] { return redeem(client, code); }));
        }
        int winners = 0;
        for (auto& request : requests) {
            const Reply reply = request.get();
            winners += reply.status() == 200 ? 1 : 0;
            EXPECT_TRUE(reply.status() == 200 || is_oauth_error(reply, 400, "invalid_grant"));
        }
        EXPECT_EQ(winners, 1);
        EXPECT_EQ(
            world()
                .database()
                .connect("pz_identity")
                .value(
                    "select count(*) from identity.session where client_id = $1 and revoked_at is null",
                    {client.id}
                ),
            "0"
        ) << "seven came again, so even the winner's session is over";
    }
}

TEST(AuthorizationCode, dies_with_what_it_stands_for) {
    const RegisteredClient client = register_client();
    const std::string epoch_up =
        "update identity.person set epoch = epoch + 1 where id = '" + std::string{globex_user.person} + '\'';
    for (const std::string& end :
         {std::string{"update identity.session set revoked_at = now(), revoke_reason = 'signed_out' where "
                      "revoked_at is null and person_id = '"} +
              std::string{globex_user.person} + '\'',
          epoch_up}) {
        const std::string code = code_for(client, world().sign_in(globex_user).field("access_token"));
        change(end);
        EXPECT_TRUE(is_oauth_error(redeem(client, code), 400, "invalid_grant")) << end;
    }
    const std::string code = code_for(client, world().sign_in(globex_user).field("access_token"));
    auto admin = world().database().connect_as_superuser();
    admin.execute_script("update platform.tenant set state = 'suspended' where slug = 'globex'");
    EXPECT_EQ(redeem(client, code).status(), 400);
    admin.execute_script("update platform.tenant set state = 'active' where slug = 'globex'");
}

TEST(AuthorizationCode, is_not_made_for_a_session_that_has_ended) {
    const RegisteredClient client = register_client();
    const Reply tokens = world().sign_in(acme_user);
    identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(agree(request_of(client), tokens.field("access_token")), 401, "session_ended"));
}

TEST(UserInfo, tells_by_scope_who_signed_in) {
    const RegisteredClient client = register_client();
    const std::string token = redeem(client, code_for(client)).field("access_token");
    for (const char* method : {"GET", "POST"}) {
        const Reply reply = world().with_token(token, Service::identity).send(method, "/userinfo");
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(
            reply.json(),
            (boost::json::object{
                {"sub", acme_user.person},
                {"name", "Acme user"},
                {"email", acme_user.email},
                {"email_verified", false}
            })
        );
    }
}

TEST(UserInfo, is_told_to_a_live_token_that_was_made_for_it) {
    const RegisteredClient client = register_client();
    const Reply tokens = redeem(client, code_for(client));
    const auto ask = [](std::string_view token) {
        return world().with_token(token, Service::identity).get("/userinfo");
    };
    EXPECT_TRUE(is_problem(identity().get("/userinfo"), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(ask(world().token(acme_user)), 401, "invalid_token")) << "the console's";
    EXPECT_TRUE(is_problem(ask(tokens.field("id_token")), 401, "invalid_token"));
    EXPECT_TRUE(is_problem(ask("x"), 401, "invalid_token"));
    std::string forged = tokens.field("access_token");
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
    const Reply refused = ask(forged);
    EXPECT_TRUE(is_problem(refused, 401, "invalid_token"));
    EXPECT_EQ(refused.header("WWW-Authenticate"), R"(Bearer error="invalid_token")");
    identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(ask(tokens.field("access_token")), 401, "session_ended"));
}

}  // namespace

}  // namespace pz::identity
