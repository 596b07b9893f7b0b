// The thread that signs: with the real schema, keys at rest, and what is kept outside.

#include <pz/audit/keeper.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/event.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/audit/source.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

namespace pz::audit {

namespace {

using core::Uuid;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AuditKeeper : public ::testing::Test {
 protected:
    AuditKeeper() { spdlog::set_level(spdlog::level::off); }

    ~AuditKeeper() override { spdlog::set_level(spdlog::level::info); }

    void append(int count) {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < count; ++i) {
            Event event;
            event.chain = chain_;
            event.id = Uuid::v7(clock_);
            event.time = clock_.now();
            event.action = "item.created";
            const OpenBody body = event.open_body();
            (void)connection.query(
                "select audit.append($1, $2, $3, 'item.created', 'success', null, null, null, $4, $5)",
                {chain_.to_string(),
                 event.id.to_string(),
                 core::to_string(event.time),
                 body.before,
                 body.after}
            );
        }
    }

    /// Signs each event that it sees, a hundred times a second.
    Keeper::Options options() {
        return {
            .database = database_.connection_string("pz_admin"),
            .ring = ring_,
            .checkpoints = {.every_events = 1, .every = 0s, .folder = folder_},
            .look_every = 10ms,
        };
    }

    static bool wait_for(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::this_thread::sleep_for(5ms);
        }
        return true;
    }

    std::int64_t signed_seq() {
        auto backup = database_.connect("pz_backup");
        return std::stoll(backup.value(
            "select coalesce(max(seq), 0) from audit.checkpoint where tenant_id = $1", {chain_.to_string()}
        ));
    }

    static std::string read(const std::filesystem::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    Report verify() {
        const auto keys = crypto::KeySet::parse(read(folder_.keys())).value();
        std::ifstream lines(folder_.checkpoints());
        auto backup = database_.connect("pz_backup");
        return verify_database(backup, chain_, &keys, read_checkpoints(lines, keys));
    }

    testkit::TemporaryDirectory directory_{"keeper"};
    Folder folder_{directory_.path()};
    testkit::TestDatabase database_;
    core::SystemClock clock_;
    std::string ring_text_ = crypto::FernetRing::generate_key().reveal();
    crypto::FernetRing ring_ = crypto::FernetRing::parse(core::SecretString{ring_text_}).value();
    Uuid chain_ = Uuid::v7(clock_);
};

TEST_F(AuditKeeper, signs_by_itself_in_the_table_and_outside_the_database) {
    append(5);
    const Keeper keeper(options(), clock_);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 5; }));
    append(2);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 7; }));
    const Report report = verify();
    EXPECT_EQ(report.breach, std::nullopt) << report.to_string();
    EXPECT_EQ(report.events, 7);
    EXPECT_GE(report.checkpoints, 4) << "each in the table and in the file";
    EXPECT_GE(keeper.counters().checkpoints, 2U);
}

TEST_F(AuditKeeper, keeps_its_private_key_as_ciphertext_alone) {
    append(1);
    {
        const Keeper keeper(options(), clock_);
        ASSERT_TRUE(wait_for([&] { return signed_seq() == 1; }));
    }
    auto backup = database_.connect("pz_backup");
    EXPECT_THAT(backup.value("select private_key_encrypted from audit.signing_key"), StartsWith("gAAAAA"));
    EXPECT_THAT(backup.value("select public_jwk from audit.signing_key"), Not(HasSubstr("\"d\"")));
    EXPECT_THAT(read(folder_.keys()), Not(HasSubstr("\"d\"")));
    auto admin = database_.connect("pz_admin");
    const std::string kid = current_signing_key(admin, ring_, clock_).public_key().kid();
    EXPECT_EQ(list_signing_keys(backup).front().key.kid(), kid);
    const auto other =
        crypto::FernetRing::parse(core::SecretString{crypto::FernetRing::generate_key().reveal()}).value();
    EXPECT_THROW((void)current_signing_key(admin, other, clock_), KeyError);
}

TEST_F(AuditKeeper, follows_a_rotation_and_what_the_old_key_signed_still_verifies) {
    append(1);
    const Keeper keeper(options(), clock_);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 1; }));
    auto admin = database_.connect("pz_admin");
    const std::string next = rotate_signing_key(admin, ring_, clock_).public_key().kid();
    ASSERT_TRUE(wait_for([&] { return read(folder_.keys()).find(next) != std::string::npos; }));
    append(1);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 2; }));
    EXPECT_EQ(verify().to_string(), "ok chains=1 events=2 checkpoints=4");
    auto backup = database_.connect("pz_backup");
    EXPECT_EQ(
        backup.value("select count(*) from audit.signing_key where private_key_encrypted is null"), "1"
    );
    EXPECT_EQ(
        backup.value(
            "select kid from audit.checkpoint where tenant_id = $1 and seq = 2", {chain_.to_string()}
        ),
        next
    );
}

TEST_F(AuditKeeper, publishes_no_key_that_somebody_slips_into_the_table) {
    append(1);
    const Keeper keeper(options(), clock_);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 1; }));
    const std::string published = read(folder_.keys());
    const crypto::SigningKey forged = crypto::SigningKey::generate();
    auto superuser = database_.connect_as_superuser();
    superuser.execute_script(
        "begin; update audit.signing_key set retired_at = now(), private_key_encrypted = null where "
        "retired_at "
        "is null"
    );
    (void)superuser.query(
        "insert into audit.signing_key values ($1, $2, 'not of this ring', now())",
        {forged.public_key().kid(), forged.public_key().to_jwk()}
    );
    superuser.execute_script("commit");  // a keeper that found none in between would make one of its own
    ASSERT_TRUE(wait_for([&] { return keeper.counters().failures > 0; }));
    EXPECT_EQ(read(folder_.keys()), published);
}

TEST_F(AuditKeeper, several_share_the_work) {
    const Keeper one(options(), clock_);
    const Keeper two(options(), clock_);
    const Keeper three(options(), clock_);
    for (int i = 1; i <= 10; ++i) {
        append(1);
        ASSERT_TRUE(wait_for([&] { return signed_seq() == i; }));
    }
    EXPECT_EQ(verify().to_string(), "ok chains=1 events=10 checkpoints=20");
    auto backup = database_.connect("pz_backup");
    EXPECT_EQ(backup.value("select count(*) from audit.signing_key"), "1");
}

TEST_F(AuditKeeper, goes_on_after_its_connection_was_ended) {
    append(1);
    const Keeper keeper(options(), clock_);
    ASSERT_TRUE(wait_for([&] { return signed_seq() == 1; }));
    auto superuser = database_.connect_as_superuser();
    superuser.execute_script(
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pz_admin' and datname = "
        "current_database()"
    );
    ASSERT_TRUE(wait_for([&] { return keeper.counters().failures > 0; }));
    append(1);
    EXPECT_TRUE(wait_for([&] { return signed_seq() == 2; }));
}

TEST_F(AuditKeeper, makes_the_partitions_of_the_months_ahead) {
    auto superuser = database_.connect_as_superuser();
    const std::string last = superuser.value(
        "select 'event_' || to_char((now() at time zone 'UTC') + interval '2 months', 'YYYY_MM')"
    );
    superuser.execute_script("drop table audit." + last);
    const Keeper keeper(options(), clock_);
    EXPECT_TRUE(wait_for([&] {
        return superuser.value("select to_regclass('audit." + last + "') is not null") == "t";
    }));
}

}  // namespace

}  // namespace pz::audit
