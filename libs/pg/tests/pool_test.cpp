// What happens when the database is slow, full, gone or back, and when the one who asked is gone.

#include <pz/pg/pool.hpp>

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/row.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pz::pg {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr Query begin{"test.begin", "BEGIN"};
constexpr Query echo{"test.echo", "SELECT $1::text"};
constexpr Query sleep_for{"test.sleep", "SELECT $2::text FROM pg_sleep($1::float8)"};
constexpr Query backend{"test.backend", "SELECT pg_backend_pid()::text"};
constexpr Query transaction_id{"test.transaction_id", "SELECT pg_current_xact_id()::text"};
constexpr Query end_this_backend{
    "test.end_this_backend", "SELECT pg_terminate_backend(pg_backend_pid())::text"
};
constexpr Query unknown_table{"test.unknown_table", "SELECT * FROM app.nothing"};
constexpr Query divide{"test.divide", "SELECT (1 / $1::integer)::text"};

Batch transaction(const Query& query, Parameters parameters, Ending ending = Ending::commit) {
    Batch batch;
    batch.statements.emplace_back(PreparedStatement{begin, {}});
    batch.statements.emplace_back(PreparedStatement{query, std::move(parameters)});
    batch.ending = ending;
    return batch;
}

Batch step(const Query& query, Parameters parameters, Ending ending = Ending::stay_open) {
    Batch batch;
    batch.statements.emplace_back(PreparedStatement{query, std::move(parameters)});
    batch.ending = ending;
    return batch;
}

/// How one request ended, and when.
struct Outcome {
    std::string text = "nothing yet";
    steady_clock::time_point at;
    asio::cancellation_signal cancel;
};

class Pools : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    std::shared_ptr<Outcome> start(Pool& pool, Batch batch) {
        auto outcome = std::make_shared<Outcome>();
        ++open_;
        asio::co_spawn(
            context_,
            pool.run(std::move(batch)),
            asio::bind_cancellation_slot(
                outcome->cancel.slot(),
                [this, outcome](std::exception_ptr failure, Result result) {
                    --open_;
                    outcome->at = steady_clock::now();
                    outcome->text = failure ? name_of(failure) : std::string{result.bytes(0, 0)};
                }
            )
        );
        return outcome;
    }

    static std::string name_of(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const Error& error) {
            return error.sqlstate();
        } catch (const PoolTimeout&) {
            return "PoolTimeout";
        } catch (const DeadlineExceeded&) {
            return "DeadlineExceeded";
        } catch (const boost::system::system_error& error) {
            return error.code() == asio::error::operation_aborted ? "cancelled" : "another system_error";
        }
    }

    void finish_all() {
        context_.restart();
        while (open_ > 0) {
            context_.run_one();
        }
    }

    /// Until the server is in the middle of a statement that sleeps.
    void run_until_asleep() {
        BlockingConnection superuser = database->superuser();
        while (superuser.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "0") {
            run_for(context_, 5ms);
        }
    }

    void drain(Pool& pool) {
        while (pool.stats().batches_in_flight > 0) {
            run_for(context_, 5ms);
        }
    }

    std::string echo_through(Pool& pool, const std::string& text) {
        const auto outcome = start(pool, transaction(echo, Parameters::of(text)));
        finish_all();
        return outcome->text;
    }

    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    std::size_t open_ = 0;
};

std::unique_ptr<ScratchDatabase> Pools::database;

TEST_F(Pools, connect_when_first_needed) {
    Pool pool(context_, database->options());
    EXPECT_EQ(pool.stats().open_connections, 0);
    EXPECT_EQ(echo_through(pool, "hello"), "hello");
    EXPECT_GE(pool.stats().open_connections, 1);
    EXPECT_TRUE(run_until_done(context_, pool.ready(1s)));
}

TEST_F(Pools, give_the_deadline_to_the_coroutine_at_once_and_drain_behind_its_back) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    options.extra_connections = 0;
    options.slow_after = 10s;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    Batch slow = transaction(sleep_for, Parameters::of(1.0, "slow"));
    slow.deadline = steady_clock::now() + 50ms;
    const auto began = steady_clock::now();
    const auto first = start(pool, std::move(slow));
    const auto second = start(pool, transaction(echo, Parameters::of("behind")));
    finish_all();
    EXPECT_EQ(first->text, "DeadlineExceeded");
    EXPECT_EQ(second->text, "behind");
    EXPECT_GE(second->at - began, 990ms) << "on the same connection, so behind the slow one";
    EXPECT_LT(first->at, second->at);
    EXPECT_EQ(pool.stats().deadlines, 1);
    EXPECT_EQ(pool.stats().connection_losses, 0);
}

TEST_F(Pools, a_slow_statement_does_not_hold_up_new_requests) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    const auto slow = start(pool, transaction(sleep_for, Parameters::of(2.0, "slow")));
    run_for(context_, 40ms);
    const auto quick = start(pool, transaction(echo, Parameters::of("quick")));
    while (quick->text == "nothing yet") {
        context_.run_one();
    }
    EXPECT_EQ(quick->text, "quick");
    EXPECT_EQ(slow->text, "nothing yet");
    finish_all();
    EXPECT_EQ(slow->text, "slow");
}

TEST_F(Pools, a_cancelled_coroutine_leaves_nothing_behind) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    const auto gone = start(pool, transaction(sleep_for, Parameters::of(0.5, "gone")));
    run_for(context_, 10ms);
    gone->cancel.emit(asio::cancellation_type::terminal);
    finish_all();
    EXPECT_EQ(gone->text, "cancelled");
    EXPECT_EQ(pool.stats().batches_in_flight, 1) << "still draining";
    EXPECT_EQ(echo_through(pool, "next"), "next");
    EXPECT_EQ(pool.stats().connection_losses, 0);
}

TEST_F(Pools, everybody_in_flight_gets_class_08_once_when_the_connection_dies_and_the_next_request_works) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    options.slow_after = 10s;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    std::vector<std::shared_ptr<Outcome>> outcomes;
    outcomes.push_back(start(pool, transaction(sleep_for, Parameters::of(2.0, "slow"))));
    for (int i = 0; i < 5; ++i) {
        outcomes.push_back(start(pool, transaction(echo, Parameters::of("behind"))));
    }
    run_until_asleep();
    EXPECT_GE(database->terminate_backends(), 1);
    finish_all();
    for (const auto& outcome : outcomes) {
        EXPECT_EQ(outcome->text, "08006");
    }
    EXPECT_EQ(echo_through(pool, "after"), "after");
    EXPECT_EQ(pool.stats().connection_losses, 1);
}

TEST_F(Pools, ask_reads_once_more_when_their_connection_dies) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    options.slow_after = 10s;
    options.queue_wait = 30s;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    const auto read = [&](const char* text) {
        Batch batch = transaction(sleep_for, Parameters::of(1.0, text));
        batch.answer_before_commit = true;
        return start(pool, std::move(batch));
    };
    const auto first = read("first");
    const auto second = read("second");
    const auto write = start(pool, transaction(echo, Parameters::of("write")));
    run_until_asleep();
    EXPECT_GE(database->terminate_backends(), 1);
    finish_all();
    EXPECT_EQ(first->text, "first");
    EXPECT_EQ(second->text, "second");
    EXPECT_EQ(write->text, "08006") << "it may have been committed";
    EXPECT_EQ(pool.stats().connection_losses, 1);
}

TEST_F(Pools, do_not_ask_a_read_that_ends_its_connection_a_third_time) {
    PoolOptions options = database->options();
    options.queue_wait = 30s;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    Batch batch = transaction(end_this_backend, {});
    batch.answer_before_commit = true;
    const auto read = start(pool, std::move(batch));
    finish_all();
    EXPECT_EQ(read->text, "08006");
    EXPECT_EQ(pool.stats().connection_losses, 2);
}

TEST_F(Pools, notice_that_an_idle_connection_died) {
    Pool pool(context_, database->options());
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    database->terminate_backends();
    while (pool.stats().open_connections > 0) {
        run_for(context_, 5ms);
    }
    EXPECT_EQ(echo_through(pool, "after"), "after");
}

TEST_F(Pools, time_out_when_the_server_cannot_be_reached_and_recover_when_it_can) {
    PoolOptions options = database->options();
    const core::SecretString good = options.connection_string;
    options.connection_string = core::SecretString{"host=/tmp/pz-nobody-is-here dbname=x user=x"};
    options.queue_wait = 250ms;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "x"), "PoolTimeout");
    EXPECT_FALSE(run_until_done(context_, pool.ready(100ms)));
    EXPECT_EQ(pool.stats().connects, 0);
}

TEST_F(Pools, resolve_host_names_without_libpq) {
    PoolOptions options = database->options();
    options.connection_string = core::SecretString{"host=localhost,/tmp port=1,1 dbname=x user=x"};
    options.queue_wait = 250ms;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "x"), "PoolTimeout") << "nobody listens there, but nothing else goes wrong";
    options.connection_string = core::SecretString{"host='"};
    Pool malformed(context_, options);
    EXPECT_EQ(echo_through(malformed, "x"), "PoolTimeout");
}

TEST_F(Pools, bound_the_queue_and_the_wait) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    options.extra_connections = 1;
    options.depth = 2;
    options.queue_limit = 3;
    options.queue_wait = 1s;
    options.statement_timeout = 30s;
    options.slow_after = 1ms;
    Pool pool(context_, options);
    EXPECT_EQ(echo_through(pool, "warm"), "warm");
    std::vector<std::shared_ptr<Outcome>> slow;
    for (std::size_t i = 1; i <= 2; ++i) {  // one on each connection
        slow.push_back(start(pool, transaction(sleep_for, Parameters::of(4.0, "slow"))));
        while (pool.stats().batches_in_flight < i) {
            run_for(context_, 5ms);
        }
        run_for(context_, 50ms);
    }
    const auto began = steady_clock::now();
    std::vector<std::shared_ptr<Outcome>> waiting;
    for (int i = 0; i < 3; ++i) {
        waiting.push_back(start(pool, transaction(echo, Parameters::of("waiting"))));
    }
    const auto too_many = start(pool, transaction(echo, Parameters::of("too many")));
    finish_all();
    EXPECT_EQ(too_many->text, "PoolTimeout");
    for (const auto& outcome : waiting) {
        EXPECT_EQ(outcome->text, "PoolTimeout");
        EXPECT_GE(outcome->at - began, 1s);
        EXPECT_LT(too_many->at, outcome->at) << "it did not wait";
    }
    for (const auto& outcome : slow) {
        EXPECT_EQ(outcome->text, "slow");
        EXPECT_LT(waiting.back()->at, outcome->at);
    }
    EXPECT_EQ(pool.stats().queue_timeouts, 4);
    EXPECT_EQ(echo_through(pool, "after"), "after");
}

TEST_F(Pools, close_a_connection_whose_oldest_request_is_stuck) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    options.statement_timeout = 0ms;  // the server would never stop it; the margin of one second is left
    Pool pool(context_, options);
    const auto stuck = start(pool, transaction(sleep_for, Parameters::of(5.0, "stuck")));
    finish_all();
    EXPECT_EQ(stuck->text, "08006") << "and not \"stuck\", so nobody waited for the statement";
}

TEST_F(Pools, let_the_server_end_a_statement_that_takes_too_long) {
    PoolOptions options = database->options();
    options.statement_timeout = 100ms;
    Pool pool(context_, options);
    const auto slow = start(pool, transaction(sleep_for, Parameters::of(5.0, "slow")));
    finish_all();
    EXPECT_EQ(slow->text, "57014");
    EXPECT_EQ(echo_through(pool, "after"), "after");
}

TEST_F(Pools, close_gives_everybody_an_error) {
    auto pool = std::make_unique<Pool>(context_, database->options());
    EXPECT_EQ(echo_through(*pool, "warm"), "warm");
    const auto in_flight = start(*pool, transaction(sleep_for, Parameters::of(1.0, "slow")));
    run_for(context_, 10ms);
    pool.reset();
    finish_all();
    EXPECT_EQ(in_flight->text, "08006");
}

asio::awaitable<std::vector<std::string>> two_steps(Pool& pool
) {  // NOLINT(*-avoid-reference-coroutine-parameters)
    Lease lease = co_await pool.acquire(steady_clock::time_point::max());
    std::vector<std::string> ids;
    const Result first = co_await lease.run(transaction(transaction_id, {}, Ending::stay_open));
    ids.emplace_back(first.bytes(0, 0));
    const Result second = co_await lease.run(step(transaction_id, {}, Ending::commit));
    ids.emplace_back(second.bytes(0, 0));
    co_return ids;
}

TEST_F(Pools, a_lease_carries_one_transaction_over_several_steps) {
    Pool pool(context_, database->options());
    const auto first = run_until_done(context_, two_steps(pool));
    EXPECT_EQ(first[0], first[1]);
    const auto second = run_until_done(context_, two_steps(pool));
    EXPECT_NE(first[0], second[0]);
    EXPECT_EQ(pool.stats().connects, 1) << "the same connection served both";
}

asio::awaitable<std::string> leave_open(
    Pool& pool, bool after_error
) {  // NOLINT(*-avoid-reference-coroutine-parameters)
    Lease lease = co_await pool.acquire(steady_clock::time_point::max());
    const Result pid = co_await lease.run(transaction(backend, {}, Ending::stay_open));
    if (after_error) {
        try {
            const Result nothing = co_await lease.run(step(divide, Parameters::of(0)));
        } catch (const Error&) {
        }
    }
    co_return std::string{pid.bytes(0, 0)};
}

TEST_F(Pools, roll_back_what_a_lease_left_open) {
    Pool pool(context_, database->options());
    for (const bool after_error : {false, true}) {
        const std::string pid = run_until_done(context_, leave_open(pool, after_error));
        drain(pool);
        EXPECT_EQ(
            database->superuser().value("select state from pg_stat_activity where pid = $1", {pid}), "idle"
        ) << "not idle in transaction";
        EXPECT_EQ(run_until_done(context_, leave_open(pool, after_error)), pid);
    }
    EXPECT_EQ(pool.stats().leased_connections, 0);
}

asio::awaitable<void> commit_after_failure(Pool& pool) {  // NOLINT(*-avoid-reference-coroutine-parameters)
    Lease lease = co_await pool.acquire(steady_clock::time_point::max());
    try {
        const Result nothing = co_await lease.run(transaction(divide, Parameters::of(0), Ending::stay_open));
    } catch (const Error&) {
    }
    Batch commit;  // its statements do not fail; only the tag says that nothing was committed
    const Result nothing = co_await lease.run(std::move(commit));
}

TEST_F(Pools, a_commit_that_answers_rollback_is_a_failure) {
    Pool pool(context_, database->options());
    try {
        run_until_done(context_, commit_after_failure(pool));
        FAIL() << "expected an error";
    } catch (const Error& error) {
        EXPECT_EQ(error.sqlstate(), "25P02");
        EXPECT_EQ(error.statement(), "pg.commit");
    }
}

asio::awaitable<void> hold(
    Pool& pool, std::chrono::milliseconds time
) {  // NOLINT(*-avoid-reference-coroutine-parameters)
    Lease lease = co_await pool.acquire(steady_clock::time_point::max());
    const double seconds = std::chrono::duration<double>(time).count();
    const Result nothing = co_await lease.run(transaction(sleep_for, Parameters::of(seconds, "x")));
}

TEST_F(Pools, leases_wait_their_turn_and_not_longer_than_allowed) {
    PoolOptions options = database->options();
    options.extra_connections = 1;
    options.queue_wait = 1s;
    Pool pool(context_, options);
    run_until_done(context_, hold(pool, 0ms));  // has connected
    std::vector<std::string> outcomes(3, "fine");
    std::size_t open = outcomes.size();
    const std::vector<std::chrono::milliseconds> times{
        100ms, 2s, 10ms
    };  // the third would wait too long for the second
    for (std::size_t i = 0; i < times.size(); ++i) {
        asio::co_spawn(
            context_,
            hold(pool, times[i]),
            [&open, &outcome = outcomes[i]](std::exception_ptr failure) {
                --open;
                if (failure) {
                    outcome = name_of(failure);
                }
            }
        );
    }
    context_.restart();
    while (open > 0) {
        context_.run_one();
    }
    EXPECT_EQ(outcomes, (std::vector<std::string>{"fine", "fine", "PoolTimeout"}));
}

TEST_F(Pools, prepare_names_the_statement_that_the_schema_does_not_fit) {
    Pool pool(context_, database->options());
    run_until_done(context_, pool.prepare({begin, echo, backend}));
    run_until_done(context_, pool.prepare({begin, echo, backend}));
    try {
        run_until_done(context_, pool.prepare({begin, unknown_table, transaction_id}));
        FAIL() << "expected an error";
    } catch (const Error& error) {
        EXPECT_EQ(error.statement(), "test.unknown_table");
        EXPECT_EQ(error.sqlstate(), "42P01");
    }
}

TEST_F(Pools, sessions_start_with_their_limits) {
    Pool pool(context_, database->options());
    static constexpr Query limits{
        "test.limits", R"sql(
        SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
                         current_setting('idle_in_transaction_session_timeout'), current_setting('application_name')))sql"
    };
    const auto outcome = start(pool, transaction(limits, {}));
    finish_all();
    EXPECT_EQ(outcome->text, "3s 1s 5s pz-pz_app");
}

}  // namespace
}  // namespace pz::pg
