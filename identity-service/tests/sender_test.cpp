// The queue of letters: who takes one, what happens when it does not go out.

#include "mail/sender.hpp"

#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

namespace pz::identity::mail {

namespace {

using namespace std::chrono_literals;

/// What went out, and how it is refused instead.
struct Deliveries {
    std::mutex mutex;
    std::map<std::string, int> letters;  ///< by recipient
    std::optional<DeliveryError> refusal;

    int count(const std::string& to) {
        const std::lock_guard lock{mutex};
        return letters[to];
    }

    std::size_t recipients() {
        const std::lock_guard lock{mutex};
        return letters.size();
    }
};

class RecordingTransport final : public Transport {
 public:
    explicit RecordingTransport(Deliveries& deliveries) : deliveries_(deliveries) {}

    void deliver(const core::Uuid&, const std::string& to, const std::string&, std::stop_token) override {
        const std::lock_guard lock{deliveries_.mutex};
        if (deliveries_.refusal) {
            throw *deliveries_.refusal;
        }
        ++deliveries_.letters[to];
    }

 private:
    Deliveries& deliveries_;
};

class MailSender : public testing::Test {
 protected:
    std::unique_ptr<Sender> start() {
        return std::make_unique<Sender>(Sender::Options{
            .database = database.connection_string("pz_identity"),
            .console_origin = "http://localhost:3000",
            .from = {"Phase Zero", "no-reply@localhost"},
            .transport = std::make_unique<RecordingTransport>(deliveries),
            .clock = &clock,
        });
    }

    /// An invitation and its letter.
    std::string queue(const std::string& email) {
        const std::string id = core::Uuid::v7(clock).to_string();
        connection.query(
            "insert into identity.invitation (tenant_id, id, email, role, invited_by, created_at, expires_at)"
            " values ($1, $2, $3, 'standard', $4, now(), now() + interval '7 days')",
            {std::string{testkit::acme}, id, email, std::string{testkit::acme_admin.person}}
        );
        connection.query(
            "insert into identity.mail (id, kind, tenant_id, invitation_id, created_at, next_attempt_at)"
            " values ($2, 'invitation', $1, $2, now(), now() - interval '1 s')",
            {std::string{testkit::acme}, id}
        );
        return id;
    }

    /// Waits until the letter's row says so.
    void wait_for(const std::string& id, const std::string& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (connection.value("select " + condition + " from identity.mail where id = $1", {id}) != "t") {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline) << condition;
            std::this_thread::sleep_for(10ms);
        }
    }

    core::SystemClock clock;
    testkit::TestDatabase database;
    pg::BlockingConnection connection = database.connect("pz_identity");
    Deliveries deliveries;
};

TEST_F(MailSender, tries_again_later_with_another_link_and_gives_up_after_eight_times) {
    deliveries.refusal = DeliveryError("the server is busy");
    std::string before = connection.value("select clock_timestamp()");
    const std::string id = queue("new@acme.example");
    const auto sender = start();
    std::string last_link;
    for (int attempt = 1; attempt <= 8; ++attempt) {
        wait_for(id, "attempts = " + std::to_string(attempt) + " and last_error is not null");
        const std::string link =
            connection.value("select link_hash::text from identity.invitation where id = $1", {id});
        EXPECT_NE(link, last_link);
        last_link = link;
        if (attempt < 8) {
            EXPECT_EQ(
                connection.value(
                    "select next_attempt_at >= $2::timestamptz + least(interval '1 minute' * 2 ^ (attempts - "
                    "1),"
                    " interval '1 hour') and outcome is null from identity.mail where id = $1",
                    {id, before}
                ),
                "t"
            ) << "not at once, and later each time";
            before = connection.value("select clock_timestamp()");
            connection.query(
                "update identity.mail set next_attempt_at = now() - interval '1 s', last_error = null where "
                "id = "
                "$1",
                {id}
            );
        }
    }
    wait_for(id, "outcome is not distinct from 'given_up'");
    EXPECT_EQ(
        connection.value("select last_error from identity.mail where id = $1", {id}), "the server is busy"
    );
    EXPECT_EQ(sender->counters().failed, 8U);
    EXPECT_EQ(sender->counters().given_up, 1U);
    EXPECT_EQ(sender->counters().sent, 0U);
}

TEST_F(MailSender, gives_up_at_once_what_is_refused_for_good) {
    deliveries.refusal = DeliveryError("no such mailbox", /*final=*/true);
    const std::string id = queue("new@acme.example");
    const auto sender = start();
    wait_for(id, "outcome is not distinct from 'given_up'");
    EXPECT_EQ(connection.value("select attempts from identity.mail where id = $1", {id}), "1");
}

TEST_F(MailSender, drops_what_nobody_waits_for) {
    const std::string withdrawn = queue("withdrawn@acme.example");
    const std::string late = queue("late@acme.example");
    const std::string good = queue("good@acme.example");
    connection.query(
        "update identity.invitation set state = 'withdrawn', closed_at = now() where id = $1", {withdrawn}
    );
    connection.query(
        "update identity.invitation set expires_at = now() - interval '1 s' where id = $1", {late}
    );
    const auto sender = start();
    for (const std::string& id : {withdrawn, late}) {
        wait_for(id, "outcome is not distinct from 'dropped'");
    }
    wait_for(good, "outcome is not distinct from 'sent'");
    EXPECT_EQ(deliveries.recipients(), 1U);
}

TEST_F(MailSender, sends_each_letter_once_however_many_processes_there_are) {
    std::vector<std::string> ids;
    ids.reserve(40);
    for (int i = 0; i < 40; ++i) {
        ids.push_back(queue("new" + std::to_string(i) + "@acme.example"));
    }
    const std::vector<std::unique_ptr<Sender>> senders = [&] {
        std::vector<std::unique_ptr<Sender>> all;
        all.reserve(4);
        for (int i = 0; i < 4; ++i) {
            all.push_back(start());
        }
        return all;
    }();
    for (const std::string& id : ids) {
        wait_for(id, "outcome is not distinct from 'sent'");
    }
    for (int i = 0; i < 40; ++i) {
        EXPECT_EQ(deliveries.count("new" + std::to_string(i) + "@acme.example"), 1) << i;
    }
}

TEST_F(MailSender, goes_on_when_the_database_comes_back) {
    const auto sender = start();
    wait_for(queue("before@acme.example"), "outcome is not distinct from 'sent'");
    database.connect_as_superuser().execute_script(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pz_identity' and datname ="
        " current_database()"
    );
    connection = database.connect("pz_identity");
    wait_for(queue("after@acme.example"), "outcome is not distinct from 'sent'");
    EXPECT_EQ(deliveries.count("after@acme.example"), 1);
}

TEST_F(MailSender, deletes_what_was_finished_a_week_ago) {
    const std::string old = queue("old@acme.example");
    connection.query(
        "update identity.mail set created_at = now() - interval '8 days', next_attempt_at = null, outcome = "
        "'sent',"
        " done_at = now() where id = $1",
        {old}
    );
    const std::string waiting = queue("waiting@acme.example");
    const auto sender = start();
    wait_for(waiting, "outcome is not distinct from 'sent'");
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (connection.value("select count(*) from identity.mail where id = $1", {old}) != "0") {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::sleep_for(10ms);
    }
}

}  // namespace

}  // namespace pz::identity::mail
