// Second factors: enrolling an authenticator app, signing in with it, recovery codes, step-up, and roles that
// must have one.

#include "answers.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/one_time_password.hpp>

#include <boost/json/array.hpp>

#include <future>

namespace pz::identity {

namespace {

using testkit::world;

constexpr const char* mfa_grant = "urn:phasezero:params:oauth:grant-type:mfa-otp";

/// What an app does with the text that the person typed into it.
core::SecretString base32_decode(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        bits = bits << 5 | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26);
        count += 5;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return core::SecretString{bytes};
}

std::string code_at(std::string_view secret, std::int64_t offset = 0) {
    const core::SystemClock clock;
    return crypto::one_time_password(base32_decode(secret), crypto::totp_step(clock.now()) + offset);
}

/// As if the app had not been used yet: tests need several codes within one step of 30 seconds.
void forget_steps() {
    change("update identity.totp set last_step = 0");
}

Reply send_code(World& where, std::string_view mfa_token, std::string_view code) {
    return where.anonymous(Service::identity)
        .post_form(
            "/token",
            {{"grant_type", mfa_grant}, {"mfa_token", std::string{mfa_token}}, {"otp", std::string{code}}}
        );
}

Reply send_code(std::string_view mfa_token, std::string_view code) {
    return send_code(world(), mfa_token, code);
}

testing::AssertionResult is_second_step(const Reply& reply, std::string_view error) {
    if (reply.status() != 403 || reply.field("error") != error || reply.field("mfa_token").size() != 43) {
        return testing::AssertionFailure() << reply.status() << ' ' << reply.text();
    }
    return testing::AssertionSuccess();
}

class Mfa : public ::testing::Test {
 protected:
    static constexpr const Account& account = globex_user;

    void SetUp() override { start_anew(); }

    void TearDown() override { start_anew(); }

    static void start_anew() {
        forget_failures();
        change(
            "delete from identity.recovery_code; delete from identity.totp; delete from "
            "identity.mfa_challenge"
        );
    }

    static Client with(const Reply& tokens) {
        return world().with_token(tokens.field("access_token"), Service::identity);
    }

    /// Sets an app up for the account.
    static std::vector<std::string> enable(std::string& secret) {
        const Reply tokens = world().sign_in(account);
        const Reply enrolment = with(tokens).post("/me/mfa/totp", boost::json::object{});
        secret = enrolment.field("secret");
        const Reply confirmed = with(tokens).post("/me/mfa/totp/confirm", {{"otp", code_at(secret)}});
        if (confirmed.status() != 200) {
            throw testkit::ClientError{confirmed.text()};
        }
        std::vector<std::string> codes;
        for (const auto& code : confirmed.json().at("recovery_codes").as_array()) {
            codes.emplace_back(code.as_string());
        }
        forget_steps();
        return codes;
    }

    static Reply sign_in_with(std::string_view code) {
        const Reply first = world().sign_in(account);
        EXPECT_TRUE(is_second_step(first, "mfa_required"));
        return send_code(first.field("mfa_token"), code);
    }
};

TEST_F(Mfa, is_set_up_with_a_secret_and_its_first_code) {
    const Reply tokens = world().sign_in(account);
    const Reply other = world().sign_in(account);
    EXPECT_FALSE(with(tokens).get("/me/mfa").json().at("enabled").as_bool());
    const Reply enrolment = with(tokens).post("/me/mfa/totp", boost::json::object{});
    ASSERT_EQ(enrolment.status(), 200) << enrolment.text();
    const std::string secret = enrolment.field("secret");
    EXPECT_EQ(secret.size(), 32U) << "160 bits";
    EXPECT_EQ(
        enrolment.field("otpauth_uri"),
        "otpauth://totp/Phase%20Zero:user%40globex.example?secret=" + secret +
            "&issuer=Phase%20Zero&algorithm=SHA1&digits=6&period=30"
    );
    EXPECT_EQ(world().sign_in(account).status(), 200) << "nothing counts before the first code";
    const Reply wrong = with(tokens).post("/me/mfa/totp/confirm", {{"otp", code_at(secret, 5)}});
    EXPECT_TRUE(is_problem(wrong, 422, "invalid_input"));
    const Reply confirmed = with(tokens).post("/me/mfa/totp/confirm", {{"otp", code_at(secret)}});
    ASSERT_EQ(confirmed.status(), 200) << confirmed.text();
    EXPECT_EQ(confirmed.json().at("recovery_codes").as_array().size(), 10U);
    const Reply state = with(tokens).get("/me/mfa");
    EXPECT_TRUE(state.json().at("enabled").as_bool());
    EXPECT_EQ(state.json().at("recovery_codes_left").as_int64(), 10);
    EXPECT_TRUE(is_problem(ask_api(other.field("access_token")), 401, "session_ended"))
        << "sessions without the factor are over";
    EXPECT_EQ(with(tokens).post("/me/mfa/totp", boost::json::object{}).status(), 409);
    EXPECT_EQ(with(tokens).post("/me/mfa/totp/confirm", {{"otp", code_at(secret)}}).status(), 409);
}

TEST_F(Mfa, makes_the_password_the_first_of_two_steps) {
    std::string secret;
    enable(secret);
    const Reply first = world().sign_in(account);
    ASSERT_TRUE(is_second_step(first, "mfa_required"));
    EXPECT_EQ(first.header("Set-Cookie"), "");
    const Reply tokens = send_code(first.field("mfa_token"), code_at(secret));
    ASSERT_EQ(tokens.status(), 200) << tokens.text();
    const boost::json::object claims = decode_part(tokens.field("access_token"), 1);
    EXPECT_EQ(claims.at("amr"), (boost::json::array{"pwd", "otp", "mfa"}));
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200);
    const Reply child = refresh(tokens.field("refresh_token"));
    EXPECT_EQ(decode_part(child.field("access_token"), 1).at("amr"), claims.at("amr"));
}

TEST_F(Mfa, is_asked_for_only_after_the_right_password) {
    std::string secret;
    enable(secret);
    const Reply wrong =
        identity().post_form("/token", {{"username", std::string{account.email}}, {"password", "wrong"}});
    const Reply unknown = identity().post_form("/token", {{"username", "nobody"}, {"password", "wrong"}});
    EXPECT_TRUE(are_indistinguishable(wrong, unknown)) << "who has a second factor is nobody's business";
}

TEST_F(Mfa, accepts_a_code_once) {
    std::string secret;
    enable(secret);
    const std::string code = code_at(secret, 1);
    ASSERT_EQ(sign_in_with(code).status(), 200);
    EXPECT_TRUE(is_oauth_error(sign_in_with(code), 400, "invalid_grant"));
    EXPECT_TRUE(is_oauth_error(sign_in_with(code_at(secret, -1)), 400, "invalid_grant"))
        << "nor an earlier one";
}

TEST_F(Mfa, gives_one_session_for_one_code_and_one_token_however_many_ask_at_once) {
    std::string secret;
    enable(secret);
    for (int round = 0; round < 5; ++round) {
        forget_steps();
        forget_failures();
        const std::string token = world().sign_in(account).field("mfa_token");
        const std::string code = code_at(secret);
        std::vector<std::future<Reply>> requests;
        for (int i = 0; i < 4; ++i) {
            requests.push_back(std::async(std::launch::async, [&] { return send_code(token, code); }));
        }
        int signed_in = 0;
        for (auto& request : requests) {
            signed_in += request.get().status() == 200 ? 1 : 0;
        }
        EXPECT_EQ(signed_in, 1);
    }
}

TEST_F(Mfa, takes_a_token_once_for_five_minutes_and_five_tries) {
    std::string secret;
    enable(secret);
    const std::string spent = world().sign_in(account).field("mfa_token");
    ASSERT_EQ(send_code(spent, code_at(secret)).status(), 200);
    forget_steps();
    EXPECT_TRUE(is_oauth_error(send_code(spent, code_at(secret)), 400, "invalid_grant"));

    const std::string late = world().sign_in(account).field("mfa_token");
    change("update identity.mfa_challenge set expires_at = expires_at - interval '301 s'");
    EXPECT_TRUE(is_oauth_error(send_code(late, code_at(secret)), 400, "invalid_grant"));

    const std::string tried = world().sign_in(account).field("mfa_token");
    for (int i = 0; i < 5; ++i) {
        forget_failures();
        EXPECT_TRUE(is_oauth_error(send_code(tried, "abcdef"), 400, "invalid_grant"));
    }
    forget_failures();
    EXPECT_TRUE(is_oauth_error(send_code(tried, code_at(secret)), 400, "invalid_grant"));
    EXPECT_TRUE(is_oauth_error(send_code("x", code_at(secret)), 400, "invalid_grant"));

    const std::string before_change = world().sign_in(account).field("mfa_token");
    change("update identity.person set epoch = epoch + 1 where id = '" + std::string{account.person} + '\'');
    EXPECT_TRUE(is_oauth_error(send_code(before_change, code_at(secret)), 400, "invalid_grant"))
        << "a password that was changed meanwhile";
}

TEST_F(Mfa, throttles_codes_like_passwords) {
    std::string secret;
    enable(secret);
    for (int i = 0; i < 5; ++i) {
        change("update identity.login_throttle set wait_until = changed_at");
        EXPECT_EQ(sign_in_with("000000").status(), 400);
    }
    change("update identity.login_throttle set wait_until = now() + interval '1 hour' where failures > 0");
    EXPECT_TRUE(is_problem(sign_in_with(code_at(secret)), 429, "rate_limited"))
        << "a new mfa_token is no new set of guesses";
}

TEST_F(Mfa, takes_each_recovery_code_once_however_it_is_written) {
    std::string secret;
    const std::vector<std::string> codes = enable(secret);
    ASSERT_EQ(sign_in_with(codes.at(0)).status(), 200);
    EXPECT_TRUE(is_oauth_error(sign_in_with(codes.at(0)), 400, "invalid_grant"));
    std::string shouted;
    for (const char c : codes.at(1)) {
        shouted += c == '-' ? ' ' : c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
    }
    const Reply tokens = sign_in_with(shouted);
    ASSERT_EQ(tokens.status(), 200) << tokens.text();
    EXPECT_EQ(with(tokens).get("/me/mfa").json().at("recovery_codes_left").as_int64(), 8);
    const Reply renewed = with(tokens).post("/me/mfa/recovery-codes", boost::json::object{});
    ASSERT_EQ(renewed.status(), 200) << renewed.text();
    EXPECT_TRUE(is_oauth_error(sign_in_with(codes.at(2)), 400, "invalid_grant")) << "the old ones are gone";
    const std::string fresh{renewed.json().at("recovery_codes").at(0).as_string()};
    EXPECT_EQ(sign_in_with(fresh).status(), 200);
}

TEST_F(Mfa, stores_no_secret_that_could_be_used_or_moved_to_somebody_else) {
    std::string secret;
    const std::vector<std::string> codes = enable(secret);
    auto database = world().database().connect("pz_identity");
    const std::string row = database.value("select t::text from identity.totp t");
    EXPECT_EQ(row.find(secret), std::string::npos);
    EXPECT_NE(row.find("gAAAA"), std::string::npos) << "a Fernet token";
    EXPECT_EQ(
        database.value("select string_agg(r::text, ' ') from identity.recovery_code r").find(codes.at(0)),
        std::string::npos
    );
    // The row of somebody else, with the same secret: it opens nothing.
    change(
        "insert into identity.totp (person_id, secret_encrypted, confirmed_at, created_at) select '" +
        std::string{acme_user.person} + "', secret_encrypted, confirmed_at, created_at from identity.totp"
    );
    const Reply first = world().sign_in(acme_user);
    ASSERT_TRUE(is_second_step(first, "mfa_required"));
    EXPECT_TRUE(is_oauth_error(send_code(first.field("mfa_token"), code_at(secret)), 400, "invalid_grant"));
}

TEST_F(Mfa, is_removed_only_with_a_factor_that_was_given_a_short_while_ago) {
    std::string secret;
    enable(secret);
    const Reply tokens = sign_in_with(code_at(secret));
    ASSERT_EQ(tokens.status(), 200);
    change("update identity.session set auth_time = auth_time - interval '11 minutes'");
    const Reply old = refresh(tokens.field("refresh_token"));
    const Reply refused = with(old).del("/me/mfa/totp");
    EXPECT_TRUE(is_problem(refused, 401, "reauthentication_required"));
    EXPECT_EQ(refused.header("WWW-Authenticate"), R"(Bearer error="insufficient_user_authentication")");
    EXPECT_TRUE(is_problem(
        with(old).post("/me/mfa/recovery-codes", boost::json::object{}), 401, "reauthentication_required"
    ));
    forget_steps();
    EXPECT_TRUE(
        is_problem(with(old).post("/me/step-up", {{"password", account.password}}), 422, "invalid_input")
    ) << "who has an app proves with the app";
    const Reply stepped = with(old).post("/me/step-up", {{"otp", code_at(secret)}});
    ASSERT_EQ(stepped.status(), 200) << stepped.text();
    EXPECT_EQ(ask_api(stepped.field("access_token")).status(), 200);
    EXPECT_EQ(with(stepped).del("/me/mfa/totp").status(), 204);
    EXPECT_EQ(world().sign_in(account).status(), 200);
}

TEST_F(Mfa, is_not_set_up_with_a_token_whose_sign_in_is_long_ago) {
    const Reply tokens = world().sign_in(account);
    change("update identity.session set auth_time = auth_time - interval '11 minutes'");
    const Reply old = refresh(tokens.field("refresh_token"));
    EXPECT_TRUE(
        is_problem(with(old).post("/me/mfa/totp", boost::json::object{}), 401, "reauthentication_required")
    ) << "a stolen token must not lock its owner out";
}

TEST_F(Mfa, step_up_with_the_password_renews_auth_time_for_who_has_no_app) {
    const Reply tokens = world().sign_in(account);
    change("update identity.session set auth_time = auth_time - interval '1 hour'");
    const Reply old = refresh(tokens.field("refresh_token"));
    EXPECT_TRUE(is_problem(with(old).post("/me/step-up", {{"password", "wrong"}}), 422, "invalid_input"));
    EXPECT_TRUE(is_problem(with(old).post("/me/step-up", {{"otp", "123456"}}), 422, "invalid_input"));
    const Reply stepped = with(old).post("/me/step-up", {{"password", account.password}});
    ASSERT_EQ(stepped.status(), 200) << stepped.text();
    const boost::json::object before = decode_part(old.field("access_token"), 1);
    const boost::json::object after = decode_part(stepped.field("access_token"), 1);
    EXPECT_GE(after.at("auth_time").as_int64(), before.at("auth_time").as_int64() + 3'500);
    EXPECT_EQ(after.at("sid"), before.at("sid"));
    EXPECT_EQ(after.at("amr"), before.at("amr"));
    const Reply child = refresh(old.field("refresh_token"));
    EXPECT_EQ(decode_part(child.field("access_token"), 1).at("auth_time"), after.at("auth_time"));
}

TEST_F(Mfa, routes_need_a_live_token) {
    EXPECT_TRUE(is_problem(identity().get("/me/mfa"), 401, "not_authenticated"));
    for (const char* path : {"/me/mfa/totp", "/me/mfa/recovery-codes"}) {
        EXPECT_TRUE(is_problem(identity().post(path, boost::json::object{}), 401, "not_authenticated"));
    }
    EXPECT_TRUE(is_problem(identity().post("/me/step-up", {{"password", "x"}}), 401, "not_authenticated"));
    EXPECT_TRUE(is_problem(identity().post("/mfa/enrol", {{"mfa_token", "x"}}), 422, "invalid_input"));
}

TEST(RequiredMfa, lets_staff_without_an_app_do_nothing_but_set_one_up) {
    const testkit::WorldOptions options{
        .identity_environment = {"PZ_MFA_REQUIRED_FOR=platform_admin,support_agent"}
    };
    World own{options};
    EXPECT_EQ(own.sign_in(acme_user).status(), 200) << "other roles are free to choose";
    const Reply first = own.sign_in(platform_admin);
    ASSERT_TRUE(is_second_step(first, "mfa_enrollment_required"));
    const std::string token = first.field("mfa_token");
    EXPECT_TRUE(is_problem(own.with_token(token, Service::identity).get("/me"), 401, "invalid_token"));
    EXPECT_TRUE(is_problem(own.with_token(token).get("/api/v1/org"), 401, "invalid_token"));
    EXPECT_TRUE(is_oauth_error(send_code(own, token, "123456"), 400, "invalid_grant")) << "no app yet";

    const Reply enrolment = own.anonymous(Service::identity).post("/mfa/enrol", {{"mfa_token", token}});
    ASSERT_EQ(enrolment.status(), 200) << enrolment.text();
    const std::string secret = enrolment.field("secret");
    const Reply tokens = send_code(own, token, code_at(secret));
    ASSERT_EQ(tokens.status(), 200) << tokens.text();
    EXPECT_EQ(
        decode_part(tokens.field("access_token"), 1).at("amr"), (boost::json::array{"pwd", "otp", "mfa"})
    );
    EXPECT_TRUE(is_second_step(own.sign_in(platform_admin), "mfa_required"));
    EXPECT_TRUE(is_problem(
        own.anonymous(Service::identity).post("/mfa/enrol", {{"mfa_token", token}}), 422, "invalid_input"
    )) << "the token is spent";
    Client staff = own.with_token(tokens.field("access_token"), Service::identity);
    EXPECT_EQ(staff.post("/me/mfa/recovery-codes", boost::json::object{}).status(), 200);
    EXPECT_TRUE(is_problem(staff.del("/me/mfa/totp"), 403, "forbidden")) << "and it stays";

    auto database = own.database().connect("pz_identity");
    database.execute_script("update identity.session set amr = 'pwd'");
    EXPECT_TRUE(is_oauth_error(
        own.anonymous(Service::identity)
            .post_form(
                "/token", {{"grant_type", "refresh_token"}, {"refresh_token", tokens.field("refresh_token")}}
            ),
        400,
        "invalid_grant"
    )) << "a session from before the rule does not go on";
}

}  // namespace

}  // namespace pz::identity
