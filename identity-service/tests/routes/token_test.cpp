// POST /token with a password.

#include "answers.hpp"

#include <boost/json/serialize.hpp>

namespace pz::identity {

namespace {

using testkit::world;

Reply sign_in(std::string_view email, std::string_view password) {
    return identity().post_form(
        "/token", {{"username", std::string{email}}, {"password", std::string{password}}}
    );
}

Reply send(const char* content_type, std::string_view body) {
    return identity().with("Content-Type", content_type).send("POST", "/token", body);
}

Reply send_form(std::string_view body) {
    return send("application/x-www-form-urlencoded", body);
}

TEST(Token, signs_people_of_every_role_in) {
    for (const Account& account : {acme_admin, acme_user, platform_admin, support_agent}) {
        const Reply reply = identity().post_form(
            "/token",
            {{"grant_type", "password"},
             {"username", std::string{account.email}},
             {"password", std::string{account.password}}}
        );
        ASSERT_EQ(reply.status(), 200) << reply.text();
        EXPECT_EQ(reply.header("Content-Type"), "application/json");
        EXPECT_EQ(reply.header("Cache-Control"), "no-store");
        EXPECT_EQ(reply.header("Pragma"), "no-cache");
        EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(reply.header("Set-Cookie"), "");
        EXPECT_EQ(
            members_of(reply.json().as_object()),
            (std::vector<std::string>{"access_token", "token_type", "expires_in", "scope", "refresh_token"})
        );
        EXPECT_EQ(reply.field("token_type"), "Bearer");
        EXPECT_EQ(reply.field("scope"), "api");
    }
}

TEST(Token, may_come_without_a_grant_type_and_as_json) {
    EXPECT_EQ(sign_in(acme_user.email, acme_user.password).status(), 200);
    const boost::json::object body{{"username", acme_user.email}, {"password", acme_user.password}};
    EXPECT_EQ(identity().post("/token", body).status(), 200);
    EXPECT_EQ(send("application/json; charset=utf-8", boost::json::serialize(body)).status(), 200);
}

TEST(Token, takes_no_claim_from_its_client) {
    // RFC 6749 section 3.2 has unknown parameters passed over; none of them may come to mean something.
    const Reply plain = sign_in(acme_user.email, acme_user.password);
    boost::json::object expected = decode_part(plain.field("access_token"), 1);
    boost::json::object body{{"username", acme_user.email}, {"password", acme_user.password}};
    Form form{{"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}};
    for (const char* name :
         {"iss",   "aud",   "sub",   "azp",     "tenant_id", "role", "roles", "sid",    "tv",     "pv",
          "scope", "amr",   "exp",   "iat",     "nbf",       "jti",  "act",   "imp",    "tenant", "person_id",
          "state", "epoch", "admin", "version", "auth_time", "id",   "demo",  "session"}) {
        body[name] = "platform_admin";
        form.emplace_back(name, "platform_admin");
    }
    for (const Reply& reply : {identity().post("/token", body), identity().post_form("/token", form)}) {
        ASSERT_EQ(reply.status(), 200) << reply.text();
        boost::json::object claims = decode_part(reply.field("access_token"), 1);
        EXPECT_EQ(members_of(claims), members_of(expected));
        for (const char* own : {"jti", "sid", "iat", "nbf", "exp", "auth_time"}) {
            EXPECT_NE(claims.at(own), "platform_admin") << own;
            claims[own] = expected.at(own);
        }
        EXPECT_EQ(claims, expected);
    }
}

TEST(Token, takes_an_email_address_in_any_case) {
    EXPECT_EQ(sign_in("User@ACME.example", acme_user.password).status(), 200);
    EXPECT_TRUE(is_oauth_error(sign_in(" user@acme.example", acme_user.password), 400, "invalid_grant"));
}

TEST(Token, passes_over_parameters_that_it_does_not_know) {
    EXPECT_EQ(
        send_form("username=user%40acme.example&password=user123&client_id=&client_secret=&scope=&tenant_id="
                  "1&role=admin")
            .status(),
        200
    );
}

TEST(Token, gives_one_and_the_same_answer_to_everybody_whom_it_does_not_let_in) {
    const Reply wrong_password = sign_in(acme_user.email, "user124");
    EXPECT_TRUE(is_oauth_error(wrong_password, 400, "invalid_grant"));

    change("update identity.person set state = 'disabled' where email = 'user@globex.example'");
    const Reply disabled = sign_in(globex_user.email, globex_user.password);
    change("update identity.person set state = 'active' where email = 'user@globex.example'");
    EXPECT_TRUE(are_indistinguishable(disabled, wrong_password));

    for (const auto& [email, password] :
         {std::pair{std::string{"nobody@acme.example"}, std::string{"user123"}},
          std::pair{std::string{acme_user.email}, std::string{}},
          std::pair{std::string{"nobody@acme.example"}, std::string{}},
          std::pair{std::string{acme_user.email}, std::string(2'000, 'x')},
          std::pair{std::string{"nobody@acme.example"}, std::string(2'000, 'x')},
          std::pair{std::string(300, 'a') + "@acme.example", std::string{"user123"}},
          std::pair{std::string{initech_user.email}, std::string{"wrong"}},
          std::pair{std::string{"' or true--"}, std::string{"user123"}},
          std::pair{std::string{"%"}, std::string{"user123"}},
          std::pair{std::string{acme_user.email}, std::string{"USER123"}},
          std::pair{std::string{acme_user.email}, std::string{"user123 "}}}) {
        forget_failures();
        EXPECT_TRUE(are_indistinguishable(sign_in(email, password), wrong_password)) << email;
    }
    EXPECT_TRUE(are_indistinguishable(
        identity().post_form("/token", {{"username", std::string{acme_user.email}}}), wrong_password
    ));
}

TEST(Token, does_the_same_work_for_everybody_whom_it_does_not_let_in) {
    const auto work = [](std::string_view email, std::string_view password) {
        forget_failures();
        const double before = metric("phasezero_password_work_bytes_total");
        EXPECT_TRUE(is_oauth_error(sign_in(email, password), 400, "invalid_grant"));
        return metric("phasezero_password_work_bytes_total") - before;
    };
    const double wrong_password = work(acme_user.email, "user124");
    EXPECT_GT(wrong_password, 0);
    EXPECT_EQ(work("nobody@acme.example", "user123"), wrong_password);
    EXPECT_EQ(work(acme_user.email, ""), wrong_password);
    EXPECT_EQ(work(acme_user.email, std::string(2'000, 'x')), wrong_password);
    EXPECT_EQ(work(std::string(300, 'a') + "@acme.example", "user123"), wrong_password);
    EXPECT_EQ(work(initech_user.email, "wrong"), wrong_password);
    change("update identity.person set state = 'disabled' where email = 'user@globex.example'");
    EXPECT_EQ(work(globex_user.email, globex_user.password), wrong_password);
    change("update identity.person set state = 'active' where email = 'user@globex.example'");
}

TEST(Token, tells_that_the_organization_is_suspended_to_who_knows_the_password) {
    EXPECT_TRUE(is_oauth_error(sign_in(initech_user.email, initech_user.password), 403, "tenant_suspended"));
    EXPECT_TRUE(is_oauth_error(sign_in(initech_user.email, "wrong"), 400, "invalid_grant"));
}

TEST(Token, is_not_given_for_a_membership_that_is_gone) {
    const std::string person{globex_user.person};
    change("delete from identity.membership where person_id = '" + person + '\'');
    const Reply reply = sign_in(globex_user.email, globex_user.password);
    change(
        "insert into identity.membership (tenant_id, person_id, role) values ('" +
        std::string{globex_user.tenant} + "', '" + person + "', 'standard')"
    );
    EXPECT_TRUE(is_oauth_error(reply, 400, "invalid_grant"));
}

TEST(Token, names_what_is_missing_or_unknown) {
    EXPECT_TRUE(is_oauth_error(identity().post_form("/token", {}), 400, "invalid_request"));
    EXPECT_TRUE(
        is_oauth_error(identity().post_form("/token", {{"password", "user123"}}), 400, "invalid_request")
    );
    EXPECT_TRUE(is_oauth_error(refresh(""), 400, "invalid_request"));
    for (const char* grant : {"device_code", "PASSWORD", "implicit"}) {
        EXPECT_TRUE(is_oauth_error(
            identity().post_form(
                "/token", {{"grant_type", grant}, {"username", "user@acme.example"}, {"password", "user123"}}
            ),
            400,
            "unsupported_grant_type"
        ));
    }
}

TEST(Token, refuses_a_parameter_that_comes_twice) {
    EXPECT_TRUE(is_oauth_error(
        send_form("username=user%40acme.example&password=user123&username=admin%40acme.example"),
        400,
        "invalid_request"
    ));
    EXPECT_TRUE(is_oauth_error(
        send_form("grant_type=password&grant_type=password&username=x&password=y"), 400, "invalid_request"
    ));
    EXPECT_TRUE(
        is_problem(send("application/json", R"({"username":"x","username":"y"})"), 400, "malformed_json")
    );
}

TEST(Token, refuses_a_form_that_cannot_be_decoded) {
    for (const char* form : {"username=%zz", "username=%", "username=%00", "username=%ff&password=x"}) {
        EXPECT_TRUE(is_oauth_error(send_form(form), 400, "invalid_request")) << form;
    }
}

TEST(Token, refuses_other_types) {
    constexpr const char* form = "username=user%40acme.example&password=user123";
    EXPECT_TRUE(is_problem(send("text/plain", form), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(send("multipart/form-data; boundary=x", form), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(identity().send("POST", "/token", form), 415, "unsupported_media_type"));
    EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
    EXPECT_TRUE(is_problem(send("application/json", "[]"), 400, "bad_request"));
    EXPECT_TRUE(
        is_problem(send("application/json", R"({"username":["x"],"password":1})"), 422, "invalid_input")
    );
}

TEST(Token, takes_4_kilobytes_and_not_a_byte_more) {
    constexpr std::size_t limit = 4 * 1024;
    const std::string form = "username=user%40acme.example&password=user123&padding=";
    EXPECT_EQ(send_form(form + std::string(limit - form.size(), 'x')).status(), 200);
    EXPECT_TRUE(is_problem(send_form(form + std::string(limit - form.size() + 1, 'x')), 413, "body_too_large")
    );
}

TEST(Token, is_only_given_to_post) {
    for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
        const Reply reply = identity().send(method, "/token?username=user%40acme.example&password=user123");
        EXPECT_TRUE(is_problem(reply, 405, "method_not_allowed")) << method;
        EXPECT_EQ(reply.header("Allow"), "POST");
    }
}

TEST(Token, is_never_written_to_the_log) {
    const Reply reply = world().sign_in(acme_user);
    sign_in(acme_user.email, "canary-password-51c2");
    const std::string log = world().identity().wait_for_log("event=session.refused");
    for (const std::string& secret :
         {reply.field("access_token"),
          reply.field("refresh_token"),
          std::string{"canary-password-51c2"},
          std::string{acme_user.email},
          std::string{"user123"}}) {
        EXPECT_EQ(log.find(secret), std::string::npos);
    }
}

}  // namespace

}  // namespace pz::identity
