// The console's refresh token lives in a cookie that no script can read, and is used only beside a header
// that no cross-site form can send.

#include "answers.hpp"

#include <future>

namespace pz::identity {

namespace {

Client console() {
    return identity().with("X-Requested-With", "phasezero-web");
}

Reply sign_in() {
    return console().post_form(
        "/token", {{"username", std::string{acme_user.email}}, {"password", std::string{acme_user.password}}}
    );
}

/// "pz_refresh=…": what a browser sends back.
std::string cookie_of(const Reply& reply) {
    const std::string cookie = reply.header("Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
}

TEST(ConsoleCookie, keeps_the_refresh_token_out_of_the_answer) {
    const Reply reply = sign_in();
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_FALSE(reply.json().as_object().contains("refresh_token"));
    const std::string pair = cookie_of(reply);
    ASSERT_TRUE(pair.starts_with("pz_refresh=")) << pair;
    EXPECT_EQ(reply.text().find(pair.substr(11)), std::string::npos);
    EXPECT_EQ(reply.header("Set-Cookie"), pair + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
}

TEST(ConsoleCookie, refreshes_and_rotates) {
    const Reply first = sign_in();
    const Reply second =
        console().with("Cookie", cookie_of(first)).post_form("/token", {{"grant_type", "refresh_token"}});
    ASSERT_EQ(second.status(), 200) << second.text();
    EXPECT_FALSE(second.json().as_object().contains("refresh_token"));
    EXPECT_NE(cookie_of(second), cookie_of(first));
    EXPECT_EQ(ask_api(second.field("access_token")).status(), 200);
    EXPECT_EQ(
        console()
            .with("Cookie", "theme=dark; " + cookie_of(second) + "; x=y")
            .post_form("/token", {{"grant_type", "refresh_token"}})
            .status(),
        200
    );
}

TEST(ConsoleCookie, is_good_for_two_tabs_that_refresh_at_once) {
    for (int round = 0; round < 10; ++round) {
        const std::string cookie = cookie_of(sign_in());
        const auto tab = [&cookie] {
            return console().with("Cookie", cookie).post_form("/token", {{"grant_type", "refresh_token"}});
        };
        auto one = std::async(std::launch::async, tab);
        auto other = std::async(std::launch::async, tab);
        const Reply first = one.get();
        const Reply second = other.get();
        ASSERT_EQ(first.status(), 200) << first.text();
        ASSERT_EQ(second.status(), 200) << second.text();
        EXPECT_EQ(cookie_of(first), cookie_of(second))
            << "whichever answer the browser reads last, its cookie is good";
        EXPECT_EQ(
            console()
                .with("Cookie", cookie_of(second))
                .post_form("/token", {{"grant_type", "refresh_token"}})
                .status(),
            200
        );
    }
}

TEST(ConsoleCookie, is_worth_nothing_without_the_header) {
    const std::string cookie = cookie_of(sign_in());
    const Form form{{"grant_type", "refresh_token"}};
    EXPECT_TRUE(
        is_oauth_error(identity().with("Cookie", cookie).post_form("/token", form), 400, "invalid_request")
    );
    for (const char* value : {"XMLHttpRequest", "PHASEZERO-WEB", "phasezero-web2", "x"}) {
        EXPECT_TRUE(is_oauth_error(
            identity().with("X-Requested-With", value).with("Cookie", cookie).post_form("/token", form),
            400,
            "invalid_request"
        )) << value;
    }
    EXPECT_EQ(identity().with("Cookie", cookie).send("POST", "/logout").status(), 204);
    EXPECT_EQ(console().with("Cookie", cookie).post_form("/token", form).status(), 200)
        << "the session is still there";
}

TEST(ConsoleCookie, is_not_set_for_other_clients) {
    EXPECT_EQ(testkit::world().sign_in(acme_user).header("Set-Cookie"), "");
}

TEST(ConsoleCookie, is_not_set_by_a_refusal) {
    EXPECT_EQ(console().post_form("/token", {{"username", "x"}, {"password", "y"}}).header("Set-Cookie"), "");
}

TEST(ConsoleCookie, is_taken_back_at_logout_and_its_session_ended) {
    const Reply tokens = sign_in();
    const Reply reply = console().with("Cookie", cookie_of(tokens)).send("POST", "/logout");
    EXPECT_EQ(reply.status(), 204);
    EXPECT_EQ(reply.header("Set-Cookie"), "pz_refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    EXPECT_TRUE(is_problem(ask_api(tokens.field("access_token")), 401, "session_ended"));
}

TEST(ConsoleCookie, of_a_made_up_value_is_refused) {
    for (const char* cookie :
         {"pz_refresh=", "pz_refresh=x", "__Host-pz_refresh=x", "pz_refresh", ";;;=", "pz_refreshx=y"}) {
        const Reply reply =
            console().with("Cookie", cookie).post_form("/token", {{"grant_type", "refresh_token"}});
        EXPECT_EQ(reply.status(), 400) << cookie << reply.text();
    }
}

}  // namespace

}  // namespace pz::identity
