// /api/v1/invitations and /invitations: how one comes to belong to an organization.

#include "letters.hpp"
#include "organization.hpp"

#include <pz/core/text.hpp>

#include <boost/json/array.hpp>

#include <future>

namespace pz::identity {

namespace {

using testkit::world;
using Object = boost::json::object;

constexpr const char* good_password = "correct horse battery";

std::string new_address() {
    return core::random_token(9) + "@new.example";
}

Reply invite(const Someone& admin, const std::string& email, std::string_view role = "standard") {
    return admin.client().post("/api/v1/invitations", {{"email", email}, {"role", role}});
}

Reply accept(const std::string& token, std::string_view password = good_password) {
    return identity().post(
        "/invitations/accept", {{"token", token}, {"name", "New Person"}, {"password", password}}
    );
}

Reply sign_in(const std::string& email, std::string_view password = good_password) {
    return identity().post_form("/token", {{"username", email}, {"password", std::string{password}}});
}

std::string state_of(const std::string& email) {
    return Organization::value(
        "select string_agg(state, ' ' order by created_at) from identity.invitation where email = '" + email +
        "'"
    );
}

/// As if the time had passed.
void age_links(const std::string& email) {
    change(
        "update identity.invitation set link_expires_at = now() - interval '1 s' where email = '" + email +
        "'"
    );
}

TEST(Invitation, leads_a_new_person_into_the_organization) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    const Reply invited = invite(admin, email);
    ASSERT_EQ(invited.status(), 201) << invited.text();
    EXPECT_EQ(
        members_of(invited.json().as_object()),
        (std::vector<std::string>{"id", "email", "role", "state", "invited_by", "created_at", "expires_at"})
    );
    EXPECT_EQ(admin.client().get(invited.header("Location")).text(), invited.text());
    const TestLetter letter = wait_for_letter(email);
    EXPECT_EQ(accept(letter.token).status(), 204);
    EXPECT_EQ(state_of(email), "accepted");
    const Reply tokens = sign_in(email);
    ASSERT_EQ(tokens.status(), 200) << tokens.text();
    const auto claims = decode_part(tokens.field("access_token"), 1);
    EXPECT_EQ(claims.at("tenant_id").as_string(), organization.id());
    EXPECT_EQ(claims.at("role").as_string(), "standard");
    EXPECT_EQ(ask_api(tokens.field("access_token")).status(), 200);
}

TEST(Invitation, leads_a_known_person_into_another_organization_with_their_own_password) {
    const Organization home;
    const Organization organization;
    const Someone known = home.add("standard");
    const Someone admin = organization.add("admin");
    ASSERT_EQ(invite(admin, known.email, "admin").status(), 201);
    const TestLetter letter = wait_for_letter(known.email);
    EXPECT_TRUE(is_problem(accept(letter.token), 403, "wrong_password"));
    EXPECT_EQ(accept(letter.token, everybodys_password).status(), 204);
    const auto memberships = known.client().get("/me").json().at("memberships").as_array();
    EXPECT_EQ(memberships.size(), 2U);
    EXPECT_EQ(known.client().get("/me").json().at("role").as_string(), "standard")
        << "what they are at home is what it was";
    EXPECT_EQ(
        Organization::value("select name like 'Person %' from identity.person where id = '" + known.id + "'"),
        "t"
    );
}

TEST(Invitation, looks_the_same_whether_there_is_an_account_or_not) {
    const Organization home;
    const Organization organization;
    const Someone known = home.add("standard");
    const Someone admin = organization.add("admin");
    const std::string unknown = new_address();
    const Reply one = invite(admin, known.email);
    const Reply other = invite(admin, unknown);
    ASSERT_EQ(one.status(), 201);
    ASSERT_EQ(other.status(), 201);
    EXPECT_EQ(members_of(one.json().as_object()), members_of(other.json().as_object()));
    const auto without_what_differs =
        [](std::string message, const std::string& address, const std::string& token) {
            for (const std::string& part : {address, token}) {
                const std::size_t at = message.find(part);
                if (at != std::string::npos) {
                    message.erase(at, part.size());
                }
            }
            message.erase(
                message.find("Date: "), message.find("\r\n", message.find("Date: ")) - message.find("Date: ")
            );
            const std::size_t id = message.find("Message-ID: ");
            message.erase(id, message.find("\r\n", id) - id);
            return message;
        };
    const TestLetter to_known = wait_for_letter(known.email);
    const TestLetter to_unknown = wait_for_letter(unknown);
    EXPECT_EQ(
        without_what_differs(to_known.message, known.email, to_known.token),
        without_what_differs(to_unknown.message, unknown, to_unknown.token)
    );
}

TEST(InvitationLink, works_once_even_for_many_at_the_same_moment) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    const std::string token = wait_for_letter(email).token;
    std::vector<std::future<Reply>> uses;
    for (int i = 0; i < 6; ++i) {
        uses.push_back(std::async(std::launch::async, [&token] { return accept(token); }));
    }
    int good = 0;
    for (auto& use : uses) {
        good += use.get().status() == 204 ? 1 : 0;
    }
    EXPECT_EQ(good, 1);
    EXPECT_EQ(Organization::value("select count(*) from identity.person where email = '" + email + "'"), "1");
    EXPECT_TRUE(is_problem(accept(token), 400, "invalid_link"));
}

TEST(InvitationLink, is_refused_in_the_same_words_whatever_is_wrong_with_it) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const auto invite_and_wait = [&](const std::string& email) {
        EXPECT_EQ(invite(admin, email).status(), 201);
        return wait_for_letter(email).token;
    };
    const std::string used = invite_and_wait(new_address());
    ASSERT_EQ(accept(used).status(), 204);

    const std::string late_address = new_address();
    const std::string late = invite_and_wait(late_address);
    age_links(late_address);

    const std::string withdrawn_address = new_address();
    const Reply withdrawn_invitation = invite(admin, withdrawn_address);
    const std::string withdrawn = wait_for_letter(withdrawn_address).token;
    const std::string path = "/api/v1/invitations/" + withdrawn_invitation.id();
    EXPECT_EQ(admin.client().del(path).status(), 204);
    EXPECT_TRUE(is_problem(admin.client().del(path), 404, "not_found"));

    const std::string replaced_address = new_address();
    const Reply replaced_invitation = invite(admin, replaced_address);
    const std::string replaced = wait_for_letter(replaced_address).token;
    EXPECT_EQ(
        admin.client().post("/api/v1/invitations/" + replaced_invitation.id() + "/resend", {}).status(), 202
    );
    const std::string fresh = wait_for_letter(replaced_address, 2).token;

    const std::string suspended_address = new_address();
    const std::string suspended = invite_and_wait(suspended_address);
    const Reply first = accept("x");
    EXPECT_TRUE(is_problem(first, 400, "invalid_link"));
    for (const std::string& token :
         {used, late, withdrawn, replaced, fresh + "A", fresh.substr(1), std::string(43, 'A')}) {
        const Reply reply = accept(token);
        EXPECT_TRUE(is_problem(reply, 400, "invalid_link"));
        EXPECT_EQ(reply.field("detail"), first.field("detail"));
        EXPECT_EQ(reply.text().size(), first.text().size());
    }
    EXPECT_EQ(accept(fresh).status(), 204) << "and the newest one is good all the time";
    world().database().connect_as_superuser().execute_script(
        "update platform.tenant set state = 'suspended' where id = '" + organization.id() + "'"
    );
    EXPECT_TRUE(is_problem(accept(suspended), 400, "invalid_link"));
}

TEST(InvitationLink, is_good_for_fifteen_minutes_and_renewed_by_who_holds_it) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    const std::string token = wait_for_letter(email).token;
    wait_until_mail_is_done();
    EXPECT_EQ(
        Organization::value(
            "select m.done_at - i.link_expires_at between '-15 minutes' and '-14 minutes' from "
            "identity.invitation i"
            " join identity.mail m on m.invitation_id = i.id where i.email = '" +
            email + "'"
        ),
        "t"
    );
    const auto renew = [](const std::string& with) {
        return identity().post("/invitations/renew", {{"token", with}});
    };
    const Reply nothing = renew("x");
    EXPECT_EQ(nothing.status(), 202);
    EXPECT_TRUE(are_indistinguishable(renew(token), nothing)) << "it is still good";
    wait_until_mail_is_done();
    EXPECT_EQ(letters_to(email).size(), 1U);
    age_links(email);
    EXPECT_TRUE(are_indistinguishable(renew(token), nothing));
    EXPECT_TRUE(are_indistinguishable(renew(token), nothing)) << "a second time changes nothing";
    const std::string fresh = wait_for_letter(email, 2).token;
    EXPECT_NE(fresh, token);
    EXPECT_TRUE(are_indistinguishable(renew(token), nothing));
    wait_until_mail_is_done();
    EXPECT_EQ(letters_to(email).size(), 2U);
    EXPECT_TRUE(is_problem(accept(token), 400, "invalid_link"));
    EXPECT_EQ(accept(fresh).status(), 204);
}

TEST(InvitationLink, ends_after_five_wrong_passwords) {
    const Organization home;
    const Organization organization;
    const Someone known = home.add("standard");
    const Someone admin = organization.add("admin");
    ASSERT_EQ(invite(admin, known.email).status(), 201);
    const std::string token = wait_for_letter(known.email).token;
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(is_problem(accept(token, "wrong"), 403, "wrong_password"));
    }
    EXPECT_TRUE(is_problem(accept(token, everybodys_password), 400, "invalid_link"));
}

TEST(InvitationLink, is_stored_nowhere) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    const std::string token = wait_for_letter(email).token;
    wait_until_mail_is_done();
    const std::string bytes = core::base64url_decode(token).value();
    EXPECT_EQ(bytes.size(), 32U) << "256 random bits";
    const std::string rows = Organization::value(
        "select (select string_agg(i::text, ' ') from identity.invitation i) ||"
        " (select string_agg(m::text, ' ') from identity.mail m)"
    );
    EXPECT_EQ(rows.find(token), std::string::npos);
    EXPECT_EQ(world().identity().log().find(token), std::string::npos);
    EXPECT_EQ(world().identity().log().find(email), std::string::npos);
}

TEST(InvitationLink, leads_to_the_console_whatever_the_request_says) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"Host", "evil.example"},
             {"X-Forwarded-Host", "evil.example"},
             {"X-Forwarded-Proto", "gopher"},
             {"X-Forwarded-For", "evil.example"},
             {"X-Original-URL", "https://evil.example/"},
             {"X-Host", "evil.example"},
             {"Forwarded", "host=evil.example;proto=https"},
             {"Referer", "https://evil.example/"},
         }) {
        const std::string email = new_address();
        const Reply reply = admin.client()
                                .with(name, value)
                                .post("/api/v1/invitations", {{"email", email}, {"role", "standard"}});
        ASSERT_EQ(reply.status(), 201) << name << reply.text();
        const TestLetter letter = wait_for_letter(email);
        EXPECT_EQ(letter.link, "http://localhost:3000/invitation#" + letter.token) << name;
        EXPECT_EQ(letter.message.find("evil"), std::string::npos) << name;
    }
}

TEST(Invitations, give_only_roles_that_the_inviter_holds) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    const Someone platform = add_staff("platform_admin");
    const Someone agent = add_staff("support_agent");
    for (const std::string role : {"admin", "standard", "platform_admin", "support_agent"}) {
        const bool of_platform = role == "platform_admin" || role == "support_agent";
        EXPECT_EQ(invite(admin, new_address(), role).status(), of_platform ? 403 : 201) << role;
        EXPECT_EQ(invite(platform, new_address(), role).status(), of_platform ? 201 : 403) << role;
        EXPECT_EQ(invite(member, new_address(), role).status(), 403) << role;
        EXPECT_EQ(invite(agent, new_address(), role).status(), 403) << role;
    }
    for (const char* path :
         {"/api/v1/invitations", "/api/v1/invitations/0197c0de-0000-7000-9000-0000000000ff"}) {
        EXPECT_TRUE(is_problem(member.client().get(path), 403, "forbidden"));
    }
}

TEST(Invitations, of_the_platform_make_staff) {
    const Someone platform = add_staff("platform_admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(platform, email, "support_agent").status(), 201);
    ASSERT_EQ(accept(wait_for_letter(email).token).status(), 204);
    const Reply tokens = sign_in(email);
    EXPECT_EQ(decode_part(tokens.field("access_token"), 1).at("role").as_string(), "support_agent");
}

TEST(Invitations, refuse_what_is_no_address_and_who_is_there_already) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone member = organization.add("standard");
    for (const char* bad : {"abc", "a@b\r\nBcc: x@y", "a b@c", "\"a\"@b", "ä@b.example", "a@b,c@d"}) {
        EXPECT_TRUE(is_problem(invite(admin, bad), 422, "invalid_input")) << bad;
    }
    EXPECT_TRUE(is_problem(invite(admin, member.email), 409, "conflict"));
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    EXPECT_TRUE(is_problem(invite(admin, email), 409, "conflict"));
    change(
        "update identity.invitation set expires_at = now() - interval '1 s' where email = '" + email + "'"
    );
    EXPECT_EQ(invite(admin, email).status(), 201) << "one that nobody accepted in time is in nobody's way";
    EXPECT_EQ(state_of(email), "withdrawn pending");
}

TEST(Invitations, are_listed_by_state) {
    const Organization organization;
    const Organization other;
    const Someone admin = organization.add("admin");
    const std::string pending = invite(admin, new_address()).id();
    const std::string withdrawn = invite(admin, new_address()).id();
    ASSERT_EQ(admin.client().del("/api/v1/invitations/" + withdrawn).status(), 204);
    const std::string late = invite(admin, new_address()).id();
    change("update identity.invitation set expires_at = now() - interval '1 s' where id = '" + late + "'");
    const auto listed = [](const Someone& who, const std::string& query) {
        std::vector<std::string> ids;
        const Reply reply = who.client().get("/api/v1/invitations" + query);
        for (const auto& invitation : reply.json().at("items").as_array()) {
            ids.emplace_back(invitation.at("id").as_string());
        }
        return ids;
    };
    EXPECT_EQ(listed(admin, ""), (std::vector{late, withdrawn, pending}));
    EXPECT_EQ(listed(admin, "?state=pending"), std::vector{pending});
    EXPECT_EQ(listed(admin, "?state=expired"), std::vector{late});
    EXPECT_EQ(listed(admin, "?state=withdrawn"), std::vector{withdrawn});
    const Someone stranger = other.add("admin");
    EXPECT_EQ(listed(stranger, ""), std::vector<std::string>{});
    for (const char* method : {"GET", "DELETE"}) {
        EXPECT_TRUE(
            is_problem(stranger.client().send(method, "/api/v1/invitations/" + pending), 404, "not_found")
        );
    }
    EXPECT_TRUE(
        is_problem(stranger.client().post("/api/v1/invitations/" + pending + "/resend", {}), 404, "not_found")
    );
}

TEST(Invitations, end_with_the_right_to_invite) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Someone other = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(other, email, "admin").status(), 201);
    const std::string token = wait_for_letter(email).token;
    ASSERT_EQ(admin.client().del(other.path()).status(), 204);
    EXPECT_TRUE(is_problem(accept(token), 400, "invalid_link")) << "no way back in for who was taken out";
}

TEST(Invitations, are_fifty_in_an_hour_for_an_organization) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const Reply first = invite(admin, new_address());
    ASSERT_EQ(first.status(), 201);
    wait_until_mail_is_done();
    change(
        "insert into identity.mail (id, kind, tenant_id, invitation_id, created_at, outcome, done_at)"
        " select gen_random_uuid(), 'invitation', tenant_id, id, created_at, 'sent', created_at"
        " from identity.invitation, generate_series(2, 50) where id = '" +
        first.id() + "'"
    );
    const Reply refused = invite(admin, new_address());
    EXPECT_TRUE(is_problem(refused, 429, "rate_limited"));
    EXPECT_GT(std::stoi(refused.header("Retry-After")), 3'000);
    EXPECT_TRUE(is_problem(
        admin.client().post("/api/v1/invitations/" + first.id() + "/resend", {}), 429, "rate_limited"
    ));
    change(
        "update identity.mail set created_at = created_at - interval '1 hour' where tenant_id = '" +
        organization.id() + "'"
    );
    EXPECT_EQ(invite(admin, new_address()).status(), 201);
}

TEST(Invitations, take_no_password_that_is_too_weak) {
    const Organization organization;
    const Someone admin = organization.add("admin");
    const std::string email = new_address();
    ASSERT_EQ(invite(admin, email).status(), 201);
    const std::string token = wait_for_letter(email).token;
    for (const char* weak : {"short", "password1234", "aaaaaaaaaaaaaaaa"}) {
        const Reply reply = accept(token, weak);
        EXPECT_TRUE(is_problem(reply, 422, "invalid_input")) << weak;
        EXPECT_EQ(reply.json().at("errors").at(0).at("loc").as_string(), "body.password");
    }
    EXPECT_EQ(accept(token).status(), 204) << "the link is still good";
}

}  // namespace

}  // namespace pz::identity
