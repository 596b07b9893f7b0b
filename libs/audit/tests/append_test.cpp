// audit.append() against the real schema: numbers, hashes, who may and who may not.

#include <pz/audit/chain.hpp>
#include <pz/audit/event.hpp>
#include <pz/testkit/database.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pz::audit {

namespace {

using core::Uuid;
using pg::BlockingConnection;

constexpr int writers = 8;

class AuditAppend : public ::testing::Test {
 protected:
    static Event event(const Uuid& chain) {
        Event event;
        event.chain = chain;
        event.id = Uuid::v7(core::SystemClock{});
        event.time = core::SystemClock{}.now();
        event.action = "item.created";
        event.actor.id = event.id;
        event.targets = {{"item", event.id.to_string()}};
        return event;
    }

    /// The statement of append_statement() in the text protocol of the blocking connection.
    static std::string append(BlockingConnection& connection, const Event& event) {
        const OpenBody body = event.open_body();
        return connection.value(
            "select audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            {event.chain.to_string(),
             event.id.to_string(),
             core::to_string(event.time),
             event.action,
             "success",
             event.actor.id->to_string(),
             event.targets.front().id,
             std::nullopt,
             body.before,
             body.after}
        );
    }

    static void begin(BlockingConnection& connection, const Uuid& tenant) {
        connection.execute_script("begin; set local app.current_tenant = '" + tenant.to_string() + "'");
    }

    static crypto::Sha256Digest digest(const std::string& hex) {
        crypto::Sha256Digest bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 + 2 * i, 2), nullptr, 16));
        }
        return bytes;
    }

    /// Number of events of a chain; fails the test unless they are 1, 2, 3, … and each hash is right.
    std::int64_t verified_length(const Uuid& chain) {
        auto connection = database_.connect("pz_backup");
        const auto rows =
            connection
                .query(
                    "select seq, convert_from(body, 'UTF8'), hash from audit.event where tenant_id = $1 "
                    "order by seq",
                    {chain.to_string()}
                )
                .rows;
        crypto::Sha256Digest previous = genesis;
        std::int64_t seq = 0;
        for (const auto& row : rows) {
            EXPECT_EQ(*row[0], std::to_string(++seq));
            EXPECT_NE(row[1]->find(",\"seq\":" + *row[0] + ","), std::string::npos);
            previous = event_hash(chain, seq, previous, *row[1]);
            EXPECT_EQ(digest(*row[2]), previous) << "event " << seq;
        }
        const auto head = connection.query(
            "select seq, hash from audit.chain_head where tenant_id = $1", {chain.to_string()}
        );
        EXPECT_EQ(head.rows.size(), rows.empty() ? 0 : 1);
        if (!head.rows.empty()) {
            EXPECT_EQ(*head.rows[0][0], std::to_string(seq));
            EXPECT_EQ(digest(*head.rows[0][1]), previous);
        }
        return seq;
    }

    /// `writers` threads append to the chains in turn; every fifth transaction is rolled back.
    void write_concurrently(const std::vector<Uuid>& chains, int each) {
        std::atomic<int> failures = 0;
        std::vector<std::jthread> threads;
        for (int writer = 0; writer < writers; ++writer) {
            threads.emplace_back([&, writer] {
                try {
                    auto connection = database_.connect("pz_app");
                    for (int i = 0; i < each; ++i) {
                        const Uuid& chain = chains[static_cast<std::size_t>(writer + i) % chains.size()];
                        begin(connection, chain);
                        append(connection, event(chain));
                        connection.execute_script(i % 5 == 4 ? "rollback" : "commit");
                    }
                } catch (const std::exception&) {
                    ++failures;
                }
            });
        }
        threads.clear();
        EXPECT_EQ(failures, 0);
    }

    testkit::TestDatabase database_;
};

TEST_F(AuditAppend, eight_writers_on_one_chain_leave_one_line_without_gaps) {
    const Uuid chain = Uuid::v7(core::SystemClock{});
    write_concurrently({chain}, 50);
    EXPECT_EQ(verified_length(chain), writers * 40);
}

TEST_F(AuditAppend, eight_writers_on_four_chains_leave_four_lines_without_gaps) {
    std::vector<Uuid> chains(4);
    std::ranges::generate(chains, [] { return Uuid::v7(core::SystemClock{}); });
    write_concurrently(chains, 50);
    std::int64_t sum = 0;
    for (const Uuid& chain : chains) {
        sum += verified_length(chain);
    }
    EXPECT_EQ(sum, writers * 40);
}

TEST_F(AuditAppend, a_rolled_back_transaction_leaves_nothing) {
    const Uuid chain = Uuid::v7(core::SystemClock{});
    auto connection = database_.connect("pz_app");
    begin(connection, chain);
    EXPECT_EQ(append(connection, event(chain)), "1");
    connection.execute_script("rollback");
    EXPECT_EQ(verified_length(chain), 0);
    begin(connection, chain);
    EXPECT_EQ(append(connection, event(chain)), "1");
    EXPECT_EQ(append(connection, event(chain)), "2");
    connection.execute_script("commit");
    EXPECT_EQ(verified_length(chain), 2);
}

TEST_F(AuditAppend, time_never_goes_back_within_a_chain_whatever_a_clock_says) {
    const Uuid chain = Uuid::v7(core::SystemClock{});
    auto connection = database_.connect("pz_app");
    begin(connection, chain);
    Event late = event(chain);
    late.time += std::chrono::minutes{10};
    append(connection, late);
    append(connection, event(chain));
    connection.execute_script("commit");
    EXPECT_EQ(verified_length(chain), 2);
    auto backup = database_.connect("pz_backup");
    EXPECT_EQ(
        backup.value("select count(distinct at) from audit.event where tenant_id = $1", {chain.to_string()}),
        "1"
    );
}

TEST_F(AuditAppend, an_event_of_any_time_finds_a_partition) {
    const Uuid chain = Uuid::v7(core::SystemClock{});
    auto connection = database_.connect("pz_app");
    begin(connection, chain);
    Event old = event(chain);
    old.time = *core::parse_timestamp("2001-01-01T00:00:00Z");
    append(connection, old);
    Event future = event(chain);
    future.time = *core::parse_timestamp("2091-01-01T00:00:00Z");
    append(connection, future);
    connection.execute_script("commit");
    EXPECT_EQ(verified_length(chain), 2);
}

TEST_F(AuditAppend, tenants_add_to_their_own_chain_and_services_to_any) {
    const Uuid own = Uuid::v7(core::SystemClock{});
    const Uuid other = Uuid::v7(core::SystemClock{});
    for (const char* role : {"pz_app", "pz_support"}) {
        auto connection = database_.connect(role);
        begin(connection, own);
        EXPECT_THROW(append(connection, event(other)), pg::BlockingError) << role;
        connection.execute_script("rollback");
        EXPECT_THROW(append(connection, event(own)), pg::BlockingError) << role << " without a tenant";
    }
    for (const char* role : {"pz_admin", "pz_identity"}) {
        auto connection = database_.connect(role);
        append(connection, event(other));
        append(connection, event(platform_chain));
    }
    EXPECT_EQ(verified_length(own), 0);
    EXPECT_EQ(verified_length(other), 2);
}

TEST_F(AuditAppend, what_is_no_event_is_refused) {
    auto connection = database_.connect("pz_identity");
    const std::string chain = Uuid::v7(core::SystemClock{}).to_string();
    const auto append = [&](const std::string& action, const std::string& outcome, std::size_t size) {
        return connection.value(
            "select audit.append($1, $1, now(), $2, $3, null, null, null, $4, '}')",
            {chain, action, outcome, "{\"a\":\"" + std::string(size, 'x') + '"'}
        );
    };
    EXPECT_THROW(append("x", "perhaps", 1), pg::BlockingError);
    EXPECT_THROW(append(std::string(101, 'x'), "success", 1), pg::BlockingError);
    EXPECT_THROW(append("x", "success", 65'500), pg::BlockingError);
    EXPECT_EQ(append(std::string(100, 'x'), "success", 65'000), "1");
    auto superuser = database_.connect_as_superuser();
    EXPECT_EQ(superuser.value("select count(*) from audit.event where tenant_id = $1", {chain}), "1");
}

TEST_F(AuditAppend, nobody_changes_an_event_but_the_owner_of_the_database) {
    const Uuid chain = Uuid::v7(core::SystemClock{});
    {
        auto connection = database_.connect("pz_app");
        begin(connection, chain);
        append(connection, event(chain));
        connection.execute_script("commit");
    }
    auto superuser = database_.connect_as_superuser();
    const std::string partition = superuser.value("select tableoid::regclass from audit.event limit 1");
    for (const char* role : {"pz_app", "pz_support", "pz_admin", "pz_identity", "pz_backup", "pz_migrator"}) {
        auto connection = database_.connect(role);
        connection.execute_script(std::string{"set app.current_tenant = '"} + chain.to_string() + "'");
        connection.execute_script("set row_security = on");
        for (const std::string& table :
             {std::string{"audit.event"}, partition, std::string{"audit.checkpoint"}}) {
            for (const std::string& statement :
                 {"update " + table + " set seq = 1", "delete from " + table, "truncate " + table}) {
                EXPECT_THROW(connection.execute_script(statement), pg::BlockingError)
                    << role << ": " << statement;
            }
        }
        EXPECT_THROW(connection.execute_script("delete from audit.chain_head"), pg::BlockingError) << role;
    }
    EXPECT_EQ(verified_length(chain), 1);
    // Not even by accident: a superuser has to switch the triggers off first, which is what the chain is for.
    const std::string edit =
        "update audit.event set action = 'x' where tenant_id = '" + chain.to_string() + "'";
    EXPECT_THROW(superuser.execute_script(edit), pg::BlockingError);
    superuser.execute_script("set session_replication_role = replica;" + edit);
}

TEST_F(AuditAppend, a_tenant_reads_its_own_chain_and_the_platform_its_own) {
    const Uuid own = Uuid::v7(core::SystemClock{});
    const Uuid other = Uuid::v7(core::SystemClock{});
    {
        auto connection = database_.connect("pz_identity");
        append(connection, event(own));
        append(connection, event(other));
        append(connection, event(platform_chain));
    }
    const auto count = [&](const char* role, const Uuid& tenant) {
        auto connection = database_.connect(role);
        begin(connection, tenant);
        return connection.value("select count(*) || ' ' || count(distinct tenant_id) from audit.event");
    };
    EXPECT_EQ(count("pz_app", own), "1 1");
    EXPECT_EQ(count("pz_app", other), "1 1");
    EXPECT_EQ(count("pz_admin", own), count("pz_admin", platform_chain));
    EXPECT_THROW(count("pz_support", own), pg::BlockingError);
    EXPECT_THROW(count("pz_identity", own), pg::BlockingError);
}

}  // namespace

}  // namespace pz::audit
