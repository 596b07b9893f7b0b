// /password/forgot and /password/reset: a way back for who has forgotten the password.

#include "letters.hpp"
#include "organization.hpp"

#include <pz/core/text.hpp>

#include <future>

namespace pz::identity {

namespace {

using testkit::world;

constexpr const char* good_password = "correct horse battery";

/// The limits count by network, and all tests come from one.
void forget_earlier_requests() {
    wait_until_mail_is_done();
    change("delete from identity.mail where kind = 'password_reset'");
}

Reply forgot(const std::string& email) {
    return identity().post("/password/forgot", {{"email", email}});
}

Reply reset(const std::string& token, std::string_view password = good_password) {
    return identity().post("/password/reset", {{"token", token}, {"password", password}});
}

Reply sign_in(const std::string& email, std::string_view password) {
    return identity().post_form("/token", {{"username", email}, {"password", std::string{password}}});
}

class PasswordRecovery : public testing::Test {
 protected:
    void SetUp() override { forget_earlier_requests(); }

    Organization organization;
};

TEST_F(PasswordRecovery, sets_a_new_password_and_ends_everything_else) {
    const Someone person = organization.add("standard");
    ASSERT_EQ(forgot(person.email).status(), 202);
    const std::string token = wait_for_letter(person.email).token;
    EXPECT_EQ(ask_api(person.access_token).status(), 200) << "asking alone changes nothing";
    const Reply done = reset(token);
    EXPECT_EQ(done.status(), 204) << done.text();
    EXPECT_TRUE(is_problem(ask_api(person.access_token), 401, "session_ended"));
    EXPECT_TRUE(is_oauth_error(refresh(person.refresh_token), 400, "invalid_grant"));
    EXPECT_TRUE(is_oauth_error(sign_in(person.email, everybodys_password), 400, "invalid_grant"));
    EXPECT_EQ(sign_in(person.email, good_password).status(), 200);
    const TestLetter notice = wait_for_letter(person.email, 2);
    EXPECT_TRUE(notice.message.contains("Subject: Your password was changed\r\n"));
    EXPECT_EQ(notice.token, "");
}

TEST_F(PasswordRecovery, answers_the_same_for_every_address) {
    const Someone person = organization.add("standard");
    const Someone disabled = organization.add("standard");
    change("update identity.person set state = 'disabled' where id = '" + disabled.id + "'");
    const Reply known = forgot(person.email);
    EXPECT_EQ(known.status(), 202);
    EXPECT_TRUE(known.text().empty());
    for (const std::string& email :
         {disabled.email,
          std::string{"nobody@new.example"},
          std::string{"no address"},
          person.email,
          std::string(254, 'a')}) {
        EXPECT_TRUE(are_indistinguishable(forgot(email), known)) << email;
    }
    wait_until_mail_is_done();
    EXPECT_EQ(letters_to(person.email).size(), 2U);
    EXPECT_TRUE(letters_to(disabled.email).empty());
    EXPECT_TRUE(letters_to("nobody@new.example").empty());
}

TEST_F(PasswordRecovery, writes_to_the_address_of_the_account_not_to_the_one_that_was_typed) {
    const Someone person = organization.add("standard");
    std::string shouted = person.email;
    for (char& c : shouted) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
    }
    ASSERT_EQ(forgot(shouted).status(), 202);
    EXPECT_NE(wait_for_letter(person.email).token, "");
    EXPECT_TRUE(letters_to(shouted).empty());
}

TEST_F(PasswordRecovery, link_works_once_even_for_many_at_the_same_moment) {
    const Someone person = organization.add("standard");
    ASSERT_EQ(forgot(person.email).status(), 202);
    const std::string token = wait_for_letter(person.email).token;
    std::vector<std::future<Reply>> uses;
    for (int i = 0; i < 6; ++i) {
        uses.push_back(std::async(std::launch::async, [&token, i] {
            return reset(token, std::string{good_password} + std::to_string(i));
        }));
    }
    int good = 0;
    for (auto& use : uses) {
        good += use.get().status() == 204 ? 1 : 0;
    }
    EXPECT_EQ(good, 1);
    EXPECT_TRUE(is_problem(reset(token), 400, "invalid_link"));
}

TEST_F(PasswordRecovery, link_is_refused_in_the_same_words_whatever_is_wrong_with_it) {
    const Someone person = organization.add("standard");
    const Someone late = organization.add("standard");
    const Someone disabled = organization.add("standard");
    for (const Someone& someone : {person, late, disabled}) {
        ASSERT_EQ(forgot(someone.email).status(), 202);
    }
    const std::string replaced = wait_for_letter(person.email).token;
    const std::string late_token = wait_for_letter(late.email).token;
    const std::string disabled_token = wait_for_letter(disabled.email).token;
    change(
        "update identity.password_reset set link_expires_at = now() - interval '1 s' where person_id = '" +
        late.id + "'"
    );
    change("update identity.person set state = 'disabled' where id = '" + disabled.id + "'");
    ASSERT_EQ(forgot(person.email).status(), 202);
    const std::string fresh = wait_for_letter(person.email, 2).token;
    const Reply first = reset("x");
    EXPECT_TRUE(is_problem(first, 400, "invalid_link"));
    for (const std::string& token :
         {replaced, late_token, disabled_token, fresh + "A", fresh.substr(1), std::string(43, 'A')}) {
        const Reply reply = reset(token);
        EXPECT_TRUE(is_problem(reply, 400, "invalid_link"));
        EXPECT_EQ(reply.field("detail"), first.field("detail"));
        EXPECT_EQ(reply.text().size(), first.text().size());
    }
    EXPECT_TRUE(is_problem(reset(fresh, "short"), 422, "invalid_input"));
    EXPECT_EQ(reset(fresh).status(), 204);
}

TEST_F(PasswordRecovery, link_of_an_invitation_resets_no_password_and_the_other_way_round) {
    const Someone admin = organization.add("admin");
    const Someone person = organization.add("standard");
    const std::string invited = core::random_token(9) + "@new.example";
    ASSERT_EQ(
        admin.client().post("/api/v1/invitations", {{"email", invited}, {"role", "standard"}}).status(), 201
    );
    ASSERT_EQ(forgot(person.email).status(), 202);
    const std::string invitation = wait_for_letter(invited).token;
    const std::string recovery = wait_for_letter(person.email).token;
    EXPECT_TRUE(is_problem(reset(invitation), 400, "invalid_link"));
    EXPECT_TRUE(is_problem(
        identity().post(
            "/invitations/accept", {{"token", recovery}, {"name", "x"}, {"password", good_password}}
        ),
        400,
        "invalid_link"
    ));
}

TEST_F(PasswordRecovery, does_not_get_around_a_second_factor) {
    const Someone person = organization.add("standard");
    const std::string of_person = " where person_id = '" + person.id + "'";
    change(
        "insert into identity.totp (person_id, secret_encrypted, confirmed_at, created_at) values ('" +
        person.id + "', 'never read here', now(), now())"
    );
    ASSERT_EQ(forgot(person.email).status(), 202);
    ASSERT_EQ(reset(wait_for_letter(person.email).token).status(), 204);
    const Reply first_step = sign_in(person.email, good_password);
    EXPECT_EQ(first_step.status(), 403) << first_step.text();
    EXPECT_EQ(first_step.field("error"), "mfa_required");
    EXPECT_EQ(Organization::value("select count(*) from identity.totp" + of_person), "1");
    change("delete from identity.mfa_challenge" + of_person + "; delete from identity.totp" + of_person);
}

TEST_F(PasswordRecovery, sends_an_account_three_letters_in_fifteen_minutes) {
    const Someone person = organization.add("standard");
    std::vector<std::future<int>> requests;
    for (int i = 0; i < 12; ++i) {
        requests.push_back(std::async(std::launch::async, [&person] { return forgot(person.email).status(); })
        );
    }
    for (auto& request : requests) {
        EXPECT_EQ(request.get(), 202);
    }
    wait_until_mail_is_done();
    EXPECT_EQ(letters_to(person.email).size(), 3U) << "however many ask at once";
    change(
        "update identity.mail set created_at = created_at - interval '15 minutes', done_at = done_at - "
        "interval '15 minutes'"
        " where kind = 'password_reset'"
    );
    ASSERT_EQ(forgot(person.email).status(), 202);
    EXPECT_NE(wait_for_letter(person.email, 4).token, "");
}

TEST_F(PasswordRecovery, takes_thirty_requests_from_a_network_in_fifteen_minutes) {
    for (int i = 0; i < 33; ++i) {
        EXPECT_EQ(forgot("nobody" + std::to_string(i) + "@new.example").status(), 202);
    }
    EXPECT_EQ(Organization::value("select count(*) from identity.mail where kind = 'password_reset'"), "30");
    forget_earlier_requests();
}

TEST_F(PasswordRecovery, link_leads_to_the_console_whatever_the_request_says) {
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"Host", "evil.example"},
             {"X-Forwarded-Host", "evil.example"},
             {"X-Forwarded-Proto", "gopher"},
             {"Forwarded", "host=evil.example;proto=https"},
             {"X-Original-URL", "https://evil.example/"},
             {"Referer", "https://evil.example/"},
         }) {
        const Someone person = organization.add("standard");
        ASSERT_EQ(
            identity().with(name, value).post("/password/forgot", {{"email", person.email}}).status(), 202
        );
        const TestLetter letter = wait_for_letter(person.email);
        EXPECT_EQ(letter.link, "http://localhost:3000/password-reset#" + letter.token) << name;
        EXPECT_EQ(letter.message.find("evil"), std::string::npos) << name;
    }
}

TEST_F(PasswordRecovery, keeps_nothing_of_addresses_and_links) {
    const Someone person = organization.add("standard");
    ASSERT_EQ(forgot(person.email).status(), 202);
    ASSERT_EQ(forgot("nobody@new.example").status(), 202);
    const std::string token = wait_for_letter(person.email).token;
    wait_until_mail_is_done();
    const std::string rows = Organization::value(
        "select (select string_agg(m::text, ' ') from identity.mail m) ||"
        " (select string_agg(r::text, ' ') from identity.password_reset r)"
    );
    for (const std::string& secret : {token, person.email, std::string{"nobody@new.example"}}) {
        EXPECT_EQ(rows.find(secret), std::string::npos);
        EXPECT_EQ(world().identity().log().find(secret), std::string::npos);
    }
}

}  // namespace

}  // namespace pz::identity
