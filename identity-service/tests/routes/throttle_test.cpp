// How often a password may be tried. The clock is moved by moving the rows' times; nothing here sleeps.

#include "answers.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace pz::identity {

namespace {

using testkit::world;

class Throttle : public ::testing::Test {
 protected:
    void SetUp() override { forget_failures(); }

    void TearDown() override { forget_failures(); }

    static Reply try_password(std::string_view email, std::string_view password) {
        return identity().post_form(
            "/token", {{"username", std::string{email}}, {"password", std::string{password}}}
        );
    }

    static Reply try_from_console(
        std::string_view cookie, const Account& account, std::string_view password
    ) {
        return identity()
            .with("X-Requested-With", "phasezero-web")
            .with("Cookie", cookie)
            .post_form(
                "/token", {{"username", std::string{account.email}}, {"password", std::string{password}}}
            );
    }

    /// What was counted for the account that is being tried.
    static std::string counted(const std::string& expression) {
        return world()
            .database()
            .connect("pz_identity")
            .value("select " + expression + " from identity.login_throttle where failures > 0");
    }

    static void let_time_pass() { change("update identity.login_throttle set wait_until = changed_at"); }

    static void hold_up_for_an_hour() {
        change("update identity.login_throttle set wait_until = now() + interval '1 hour' where failures > 0"
        );
    }

    /// "pz_device=…" of an answer that signed somebody in.
    static std::string device_cookie_of(const Reply& reply) {
        for (const auto& [name, value] : reply.headers()) {
            if (name == "Set-Cookie" && value.starts_with("pz_device=")) {
                return value.substr(0, value.find(';'));
            }
        }
        throw testkit::ClientError{"no device cookie: " + reply.text()};
    }
};

TEST_F(Throttle, lets_five_failures_pass_and_then_doubles_the_wait_up_to_fifteen_minutes) {
    for (int n = 1; n <= 18; ++n) {
        let_time_pass();
        ASSERT_TRUE(is_oauth_error(try_password(acme_user.email, "wrong"), 400, "invalid_grant")) << n;
        const int wait = n < 5 ? 0 : std::min(1 << (n - 5), 900);
        EXPECT_EQ(
            counted("greatest(0, extract(epoch from wait_until - changed_at))::int"), std::to_string(wait)
        ) << n;
    }
}

TEST_F(Throttle, refuses_without_touching_the_password_or_the_count) {
    try_password(acme_user.email, "wrong");
    hold_up_for_an_hour();
    const double hashes = metric("phasezero_password_hashes_total");
    for (const std::string_view password : {"wrong", acme_user.password.data(), ""}) {
        const Reply reply = try_password(acme_user.email, password);
        EXPECT_TRUE(is_problem(reply, 429, "rate_limited"));
        EXPECT_GT(std::stoi(reply.header("Retry-After")), 3'000);
    }
    EXPECT_EQ(metric("phasezero_password_hashes_total"), hashes);
    EXPECT_EQ(counted("failures"), "1");
}

TEST_F(Throttle, admits_one_of_eight_at_once) {
    try_password(acme_user.email, "wrong");
    change("update identity.login_throttle set failures = 14, wait_until = changed_at where failures > 0");
    const double hashes = metric("phasezero_password_hashes_total");
    std::vector<std::future<Reply>> attempts;
    for (int i = 0; i < 8; ++i) {
        attempts.push_back(std::async(std::launch::async, [] {
            return try_password(acme_user.email, "wrong");
        }));
    }
    int admitted = 0;
    for (auto& attempt : attempts) {
        admitted += attempt.get().status() == 400 ? 1 : 0;
    }
    EXPECT_EQ(admitted, 1) << "an attempt counts before it is made";
    EXPECT_EQ(metric("phasezero_password_hashes_total") - hashes, 1);
}

TEST_F(Throttle, is_over_with_a_success) {
    for (int i = 0; i < 4; ++i) {
        try_password(acme_user.email, "wrong");
    }
    ASSERT_EQ(try_password(acme_user.email, acme_user.password).status(), 200);
    EXPECT_EQ(counted("count(*)"), "0");
}

TEST_F(Throttle, is_the_same_for_an_account_that_is_not_there) {
    const auto shape_of = [](const Reply& reply) {
        std::string shape = std::to_string(reply.status());
        for (const auto& [name, value] : reply.headers()) {
            shape += ' ' + name;
        }
        return shape + ' ' + reply.field("code") + ' ' + reply.field("detail") + ' ' +
               std::to_string(reply.text().size());
    };
    std::vector<std::string> shapes;
    for (const std::string& email :
         {std::string{acme_user.email},
          std::string{initech_user.email},
          std::string{"nobody@acme.example"},
          std::string(400, 'a')}) {
        forget_failures();
        std::string course;
        for (int n = 0; n < 7; ++n) {
            let_time_pass();
            course += std::to_string(try_password(email, "wrong").status()) + ' ' +
                      counted("greatest(0, extract(epoch from wait_until - changed_at))::int") + ' ';
        }
        hold_up_for_an_hour();
        shapes.push_back(course + shape_of(try_password(email, "wrong")));
        EXPECT_EQ(shapes.back(), shapes.front()) << email;
    }
}

TEST_F(Throttle, counts_an_account_once_however_it_is_spelt) {
    for (const char* email : {"user@acme.example", "USER@acme.example", "uSeR@AcMe.ExAmPlE"}) {
        try_password(email, "wrong");
    }
    EXPECT_EQ(counted("max(failures)"), "3");
    EXPECT_EQ(counted("count(*)"), "1");
    // U+212A, the Kelvin sign, is an upper-case k to Unicode: an account must not be found by it either.
    EXPECT_TRUE(is_oauth_error(try_password("\xe2\x84\xaa@acme.example", "wrong"), 400, "invalid_grant"));
}

TEST_F(Throttle, does_not_let_a_stranger_hold_up_a_browser_that_is_known) {
    const std::string cookie = device_cookie_of(try_from_console("", acme_user, acme_user.password));
    for (int i = 0; i < 5; ++i) {
        let_time_pass();
        try_password(acme_user.email, "wrong");
    }
    hold_up_for_an_hour();
    EXPECT_EQ(try_password(acme_user.email, acme_user.password).status(), 429) << "the attack goes on";
    EXPECT_EQ(try_from_console(cookie, acme_user, acme_user.password).status(), 200);
    EXPECT_EQ(try_password(acme_user.email, acme_user.password).status(), 429) << "and did not gain by it";
    EXPECT_EQ(try_from_console(cookie, acme_admin, acme_admin.password).status(), 200);
}

TEST_F(Throttle, gives_a_known_browser_one_bucket_and_not_more) {
    const std::string cookie = device_cookie_of(try_from_console("", acme_user, acme_user.password));
    forget_failures();
    EXPECT_EQ(try_from_console(cookie, acme_user, "wrong").status(), 400);
    hold_up_for_an_hour();
    EXPECT_EQ(try_from_console(cookie, acme_user, acme_user.password).status(), 429)
        << "guesses from a stolen laptop wait too";
    EXPECT_EQ(try_password(acme_user.email, acme_user.password).status(), 200);
}

TEST_F(Throttle, knows_a_browser_by_a_cookie_of_this_account_and_by_no_other) {
    const std::string own = device_cookie_of(try_from_console("", acme_user, acme_user.password));
    const std::string others = device_cookie_of(try_from_console("", acme_admin, acme_admin.password));
    forget_failures();
    try_password(acme_user.email, "wrong");
    hold_up_for_an_hour();
    std::string forged = own;
    forged[20] = forged[20] == 'A' ? 'B' : 'A';
    for (const std::string& cookie : {others, forged, std::string{"pz_device=x"}, std::string{}}) {
        EXPECT_EQ(try_from_console(cookie, acme_user, acme_user.password).status(), 429) << cookie;
    }
    EXPECT_EQ(try_from_console(own, acme_user, acme_user.password).status(), 200);
}

TEST_F(Throttle, sets_the_device_cookie_out_of_every_scripts_and_every_other_sites_reach) {
    const Reply reply = try_from_console("", acme_user, acme_user.password);
    std::string cookie;
    for (const auto& [name, value] : reply.headers()) {
        cookie = name == "Set-Cookie" && value.starts_with("pz_device=") ? value : cookie;
    }
    EXPECT_NE(cookie.find("; Path=/; HttpOnly; SameSite=Strict; Max-Age=15552000"), std::string::npos)
        << cookie;
    EXPECT_EQ(cookie.find("acme"), std::string::npos);
}

TEST_F(Throttle, sheds_a_flood_of_strangers_and_signs_a_known_browser_in) {
    const std::string cookie = device_cookie_of(try_from_console("", acme_user, acme_user.password));
    const auto shed = [] { return metric("phasezero_password_refused_total"); };
    const double before = shed();
    std::atomic<bool> enough = false;
    std::vector<std::future<void>> flood;
    constexpr int attackers = 100;  // more than the queue and the workers hold
    for (int attacker = 0; attacker < attackers; ++attacker) {
        flood.push_back(std::async(std::launch::async, [&enough, attacker] {
            for (int attempt = 0; !enough; ++attempt) {
                const std::string name = "nobody-" + std::to_string(attempt * attackers + attacker);
                try_password(name + "@acme.example", "wrong");
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
            }
        }));
    }
    while (shed() == before) {
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    // A busy machine's database may shed one of them; a place among the strangers would be luck each time.
    for (int sign_in = 0; sign_in < 5; ++sign_in) {
        int status = 0;
        for (int asked = 0; asked < 3 && status != 200; ++asked) {
            status = try_from_console(cookie, acme_user, acme_user.password).status();
        }
        EXPECT_EQ(status, 200) << sign_in;
    }
    enough = true;
}

TEST_F(Throttle, of_an_address_holds_for_all_accounts_and_not_for_known_browsers) {
    const testkit::WorldOptions options{.identity_environment = {"PZ_RATE_LIMIT_SIGN_IN=30"}};
    World own{options};
    const auto sign_in = [&](std::string_view cookie, const Account& account) {
        return own.anonymous(Service::identity)
            .with("X-Requested-With", "phasezero-web")
            .with("Cookie", cookie)
            .post_form(
                "/token",
                {{"username", std::string{account.email}}, {"password", std::string{account.password}}}
            );
    };
    const std::string cookie = device_cookie_of(sign_in("", acme_user));
    auto database = own.database().connect("pz_identity");
    // One address has asked so far; its minute is used up now.
    database.execute_script("update identity.login_throttle set wait_until = now() + interval '1 hour'");
    EXPECT_EQ(sign_in("", acme_admin).status(), 429);
    EXPECT_EQ(sign_in("", acme_user).status(), 429);
    EXPECT_EQ(sign_in(cookie, acme_user).status(), 200);
    EXPECT_EQ(database.value("select count(*) from identity.login_throttle where failures > 0"), "0")
        << "an attempt that the address is refused is not the account's";
}

}  // namespace

}  // namespace pz::identity
