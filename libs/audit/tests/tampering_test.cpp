// A thousand random tamperings of a real database, by somebody who owns it and knows how chains are made: all
// of them are found with what was signed and kept outside.

#include <pz/audit/chain.hpp>
#include <pz/audit/checkpointer.hpp>
#include <pz/audit/event.hpp>
#include <pz/audit/source.hpp>
#include <pz/testkit/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>

namespace pz::audit {

namespace {

using core::Uuid;
using namespace std::chrono_literals;

constexpr int attempts = 1'000;
constexpr int length = 40;

class AuditTampering : public ::testing::Test {
 protected:
    AuditTampering() {
        superuser_.execute_script("set session_replication_role = replica");
        auto admin = database_.connect("pz_admin");
        for (int i = 0; i < length / 10; ++i) {
            append(10);
            (void)make_checkpoints(
                admin,
                key_,
                clock_,
                {.every_events = 1, .every = 0s, .folder = Folder{directory_.path()}},
                [](const Checkpoint&, const std::string&) {}
            );
        }
        // What the chain's rows are hashed with, as the forger's own tool.
        superuser_.execute_script(R"sql(
            create table kept_event as select * from audit.event;
            create table kept_head as select * from audit.chain_head;
            create table kept_checkpoint as select * from audit.checkpoint;
            create function rehash(c uuid, first bigint) returns void language plpgsql as $$
            declare
              e record;
              last bytea := coalesce((select hash from audit.event where tenant_id = c and seq = first - 1),
                                     decode(repeat('00', 32), 'hex'));
            begin
              for e in select seq, body from audit.event where tenant_id = c and seq >= first order by seq loop
                last := sha256('\x02'::bytea || uuid_send(c) || int8send(e.seq) || last || sha256(e.body));
                update audit.event set hash = last where tenant_id = c and seq = e.seq;
              end loop;
              update audit.chain_head h set hash = last,
                     seq = (select coalesce(max(seq), 0) from audit.event where tenant_id = c) where h.tenant_id = c;
            end $$;
        )sql");
    }

    void append(int count) {
        auto connection = database_.connect("pz_identity");
        for (int i = 0; i < count; ++i) {
            Event event;
            event.chain = chain_;
            event.id = Uuid::v7(clock_);
            event.time = clock_.now();
            event.action = "item.created";
            event.targets = {{"item", event.id.to_string()}};
            const OpenBody body = event.open_body();
            (void)connection.query(
                "select audit.append($1, $2, $3, 'item.created', 'success', null, $4, null, $5, $6)",
                {chain_.to_string(),
                 event.id.to_string(),
                 core::to_string(event.time),
                 event.targets.front().id,
                 body.before,
                 body.after}
            );
        }
    }

    /// SQL with {c} for the chain, {k} and {m} for two numbers, {e} for the table of events.
    void tamper(std::string_view sql, std::int64_t k, std::int64_t m) {
        superuser_.execute_script(fmt::format(
            fmt::runtime(sql),
            fmt::arg("c", "'" + chain_.to_string() + "'"),
            fmt::arg("k", k),
            fmt::arg("m", m)
        ));
    }

    void restore() {
        superuser_.execute_script(
            "delete from audit.event; insert into audit.event select * from kept_event;"
            "delete from audit.chain_head; insert into audit.chain_head select * from kept_head;"
            "delete from audit.checkpoint; insert into audit.checkpoint select * from kept_checkpoint;"
        );
    }

    Report verify() {
        std::ifstream lines(Folder{directory_.path()}.checkpoints());
        return verify_database(backup_, chain_, &keys_, read_checkpoints(lines, keys_));
    }

    testkit::TemporaryDirectory directory_{"tampering"};
    testkit::TestDatabase database_;
    core::SystemClock clock_;
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    crypto::KeySet keys_{{key_.public_key()}};
    Uuid chain_ = Uuid::v7(clock_);
    pg::BlockingConnection backup_ = database_.connect("pz_backup");
    pg::BlockingConnection superuser_ = database_.connect_as_superuser();
};

struct Crime {
    const char* name;
    const char* sql;
    /// Events that are added afterwards, as good as any.
    bool grows_again = false;
};

// The last two checkpoints of the table go wherever they would give the crime away: the file has them.
constexpr std::array crimes{
    Crime{
        "a body edited",
        "update audit.event set body = convert_to(replace(convert_from(body, 'UTF8'), 'created', 'deleted'), "
        "'UTF8') "
        "where tenant_id = {c} and seq = {k}"
    },
    Crime{
        "a column edited", "update audit.event set target_id = 'other' where tenant_id = {c} and seq = {k}"
    },
    Crime{"a hash edited", "update audit.event set hash = sha256(hash) where tenant_id = {c} and seq = {k}"},
    Crime{"an event deleted", "delete from audit.event where tenant_id = {c} and seq = {k}"},
    Crime{
        "two bodies swapped",
        "update audit.event e set body = o.body from audit.event o where e.tenant_id = {c} and o.tenant_id = "
        "{c} "
        "and (e.seq, o.seq) in (({k}, {m}), ({m}, {k}))"
    },
    Crime{
        "two events swapped",
        "update audit.event set seq = seq + 1000 where tenant_id = {c} and seq in ({k}, {m});"
        "update audit.event set seq = case seq when 1000 + {k} then {m} else {k} end "
        "where tenant_id = {c} and seq > 1000"
    },
    Crime{
        "an event doubled",
        "insert into audit.event select tenant_id, at + interval '1 microsecond', seq, id, action, outcome, "
        "actor_id, target_id, impersonation_id, body, hash from audit.event where tenant_id = {c} and seq = "
        "{k}"
    },
    Crime{"the end cut off", "delete from audit.event where tenant_id = {c} and seq >= {k}"},
    Crime{
        "the end cut off, the head moved back, the table's checkpoints gone",
        "delete from audit.event where tenant_id = {c} and seq >= {k};"
        "delete from audit.checkpoint where tenant_id = {c} and seq >= {k};"
        "select rehash({c}, {k})"
    },
    Crime{
        "an old state restored",
        "delete from audit.event where tenant_id = {c} and seq > 10 * ({k} / 14 + 1);"
        "delete from audit.checkpoint where tenant_id = {c} and seq > 10 * ({k} / 14 + 1);"
        "select rehash({c}, 1)"
    },
    Crime{
        "an old state restored, and grown beyond where it was",
        "delete from audit.event where tenant_id = {c} and seq > 10 * ({k} / 14 + 1);"
        "delete from audit.checkpoint where tenant_id = {c} and seq > 10 * ({k} / 14 + 1);"
        "select rehash({c}, 1)",
        true
    },
    Crime{
        "an event rewritten and the chain hashed anew",
        "update audit.event set action = 'item.deleted', body = convert_to(replace(convert_from(body, "
        "'UTF8'), "
        "'created', 'deleted'), 'UTF8') where tenant_id = {c} and seq = {k};"
        "delete from audit.checkpoint where tenant_id = {c} and seq >= {k};"
        "select rehash({c}, {k})"
    },
    Crime{
        "an event removed, the others renumbered and hashed anew",
        "delete from audit.event where tenant_id = {c} and seq = {k};"
        "update audit.event set seq = seq - 1, body = convert_to(replace(convert_from(body, 'UTF8'), "
        "'\"seq\":' || seq, '\"seq\":' || (seq - 1)), 'UTF8') where tenant_id = {c} and seq > {k};"
        "delete from audit.checkpoint where tenant_id = {c};"
        "select rehash({c}, {k})"
    },
    Crime{
        "all of it written anew, and signed with nobody's key",
        "update audit.event set body = convert_to(replace(convert_from(body, 'UTF8'), 'success', 'failure'), "
        "'UTF8'), "
        "outcome = 'failure' where tenant_id = {c};"
        "delete from audit.checkpoint where tenant_id = {c};"
        "select rehash({c}, 1)"
    },
    Crime{
        "the chain gone",
        "delete from audit.event where tenant_id = {c}; delete from audit.chain_head where tenant_id = {c};"
        "delete from audit.checkpoint where tenant_id = {c}"
    },
};

TEST_F(AuditTampering, of_a_real_database_is_found_a_thousand_times_out_of_a_thousand) {
    EXPECT_EQ(verify().to_string(), "ok chains=1 events=40 checkpoints=8");
    const std::uint64_t seed = std::random_device{}();
    std::mt19937_64 random{seed};
    std::map<std::string, int> found;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const Crime& crime = crimes[static_cast<std::size_t>(attempt) % crimes.size()];
        const std::int64_t k = std::uniform_int_distribution<std::int64_t>{1, length - 1}(random);
        const std::int64_t m = std::uniform_int_distribution<std::int64_t>{k + 1, length}(random);
        tamper(crime.sql, k, m);
        if (crime.grows_again) {
            append(length - 10 * (static_cast<int>(k) / 14 + 1) + 1);
        }
        const Report report = verify();
        EXPECT_TRUE(report.breach) << crime.name << " at " << k << " and " << m << ", seed " << seed;
        found[crime.name] += report.breach ? 1 : 0;
        restore();
    }
    EXPECT_EQ(verify().to_string(), "ok chains=1 events=40 checkpoints=8")
        << "what is restored is good again";
    for (const auto& [name, times] : found) {
        std::cout << fmt::format("{:>5} {}\n", times, name);
    }
}

}  // namespace

}  // namespace pz::audit
