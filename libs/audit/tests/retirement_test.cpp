// Old months go, and what is left is still a chain: verified, exported and proved from the signed word that
// they leave behind.

#include <pz/audit/retirement.hpp>

#include <pz/audit/chain.hpp>
#include <pz/audit/checkpointer.hpp>
#include <pz/audit/event.hpp>
#include <pz/audit/proof.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/audit/source.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::audit {

namespace {

using core::Uuid;
using namespace std::chrono_literals;

class AuditRetirement : public ::testing::Test {
 protected:
    /// Ten events in each of two old months with partitions of their own, and five of today.
    AuditRetirement() {
        superuser_.execute_script(
            "set role pz_owner;"
            "create table audit.event_2020_01 partition of audit.event for values from ('2020-01-01Z') to "
            "('2020-02-01Z'); select audit.guard_partition('audit.event_2020_01');"
            "create table audit.event_2020_02 partition of audit.event for values from ('2020-02-01Z') to "
            "('2020-03-01Z'); select audit.guard_partition('audit.event_2020_02');"
            "reset role"
        );
        append(10, "2020-01-15T12:00:00Z");
        sign();
        append(10, "2020-02-15T12:00:00Z");
        append(5, core::to_string(clock_.now()));
        sign();
    }

    void append(int count, std::string_view time) {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < count; ++i) {
            Event event;
            event.chain = chain_;
            event.id = Uuid::v7(clock_);
            event.time = core::parse_timestamp(time).value();
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

    SigningReport sign() {
        return make_checkpoints(
            admin_,
            key_,
            clock_,
            {.every_events = 1, .every = 0s, .folder = folder_},
            [](const Checkpoint&, const std::string&) {}
        );
    }

    RetirementReport retire(std::string_view cut) {
        return retire_months(
            admin_,
            key_,
            clock_,
            core::parse_timestamp(cut).value(),
            folder_,
            [](const Checkpoint&, const std::string&) {}
        );
    }

    void tamper(std::string_view sql) {
        superuser_.execute_script(
            "set session_replication_role = replica;" +
            fmt::format(fmt::runtime(sql), fmt::arg("c", "'" + chain_.to_string() + "'")) +
            "; set session_replication_role = origin"
        );
    }

    std::string verify() {
        std::ifstream lines(folder_.checkpoints());
        auto backup = database_.connect("pz_backup");
        return verify_database(backup, chain_, &keys_, read_checkpoints(lines, keys_)).to_string();
    }

    std::string broken(std::int64_t seq, const char* kind) const {
        return fmt::format("broken chain={} seq={} kind={}", chain_.to_string(), seq, kind);
    }

    std::string exported() {
        auto backup = database_.connect("pz_backup");
        std::ostringstream out;
        write_export(backup, chain_, out);
        return out.str();
    }

    std::string verify_text(const std::string& text) {
        std::istringstream lines(text);
        return verify_export(lines, std::nullopt, keys_).to_string();
    }

    std::int64_t count(std::string_view sql) { return std::stoll(superuser_.value(std::string{sql})); }

    testkit::TemporaryDirectory directory_{"retirement"};
    Folder folder_{directory_.path()};
    testkit::TestDatabase database_;
    core::SystemClock clock_;
    crypto::FernetRing ring_ = crypto::FernetRing::parse(crypto::FernetRing::generate_key()).value();
    pg::BlockingConnection superuser_ = database_.connect_as_superuser();
    pg::BlockingConnection admin_ = database_.connect("pz_admin");
    crypto::SigningKey key_ = current_signing_key(admin_, ring_, clock_);
    crypto::KeySet keys_{{key_.public_key()}};
    Uuid chain_ = Uuid::v7(clock_);
};

TEST_F(AuditRetirement, of_whole_months_leaves_a_chain_that_verifies) {
    EXPECT_EQ(verify(), "ok chains=1 events=25 checkpoints=4");
    const RetirementReport first = retire("2020-02-01T00:00:00Z");
    EXPECT_EQ(first.months, 1);
    EXPECT_EQ(first.events, 10);
    EXPECT_EQ(count("select count(*) from audit.event where at < '2020-02-01Z'"), 0);
    EXPECT_TRUE(verify().starts_with("ok chains=1 events=15 ")) << verify();
    EXPECT_TRUE(verify().ends_with(" retired=10")) << verify();

    const RetirementReport second = retire("2020-03-01T00:00:00Z");
    EXPECT_EQ(second.months, 1);
    EXPECT_EQ(second.events, 10);
    EXPECT_TRUE(verify().starts_with("ok chains=1 events=5 ")) << verify();
    EXPECT_TRUE(verify().ends_with(" retired=20")) << verify();
    EXPECT_EQ(retire("2020-03-01T00:00:00Z").months, 0) << "nothing is left to go";

    append(3, core::to_string(clock_.now()));
    EXPECT_EQ(sign().broken.size(), 0U);
    EXPECT_TRUE(verify().starts_with("ok chains=1 events=8 ")) << verify();
    EXPECT_EQ(count("select count(*) from audit.event where action = 'audit.retired'"), 2);
}

TEST_F(AuditRetirement, leaves_exports_and_proofs_of_the_rest) {
    retire("2020-03-01T00:00:00Z");
    append(6, core::to_string(clock_.now()));
    sign();
    const std::string text = exported();
    EXPECT_TRUE(verify_text(text).starts_with("ok chains=1 events=11 ")) << verify_text(text);
    EXPECT_TRUE(verify_text(text).ends_with(" retired=20")) << verify_text(text);
    auto backup = database_.connect("pz_backup");
    for (std::int64_t seq = 21; seq <= 31; ++seq) {
        EXPECT_TRUE(verify_proof(prove_event(backup, chain_, seq), keys_)) << seq;
    }
    EXPECT_THROW((void)prove_event(backup, chain_, 20), VerifyError);
    EXPECT_THROW((void)prove_event(backup, chain_, 32), VerifyError);

    const std::size_t begin = text.find(",\"retired\":");
    const std::size_t end = text.find('}', begin);
    EXPECT_EQ(verify_text(text.substr(0, begin) + text.substr(end)), broken(1, "gap"))
        << "without the signed word, events are missing";
    const std::size_t checkpoint = text.find("eyJ");
    const std::string other = text.substr(checkpoint, text.find('"', checkpoint) - checkpoint);
    EXPECT_THROW(
        verify_text(text.substr(0, begin) + ",\"retired\":\"" + other + "\"" + text.substr(end)), VerifyError
    ) << "a checkpoint is no retirement";
}

TEST_F(AuditRetirement, takes_what_the_default_partition_has_of_that_time) {
    const Uuid first = std::exchange(chain_, Uuid::v7(clock_));
    append(4, "2001-05-05T00:00:00Z");
    append(2, core::to_string(clock_.now()));
    EXPECT_EQ(count("select count(*) from audit.event_default"), 4);
    EXPECT_EQ(retire("2020-03-01T00:00:00Z").chains, 2);
    EXPECT_EQ(count("select count(*) from audit.event_default"), 0);
    EXPECT_TRUE(verify().ends_with("retired=4")) << verify();
    chain_ = first;
    EXPECT_TRUE(verify().ends_with("retired=20")) << verify();
    EXPECT_THROW(
        tamper("set session_replication_role = origin; delete from audit.event_default"), pg::BlockingError
    );
}

TEST_F(AuditRetirement, of_a_chain_that_is_not_what_was_signed_does_not_happen) {
    for (const char* crime :
         {"update audit.event set body = body || ' ' where tenant_id = {c} and seq = 3",
          "update audit.event set hash = sha256(hash) where tenant_id = {c} and seq = 3",
          "delete from audit.event where tenant_id = {c} and seq = 3",
          "update audit.checkpoint set jws = 'eyJ' where tenant_id = {c} and seq = 10"}) {
        chain_ = Uuid::v7(clock_);
        append(10, "2019-06-15T12:00:00Z");  // the months of 2020 take no more after the first attempt
        sign();
        tamper(crime);
        EXPECT_THROW(retire("2020-03-01T00:00:00Z"), RetirementError) << crime;
        EXPECT_EQ(count("select count(*) from audit.retirement"), 0) << crime;
        tamper(
            "delete from audit.event where tenant_id = {c}; delete from audit.chain_head where tenant_id = "
            "{c}"
        );
    }
}

TEST_F(AuditRetirement, of_a_chain_that_was_hashed_anew_does_not_happen_whatever_was_signed_last) {
    const auto rehash = [&] {
        tamper(R"sql(do $$
            declare
              previous bytea := decode(repeat('00', 32), 'hex');
              event record;
            begin
              for event in select seq, body from audit.event where tenant_id = {c} order by at, seq loop
                event.body := convert_to(replace(convert_from(event.body, 'UTF8'), 'created', 'deleted'), 'UTF8');
                previous := sha256('\x02'::bytea || uuid_send({c}) || int8send(event.seq) || previous
                                   || sha256(event.body));
                update audit.event e set body = event.body, hash = previous
                 where e.tenant_id = {c} and e.seq = event.seq;
              end loop;
              update audit.chain_head set hash = previous where tenant_id = {c};
            end $$)sql");
    };
    const auto refuses = [&] {
        EXPECT_THROW(retire("2020-03-01T00:00:00Z"), RetirementError);
        EXPECT_EQ(count("select count(*) from audit.retirement"), 0);
    };
    rehash();
    refuses();  // signed at 10, on the way to 20, and at 25
    tamper("delete from audit.checkpoint where tenant_id = {c} and seq > 10");
    refuses();
    tamper("delete from audit.checkpoint where tenant_id = {c}");
    EXPECT_EQ(retire("2020-03-01T00:00:00Z").events, 20) << "only what was signed says otherwise";
}

TEST_F(AuditRetirement, leaves_the_current_month_and_the_last_alone_and_takes_no_half) {
    for (const core::Timestamp cut :
         {month_before(clock_.now(), 0), month_before(clock_.now(), -1), core::Timestamp{} + 24h * 20}) {
        EXPECT_THROW(retire(core::to_string(cut)), pg::BlockingError) << core::to_string(cut);
    }
    EXPECT_EQ(
        core::to_string(month_before(*core::parse_timestamp("2026-03-31T23:59:59Z"), 13)).substr(0, 10),
        "2025-02-01"
    );
}

TEST_F(AuditRetirement, is_for_the_platform_alone) {
    auto app = database_.connect("pz_app");
    app.execute_script("set app.current_tenant = '" + chain_.to_string() + "'");
    for (const char* statement :
         {"select audit.close_months('2020-02-01Z')",
          "select audit.drop_months('2020-02-01Z')",
          "select audit.retirable_chains('2020-02-01Z')",
          "select audit.open_default_partition()",
          "insert into audit.retirement select * from audit.retirement",
          "delete from audit.retirement"}) {
        EXPECT_THROW(app.execute_script(statement), pg::BlockingError) << statement;
    }
    EXPECT_THROW(admin_.execute_script("select audit.drop_months('2020-02-01Z')"), pg::BlockingError)
        << "not as the platform";
}

TEST_F(AuditRetirement, drops_nothing_that_was_not_signed_as_retired) {
    admin_.execute_script("set app.current_tenant = '00000000-0000-0000-0000-000000000000'");
    EXPECT_THROW(admin_.execute_script("select audit.drop_months('2020-02-01Z')"), pg::BlockingError);
    admin_.execute_script("select audit.close_months('2020-02-01Z')");
    EXPECT_THROW(admin_.execute_script("select audit.drop_months('2020-02-01Z')"), pg::BlockingError);
    const Uuid first = std::exchange(chain_, Uuid::v7(clock_));
    EXPECT_THROW(append(1, "2020-01-20T00:00:00Z"), pg::BlockingError) << "the month is closed";
    chain_ = first;
    EXPECT_EQ(verify(), "ok chains=1 events=25 checkpoints=4");
}

TEST_F(AuditRetirement, tampering_around_the_cut_is_found) {
    retire("2020-03-01T00:00:00Z");
    superuser_.execute_script(
        "create table kept_event as select * from audit.event; create table kept_retirement as select * from "
        "audit.retirement; create table kept_checkpoint as select * from audit.checkpoint"
    );
    const std::string good = verify();
    EXPECT_TRUE(good.starts_with("ok chains=1 events=5 ")) << good;
    const std::vector<std::pair<const char*, std::string>> crimes{
        {"delete from audit.retirement where tenant_id = {c}", broken(1, "gap")},
        {"update audit.retirement set hash = sha256(hash) where tenant_id = {c}", broken(1, "gap")},
        {"update audit.retirement set seq = 22 where tenant_id = {c}; delete from audit.event where "
         "tenant_id "
         "= {c} and seq <= 22",
         broken(1, "gap")},
        {"update audit.retirement set seq = 25, hash = c.hash, jws = c.jws from audit.checkpoint c where "
         "audit.retirement.tenant_id = {c} and c.tenant_id = {c} and c.seq = 25; delete from audit.event "
         "where "
         "tenant_id = {c}",
         broken(1, "gap")},
        {"delete from audit.event where tenant_id = {c} and seq = 21", broken(21, "gap")},
        {"update audit.event set body = body || ' ' where tenant_id = {c} and seq = 21", broken(21, "edit")},
        {"delete from audit.event where tenant_id = {c}", broken(21, "truncated")},
        {"delete from audit.event where tenant_id = {c}; update audit.chain_head h set seq = r.seq, hash = "
         "r.hash from audit.retirement r where h.tenant_id = {c} and r.tenant_id = {c}; delete from "
         "audit.checkpoint where tenant_id = {c} and seq > 20",
         broken(21, "truncated")},
    };
    superuser_.execute_script("create table kept_head as select * from audit.chain_head");
    for (const auto& [crime, found] : crimes) {
        tamper(crime);
        EXPECT_EQ(verify(), found) << crime;
        tamper(
            "delete from audit.event; insert into audit.event select * from kept_event;"
            "delete from audit.retirement; insert into audit.retirement select * from kept_retirement;"
            "delete from audit.checkpoint; insert into audit.checkpoint select * from kept_checkpoint;"
            "delete from audit.chain_head; insert into audit.chain_head select * from kept_head"
        );
        EXPECT_EQ(verify(), good) << crime;
    }
}

TEST_F(AuditRetirement, partitions_that_are_made_late_take_over_what_the_default_one_has) {
    superuser_.execute_script(
        "do $$ begin execute 'drop table audit.event_' || to_char(now() at time zone 'UTC' + interval '1 "
        "month', 'YYYY_MM'); end $$"
    );
    append(3, core::to_string(month_before(clock_.now(), -1) + 24h));
    EXPECT_EQ(count("select count(*) from audit.event_default"), 3);
    admin_.execute_script(
        "set app.current_tenant = '00000000-0000-0000-0000-000000000000'; select audit.make_partitions(3)"
    );
    EXPECT_EQ(count("select count(*) from audit.event_default"), 0);
    EXPECT_EQ(verify(), "ok chains=1 events=28 checkpoints=4");
    EXPECT_EQ(
        count("select count(*) from pg_trigger t join pg_inherits i on i.inhrelid = t.tgrelid "
              "where i.inhparent = 'audit.event'::regclass and t.tgname = 'append_only' and "
              "t.tgenabled = 'O'"),
        count("select count(*) from pg_inherits where inhparent = 'audit.event'::regclass")
    );
    EXPECT_EQ(
        count("select count(*) from pg_class c join pg_inherits i on i.inhrelid = c.oid where "
              "i.inhparent = 'audit.event'::regclass and not (relrowsecurity and relforcerowsecurity)"),
        0
    );
}

}  // namespace

}  // namespace pz::audit
