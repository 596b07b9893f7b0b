#include "token/cookie.hpp"

#include <gtest/gtest.h>

namespace pz::identity::token {

namespace {

using namespace std::chrono_literals;

TEST(RefreshCookie, is_found_among_others) {
    for (const char* header :
         {"pz_refresh=abc",
          "a=b; pz_refresh=abc",
          "pz_refresh=abc; a=b",
          "a=b;pz_refresh=abc;c=d",
          "   pz_refresh=abc",
          "not_pz_refresh=x; pz_refreshed=y; pz_refresh=abc",
          "; ; pz_refresh=abc;",
          "pz_refresh=abc; pz_refresh=second"}) {
        EXPECT_EQ(find_refresh_cookie(header, /*secure=*/false), "abc") << header;
    }
}

TEST(RefreshCookie, is_not_found_where_it_is_not) {
    for (const char* header :
         {"",
          ";",
          "=",
          "pz_refresh",
          "pz_refres=abc",
          "PZ_REFRESH=abc",
          "x=pz_refresh=abc",
          "pz_refresh abc",
          "xpz_refresh=abc"}) {
        EXPECT_EQ(find_refresh_cookie(header, /*secure=*/false), std::nullopt) << header;
    }
}

TEST(RefreshCookie, keeps_everything_behind_the_first_equals_sign) {
    EXPECT_EQ(find_refresh_cookie("pz_refresh=a=b==", /*secure=*/false), "a=b==");
    EXPECT_EQ(find_refresh_cookie("pz_refresh=", /*secure=*/false), "");
}

TEST(RefreshCookie, has_a_name_of_its_own_over_https) {
    EXPECT_EQ(find_refresh_cookie("pz_refresh=planted; __Host-pz_refresh=abc", /*secure=*/true), "abc");
    EXPECT_EQ(find_refresh_cookie("pz_refresh=planted", /*secure=*/true), std::nullopt);
    EXPECT_EQ(find_refresh_cookie("__Host-pz_refresh=abc", /*secure=*/false), std::nullopt);
}

TEST(RefreshCookie, is_set_for_the_whole_origin_and_for_no_script) {
    EXPECT_EQ(
        set_refresh_cookie("abc", 60s, /*secure=*/false),
        "pz_refresh=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60"
    );
    EXPECT_EQ(
        set_refresh_cookie("abc", 60s, /*secure=*/true),
        "__Host-pz_refresh=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
    );
    EXPECT_EQ(
        clear_refresh_cookie(/*secure=*/false), "pz_refresh=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    );
}

}  // namespace

}  // namespace pz::identity::token
