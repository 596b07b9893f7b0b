// One tenant's slow statements are that tenant's trouble. They wait here for a lock that the test holds, so
// they are as slow as the test wants and nothing depends on how fast the machine is.

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/pool.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace pz::pg {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr Query begin{"test.begin", "BEGIN"};
constexpr Query echo{"test.echo", "SELECT $1::text"};
constexpr Query wait_for_lock{"test.wait_for_lock", "SELECT pg_advisory_xact_lock(42)::text"};

Batch transaction(const Query& query, Parameters parameters, core::Uuid owner) {
    Batch batch;
    batch.statements.emplace_back(PreparedStatement{begin, {}});
    batch.statements.emplace_back(PreparedStatement{query, std::move(parameters)});
    batch.ending = Ending::commit;
    batch.owner = owner;
    return batch;
}

asio::awaitable<void> hold_until_unlocked(Pool& pool, core::Uuid owner) {
    Lease lease = co_await pool.acquire(std::chrono::steady_clock::time_point::max(), owner);
    const Result nothing = co_await lease.run(transaction(wait_for_lock, {}, owner));
}

asio::awaitable<std::string> echo_on_a_lease(Pool& pool, core::Uuid owner) {
    Lease lease = co_await pool.acquire(std::chrono::steady_clock::time_point::max(), owner);
    const Result result = co_await lease.run(transaction(echo, Parameters::of("fine"), owner));
    co_return std::string{result.bytes(0, 0)};
}

asio::awaitable<std::string> echo_on_a_shared_connection(Pool& pool, core::Uuid owner) {
    const Result result = co_await pool.run(transaction(echo, Parameters::of("fine"), owner));
    co_return std::string{result.bytes(0, 0)};
}

class Share : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    /// Patient enough for any machine; what matters is who gets through, not when.
    static PoolOptions patient() {
        PoolOptions options = database->options();
        options.queue_wait = 20s;
        options.statement_timeout = 60s;
        options.lock_timeout = 60s;
        options.connect_timeout = 20s;
        return options;
    }

    void start(asio::awaitable<void> work) {
        ++open_;
        asio::co_spawn(context_, std::move(work), [this](std::exception_ptr failure) {
            --open_;
            try {
                if (failure) {
                    std::rethrow_exception(failure);
                }
                ++outcomes_["fine"];
            } catch (const PoolTimeout&) {
                ++outcomes_["PoolTimeout"];
            } catch (const std::exception& error) {
                ++outcomes_[error.what()];
            }
        });
    }

    asio::awaitable<void> wait_on_a_shared_connection(Pool& pool, core::Uuid owner) {
        const Result nothing = co_await pool.run(transaction(wait_for_lock, {}, owner));
    }

    asio::awaitable<void> echo_and_forget(Pool& pool, core::Uuid owner) {
        const Result nothing = co_await pool.run(transaction(echo, Parameters::of("fine"), owner));
    }

    void finish_all() {
        context_.restart();
        while (open_ > 0) {
            context_.run_one();
        }
    }

    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    std::size_t open_ = 0;
    std::map<std::string, int> outcomes_;
};

std::unique_ptr<ScratchDatabase> Share::database;

TEST_F(Share, of_an_owner_with_slow_statements_leaves_connections_to_the_others) {  // T54
    auto lock = database->superuser();
    lock.execute_script("select pg_advisory_lock(42)");
    Pool pool(context_, patient());
    for (int burst = 0; burst < 4; ++burst) {
        for (int i = 0; i < 25; ++i) {
            start(wait_on_a_shared_connection(pool, acme));
        }
        run_for(context_, 60ms);  // the first are slow when the next come
    }
    EXPECT_GE(pool.stats().waiting, 90U);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(run_until_done(context_, echo_on_a_shared_connection(pool, globex)), "fine");
        EXPECT_EQ(run_until_done(context_, echo_on_a_lease(pool, globex)), "fine");
    }
    EXPECT_EQ(outcomes_.size(), 0U) << "acme still waits";
    lock.execute_script("select pg_advisory_unlock(42)");
    finish_all();
    EXPECT_EQ(outcomes_["fine"], 100) << "and gets everything once its own lock is free";
}

TEST_F(Share, of_an_owner_with_long_transactions_leaves_connections_to_the_others) {  // T54
    auto lock = database->superuser();
    lock.execute_script("select pg_advisory_lock(42)");
    Pool pool(context_, patient());
    for (int i = 0; i < 40; ++i) {
        start(hold_until_unlocked(pool, acme));
        start(wait_on_a_shared_connection(pool, acme));
    }
    run_for(context_, 60ms);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(run_until_done(context_, echo_on_a_lease(pool, globex)), "fine");
        EXPECT_EQ(run_until_done(context_, echo_on_a_shared_connection(pool, globex)), "fine");
    }
    EXPECT_LE(pool.stats().leased_connections, 2U);
    EXPECT_EQ(outcomes_.size(), 0U);
    lock.execute_script("select pg_advisory_unlock(42)");
    finish_all();
    EXPECT_EQ(outcomes_["fine"], 80);
}

TEST_F(Share, of_the_queue_is_half_of_it) {
    auto lock = database->superuser();
    lock.execute_script("select pg_advisory_lock(42)");
    PoolOptions options = patient();
    options.queue_limit = 20;
    options.slow_after = 60s;
    Pool pool(context_, options);
    EXPECT_EQ(run_until_done(context_, echo_on_a_shared_connection(pool, acme)), "fine");
    for (int i = 0; i < 50; ++i) {
        start(wait_on_a_shared_connection(pool, acme));
    }
    run_for(context_, 60ms);
    EXPECT_EQ(pool.stats().waiting, 10U);
    const int refused = 50 - 10 - int(options.owner_depth);
    EXPECT_EQ(outcomes_["PoolTimeout"], refused);
    start(echo_and_forget(pool, globex));
    run_for(context_, 5ms);  // so that it asks while acme has its half
    lock.execute_script("select pg_advisory_unlock(42)");
    finish_all();
    EXPECT_EQ(outcomes_["PoolTimeout"], refused) << "the other half is for the others";
    EXPECT_EQ(outcomes_["fine"], 50 - refused + 1);
}

TEST_F(Share, is_no_limit_for_batches_without_an_owner) {
    auto lock = database->superuser();
    lock.execute_script("select pg_advisory_lock(42)");
    PoolOptions options = patient();
    options.slow_after = 60s;
    Pool pool(context_, options);
    const auto nobody = [&]() -> Batch {
        Batch batch = transaction(wait_for_lock, {}, acme);
        batch.owner.reset();
        return batch;
    };
    for (int i = 0; i < 20; ++i) {
        ++open_;
        asio::co_spawn(context_, pool.run(nobody()), [this](std::exception_ptr failure, Result) {
            --open_;
            ++outcomes_[failure ? "failed" : "fine"];
        });
    }
    while (pool.stats().batches_in_flight < 20) {
        run_for(context_, 5ms);
    }
    EXPECT_EQ(pool.stats().waiting, 0U);
    lock.execute_script("select pg_advisory_unlock(42)");
    finish_all();
    EXPECT_EQ(outcomes_["fine"], 20);
}

}  // namespace
}  // namespace pz::pg
