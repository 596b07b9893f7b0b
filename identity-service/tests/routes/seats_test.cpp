// How many people an organization may have, those included whom it has invited.

#include "letters.hpp"
#include "organization.hpp"

#include <pz/core/text.hpp>
#include <pz/testkit/patience.hpp>

#include <algorithm>
#include <future>

namespace pz::identity {

namespace {

using testkit::patiently;

std::string new_address() {
    return core::random_token(9) + "@seats.example";
}

void allow(const Organization& organization, int members) {
    const std::string limit = std::to_string(members);
    ASSERT_EQ(
        testkit::world()
            .database()
            .connect("pz_admin")
            .value(
                "update platform.tenant set member_limit = $2::text::bigint where id = $1 returning "
                "member_limit",
                {organization.id(), limit}
            ),
        limit
    );
}

Reply invite(const Someone& admin, const std::string& email = new_address()) {
    return patiently([&] {
        return admin.client().post("/api/v1/invitations", {{"email", email}, {"role", "standard"}});
    });
}

Reply accept(const std::string& token) {
    return identity().post(
        "/invitations/accept",
        {{"token", token}, {"name", "New Person"}, {"password", "correct horse battery"}}
    );
}

testing::AssertionResult is_refused(const Reply& reply, int limit) {
    testing::AssertionResult problem = is_problem(reply, 409, "limit_reached");
    if (!problem) {
        return problem;
    }
    const boost::json::object expected{{"name", "members"}, {"value", limit}};
    return reply.json().at("limit") == expected ? testing::AssertionSuccess()
                                                : testing::AssertionFailure() << reply.text();
}

template <class Ask>
std::ptrdiff_t count_at_once(int asked, int status, Ask ask) {
    std::vector<std::future<int>> answers;
    for (int i = 0; i < asked; ++i) {
        answers.push_back(std::async(std::launch::async, [&ask, i] { return ask(i).status(); }));
    }
    return std::ranges::count_if(answers, [&](auto& answer) { return answer.get() == status; });
}

TEST(Seats, are_taken_by_members_and_by_whom_they_invited) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    allow(organization, 3);
    const Reply invited = invite(admin);
    EXPECT_EQ(invited.status(), 201) << invited.text();
    EXPECT_EQ(invite(admin).status(), 201);
    EXPECT_TRUE(is_refused(invite(admin), 3));
    EXPECT_EQ(admin.client().del(invited.header("Location")).status(), 204);
    EXPECT_EQ(invite(admin).status(), 201) << "the seat of one who is not invited any more";
    EXPECT_TRUE(is_refused(invite(admin), 3));
    allow(organization, 4);
    EXPECT_EQ(invite(admin).status(), 201) << "raising the limit helps at once";
}

TEST(Seats, are_taken_by_who_accepts_and_the_link_stays_good_for_when_there_is_one) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    const std::string token = wait_for_letter(email).token;
    allow(organization, 1);
    EXPECT_TRUE(is_refused(accept(token), 1));
    EXPECT_EQ(Organization::value("select count(*) from identity.person where email = '" + email + "'"), "0");
    allow(organization, 2);
    EXPECT_EQ(accept(token).status(), 204);
    EXPECT_TRUE(is_refused(invite(admin), 2));
}

TEST(Seats, are_needed_to_invite_again_and_to_come_back) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    const Reply invited = invite(admin);
    ASSERT_EQ(invited.status(), 201);
    Client client = admin.client();
    EXPECT_EQ(
        admin.client().with("If-Match", "*").patch(member.path(), {{"state", "disabled"}}).status(), 200
    );
    allow(organization, 1);
    EXPECT_TRUE(is_refused(client.post(invited.header("Location") + "/resend", boost::json::object{}), 1));
    EXPECT_TRUE(
        is_refused(admin.client().with("If-Match", "*").patch(member.path(), {{"state", "active"}}), 1)
    );
    allow(organization, 3);
    EXPECT_EQ(client.post(invited.header("Location") + "/resend", boost::json::object{}).status(), 202);
    EXPECT_EQ(admin.client().with("If-Match", "*").patch(member.path(), {{"state", "active"}}).status(), 200);
}

TEST(Seats, stay_whose_they_are_when_the_limit_is_lowered) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    allow(organization, 0);
    EXPECT_EQ(member.client().get("/me").status(), 200);
    EXPECT_EQ(admin.client().with("If-Match", "*").patch(member.path(), {{"role", "admin"}}).status(), 200)
        << "a role takes no seat";
    EXPECT_TRUE(is_refused(invite(admin), 0));
}

TEST(Seats, are_counted_exactly_when_many_are_invited_at_once) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    allow(organization, 4);
    EXPECT_EQ(count_at_once(8, 201, [&](int) { return invite(admin); }), 3);
    EXPECT_EQ(
        Organization::value(
            "select count(*) from identity.invitation where tenant_id = '" + organization.id() + "'"
        ),
        "3"
    );
}

TEST(Seats, are_counted_exactly_when_many_accept_at_once) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    std::vector<std::string> tokens;
    for (int i = 0; i < 4; ++i) {
        const std::string email = new_address();
        ASSERT_EQ(invite(admin, email).status(), 201);
        tokens.push_back(wait_for_letter(email).token);
    }
    allow(organization, 2);
    EXPECT_EQ(count_at_once(4, 204, [&](int i) { return accept(tokens[static_cast<std::size_t>(i)]); }), 1);
}

TEST(Seats, of_the_platforms_own_staff_have_no_limit) {
    testkit::world()
        .database()
        .connect("pz_admin")
        .query(
            "update platform.tenant set member_limit = 0 where id = $1", {std::string{testkit::numbersence}}
        );
    const Someone staff = add_staff("platform_admin");
    EXPECT_EQ(
        staff.client()
            .post("/api/v1/invitations", {{"email", new_address()}, {"role", "support_agent"}})
            .status(),
        201
    );
}

}  // namespace

}  // namespace pz::identity
