#include "answers.hpp"

namespace pz::identity {

namespace {

using testkit::world;

TEST(Logout, ends_the_session_behind_the_token) {
    const Reply tokens = world().sign_in(acme_user);
    const Reply other = world().sign_in(acme_user);
    const Reply reply = identity().post_form("/logout", {{"refresh_token", tokens.field("refresh_token")}});
    EXPECT_EQ(reply.status(), 204);
    EXPECT_TRUE(reply.text().empty());
    EXPECT_EQ(reply.header("Cache-Control"), "no-store");
    EXPECT_TRUE(is_oauth_error(refresh(tokens.field("refresh_token")), 400, "invalid_grant"));
    EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended"));
    EXPECT_EQ(refresh(other.field("refresh_token")).status(), 200);
}

TEST(Logout, takes_json_and_any_generation_of_the_token) {
    const Reply tokens = world().sign_in(acme_user);
    const Reply child = refresh(tokens.field("refresh_token"));
    EXPECT_EQ(identity().post("/logout", {{"refresh_token", tokens.field("refresh_token")}}).status(), 204);
    EXPECT_TRUE(is_problem(ask_api(child.field("access_token")), 401, "session_ended"));
}

TEST(Logout, gives_the_same_answer_twice_and_for_what_is_no_token) {
    const Reply tokens = world().sign_in(acme_user);
    const Form form{{"refresh_token", tokens.field("refresh_token")}};
    const Reply first = identity().post_form("/logout", form);
    EXPECT_TRUE(are_indistinguishable(identity().post_form("/logout", form), first));
    EXPECT_TRUE(are_indistinguishable(identity().post_form("/logout", {{"refresh_token", "x"}}), first));
    EXPECT_TRUE(are_indistinguishable(identity().send("POST", "/logout"), first));
}

TEST(Logout, does_not_end_a_session_for_a_forged_token) {
    const Reply tokens = world().sign_in(acme_user);
    std::string forged = tokens.field("refresh_token");
    forged[40] = forged[40] == 'A' ? 'B' : 'A';
    EXPECT_EQ(identity().post_form("/logout", {{"refresh_token", forged}}).status(), 204);
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200);
}

TEST(Logout, refuses_a_parameter_that_comes_twice) {
    EXPECT_TRUE(is_problem(
        identity()
            .with("Content-Type", "application/x-www-form-urlencoded")
            .send("POST", "/logout", "refresh_token=x&refresh_token=y"),
        400,
        "bad_request"
    ));
}

TEST(Logout, refuses_what_is_no_small_form_of_strings) {
    const auto send = [](const char* type, const std::string& body) {
        return identity().with("Content-Type", type).send("POST", "/logout", body);
    };
    EXPECT_TRUE(is_problem(send("text/plain", "refresh_token=x"), 415, "unsupported_media_type"));
    EXPECT_TRUE(
        is_problem(send("application/x-www-form-urlencoded", std::string(5'000, 'x')), 413, "body_too_large")
    );
    EXPECT_TRUE(is_problem(send("application/json", R"({"refresh_token":1})"), 422, "invalid_input"));
    EXPECT_TRUE(is_problem(send("application/json", "{"), 400, "malformed_json"));
}

}  // namespace

}  // namespace pz::identity
