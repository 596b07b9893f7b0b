// POST /password/change

#include "answers.hpp"

#include <boost/json/array.hpp>

namespace pz::identity {

namespace {

using testkit::world;

constexpr const char* good = "violet tractors in the rain";

/// Puts the published password back, whatever a test did.
class PasswordChange : public ::testing::Test {
 protected:
    void SetUp() override {
        hash_ = world()
                    .database()
                    .connect("pz_identity")
                    .value(
                        "select password_hash from identity.person where id = $1",
                        {std::string{globex_user.person}}
                    );
        forget_failures();
    }

    void TearDown() override {
        change(
            "update identity.person set password_hash = '" + hash_ + "' where id = '" +
            std::string{globex_user.person} + '\''
        );
        forget_failures();
    }

    static Reply change_password(const Reply& tokens, std::string_view current, std::string_view wanted) {
        return world()
            .with_token(tokens.field("access_token"), Service::identity)
            .post("/password/change", {{"current_password", current}, {"new_password", wanted}});
    }

    static Reply sign_in(std::string_view password) {
        return identity().post_form(
            "/token", {{"username", std::string{globex_user.email}}, {"password", std::string{password}}}
        );
    }

 private:
    std::string hash_;
};

TEST_F(PasswordChange, replaces_the_password_and_ends_every_other_session_at_once) {
    const Reply mine = world().sign_in(globex_user);
    const Reply other = world().sign_in(globex_user);
    ASSERT_EQ(ask_api(other.field("access_token")).status(), 200);
    const Reply reply = change_password(mine, globex_user.password, good);
    ASSERT_EQ(reply.status(), 204) << reply.text();
    for (const Reply& tokens : {mine, other}) {
        EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended"))
            << "every token made before is dead on the next request";
    }
    EXPECT_TRUE(is_oauth_error(refresh(other.field("refresh_token")), 400, "invalid_grant"));
    const Reply renewed = refresh(mine.field("refresh_token"));
    ASSERT_EQ(renewed.status(), 200) << "this session goes on";
    EXPECT_EQ(ask_api(renewed.field("access_token")).status(), 200);
    EXPECT_TRUE(is_oauth_error(sign_in(globex_user.password), 400, "invalid_grant"));
    EXPECT_EQ(sign_in(good).status(), 200);
}

TEST_F(PasswordChange, needs_the_current_password_and_is_throttled_like_a_sign_in) {
    const Reply tokens = world().sign_in(globex_user);
    const Reply wrong = change_password(tokens, "wrong", good);
    EXPECT_TRUE(is_problem(wrong, 422, "invalid_input"));
    EXPECT_EQ(wrong.json().at("errors").at(0).at("loc").as_string(), "body.current_password");
    EXPECT_EQ(wrong.json().at("errors").at(0).at("code").as_string(), "wrong_password");
    change("update identity.login_throttle set wait_until = now() + interval '1 hour'");
    const double hashes = metric("phasezero_password_hashes_total");
    const Reply refused = change_password(tokens, globex_user.password, good);
    EXPECT_TRUE(is_problem(refused, 429, "rate_limited"));
    EXPECT_EQ(metric("phasezero_password_hashes_total"), hashes);
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200) << "nothing has happened";
}

TEST_F(PasswordChange, refuses_what_the_policy_refuses_before_any_hash) {
    const Reply tokens = world().sign_in(globex_user);
    const double hashes = metric("phasezero_password_hashes_total");
    for (const auto& [wanted, code] :
         {std::pair{"short", "too_short"},
          std::pair{"football1234", "too_common"},
          std::pair{"aaaaaaaaaaaaaaa", "too_predictable"},
          std::pair{"globex-user-2026", "about_you"}}) {
        const Reply reply = change_password(tokens, globex_user.password, wanted);
        EXPECT_TRUE(is_problem(reply, 422, "invalid_input"));
        EXPECT_EQ(reply.json().at("errors").at(0).at("loc").as_string(), "body.new_password");
        EXPECT_EQ(reply.json().at("errors").at(0).at("code").as_string(), code) << wanted;
    }
    EXPECT_EQ(metric("phasezero_password_hashes_total"), hashes);
}

TEST_F(PasswordChange, is_for_who_is_signed_in) {
    const Reply anonymous =
        identity().post("/password/change", {{"current_password", "x"}, {"new_password", good}});
    EXPECT_TRUE(is_problem(anonymous, 401, "not_authenticated"));
    const Reply tokens = world().sign_in(globex_user);
    identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_TRUE(is_problem(change_password(tokens, globex_user.password, good), 401, "session_ended"));
    EXPECT_EQ(sign_in(globex_user.password).status(), 200);
}

TEST_F(PasswordChange, leaves_no_password_in_the_log) {
    const Reply tokens = world().sign_in(globex_user);
    ASSERT_EQ(change_password(tokens, globex_user.password, good).status(), 204);
    const std::string log = world().identity().wait_for_log("event=password.changed");
    EXPECT_EQ(log.find(good), std::string::npos);
}

}  // namespace

}  // namespace pz::identity
