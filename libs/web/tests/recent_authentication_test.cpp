#include <pz/web/recent_authentication.hpp>

#include <pz/core/error.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace pz::web {

namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{std::chrono::hours{500'000}};

auth::Principal proved_at(core::Timestamp time, std::vector<std::string> amr) {
    auth::Principal user;
    user.auth_time = time;
    user.amr = std::move(amr);
    return user;
}

/// The status and code of the refusal; nothing if there is none.
std::optional<core::ErrorCode> refusal(const auth::Principal& user, Proof proof) {
    try {
        require_recent_authentication(user, noon, 10min, proof);
        return std::nullopt;
    } catch (const core::ApiError& error) {
        EXPECT_EQ(error.status(), 401U);
        return error.code();
    }
}

constexpr core::ErrorCode again = core::ErrorCode::reauthentication_required;

TEST(RecentAuthentication, is_as_old_as_the_route_allows_and_not_a_moment_older) {
    EXPECT_EQ(refusal(proved_at(noon, {"pwd"}), Proof::any), std::nullopt);
    EXPECT_EQ(refusal(proved_at(noon - 10min, {"pwd"}), Proof::any), std::nullopt);
    EXPECT_EQ(refusal(proved_at(noon - 10min - 1us, {"pwd"}), Proof::any), again);
}

TEST(RecentAuthentication, has_a_second_factor_where_the_route_wants_one) {
    EXPECT_EQ(refusal(proved_at(noon, {"pwd"}), Proof::second_factor), again);
    EXPECT_EQ(refusal(proved_at(noon, {"pwd", "otp", "mfa"}), Proof::second_factor), std::nullopt);
    EXPECT_EQ(refusal(proved_at(noon - 11min, {"pwd", "otp", "mfa"}), Proof::second_factor), again);
}

TEST(RecentAuthentication, is_nobodys_without_a_token_and_not_an_agents) {
    EXPECT_EQ(refusal(*auth::Principal::nobody(), Proof::any), again);
    auth::Principal agent = proved_at(noon, {"pwd", "otp", "mfa"});
    agent.actor = auth::Actor{};
    EXPECT_EQ(refusal(agent, Proof::any), again);
}

}  // namespace

}  // namespace pz::web
