// What signing in and out leaves in the audit log, and who is told apart there: not whether an account
// exists.

#include <pz/core/uuid.hpp>
#include <pz/testkit/world.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::identity {

namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testkit::acme_admin;
using testkit::acme_user;
using testkit::Reply;
using testkit::Service;
using testkit::world;

using Form = std::vector<std::pair<std::string, std::string>>;

struct Sent {
    Reply reply;
    std::vector<boost::json::object> events;
};

/// The request, and what it left in any chain.
Sent post_form(std::string_view path, const Form& form) {
    static int number = 0;
    const std::string id = "identity-audit-" + std::to_string(++number);
    testkit::Client client = world().anonymous(Service::identity);
    client.with("X-Request-Id", id);
    Reply reply = client.post_form(path, form);
    auto connection = world().database().connect("pz_backup");
    std::vector<boost::json::object> events;
    const auto result = connection.query(
        "select convert_from(body, 'UTF8') from audit.event "
        "where convert_from(body, 'UTF8')::jsonb #>> '{ctx,req}' = $1 order by tenant_id, seq",
        {id}
    );
    for (const auto& row : result.rows) {
        events.push_back(boost::json::parse(*row.at(0)).as_object());
    }
    return {std::move(reply), std::move(events)};
}

Sent sign_in(std::string_view email, std::string_view password) {
    return post_form(
        "/token",
        {{"grant_type", "password"}, {"username", std::string{email}}, {"password", std::string{password}}}
    );
}

TEST(IdentityAudit, a_session_begins_and_ends_in_the_organizations_chain) {
    const Sent begun = sign_in(acme_user.email, acme_user.password);
    ASSERT_EQ(begun.reply.status(), 200) << begun.reply.text();
    ASSERT_THAT(begun.events, SizeIs(1));
    const auto& started = begun.events.front();
    EXPECT_EQ(started.at("action"), "session.started");
    EXPECT_EQ(started.at("outcome"), "success");
    EXPECT_EQ(started.at("actor").at("role"), "standard");
    EXPECT_EQ(started.at("target").at(0).at("type"), "session");
    EXPECT_NE(started.at("chain"), "platform");

    const Form refresh_token{{"refresh_token", begun.reply.field("refresh_token")}};
    const Sent ended = post_form("/logout", refresh_token);
    ASSERT_THAT(ended.events, SizeIs(1));
    EXPECT_EQ(ended.events.front().at("action"), "session.ended");
    EXPECT_EQ(ended.events.front().at("chain"), started.at("chain"));
    EXPECT_EQ(ended.events.front().at("target"), started.at("target"));
    EXPECT_THAT(post_form("/logout", refresh_token).events, IsEmpty()) << "it had ended already";
}

TEST(IdentityAudit, a_refresh_is_no_event_and_a_stolen_one_is) {
    const Sent begun = sign_in(acme_user.email, acme_user.password);
    const std::string first = begun.reply.field("refresh_token");
    const auto refresh = [](const std::string& token) {
        return post_form("/token", {{"grant_type", "refresh_token"}, {"refresh_token", token}});
    };
    const Sent second = refresh(first);
    ASSERT_EQ(second.reply.status(), 200);
    EXPECT_THAT(second.events, IsEmpty());
    const Sent third = refresh(second.reply.field("refresh_token"));
    ASSERT_EQ(third.reply.status(), 200);
    const Sent stolen = refresh(first);
    EXPECT_EQ(stolen.reply.status(), 400);
    ASSERT_THAT(stolen.events, SizeIs(1));
    EXPECT_EQ(stolen.events.front().at("action"), "session.reused");
    EXPECT_EQ(stolen.events.front().at("outcome"), "refused");
}

TEST(IdentityAudit, a_wrong_password_is_an_event_whether_or_not_there_is_an_account) {
    const Sent known = sign_in(acme_admin.email, "wrong-password-1");
    ASSERT_THAT(known.events, SizeIs(1));
    EXPECT_EQ(known.events.front().at("action"), "session.refused");
    EXPECT_EQ(known.events.front().at("outcome"), "refused");
    EXPECT_NE(known.events.front().at("chain"), "platform");
    const Sent unknown = sign_in("nobody@acme.example", "wrong-password-1");
    ASSERT_THAT(unknown.events, SizeIs(1));
    EXPECT_EQ(unknown.events.front().at("action"), "session.refused");
    EXPECT_EQ(unknown.events.front().at("chain"), "platform");
    EXPECT_EQ(known.reply.text(), unknown.reply.text());
}

/// How many events of this action there are in the platform's chain.
int count_of_platform(testkit::World& where, std::string_view action) {
    auto connection = where.database().connect("pz_backup");
    return std::stoi(connection.value(
        "select count(*) from audit.event where tenant_id = '00000000-0000-0000-0000-000000000000' and "
        "action = $1",
        {std::string{action}}
    ));
}

TEST(IdentityAudit, a_throttled_sign_in_and_a_refused_client_are_events_but_not_one_for_each) {
    testkit::World own({.identity_environment = {"PZ_THREADS=1"}});
    constexpr int attempts = 40;
    int throttled = 0;
    for (int i = 0; i < attempts; ++i) {
        testkit::Client client = own.anonymous(Service::identity);
        throttled +=
            client.post_form(
                      "/token",
                      {{"grant_type", "password"}, {"username", "a@b.example"}, {"password", "wrong"}}
            )
                        .status() == 429
                ? 1
                : 0;
        const Reply refused = client.post_form(
            "/token",
            {{"grant_type", "authorization_code"},
             {"client_id", "nobody"},
             {"code", "x"},
             {"code_verifier", "y"}}
        );
        EXPECT_EQ(refused.status(), 401) << refused.text();
    }
    EXPECT_GT(throttled, attempts / 2);
    for (const char* action : {"session.throttled", "client.refused"}) {
        EXPECT_GE(count_of_platform(own, action), 1) << action;
        EXPECT_LT(count_of_platform(own, action), attempts / 4) << action;
    }
}

TEST(IdentityAudit, the_steps_of_signing_keys_are_events_of_the_platform) {
    testkit::World own;
    EXPECT_EQ(count_of_platform(own, "key.active"), 1);
    EXPECT_EQ(count_of_platform(own, "key.next"), 1);
}

}  // namespace

}  // namespace pz::identity
