// What one request costs on the wire, and what one request can do to its neighbours on the same connection.

#include <pz/pg/wire.hpp>

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/pool.hpp>
#include <pz/pg/row.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Waits {
    std::size_t blocking_epoll = 0;
    std::size_t poll = 0;
};

Waits waits;

}  // namespace

// As libs/pg does with send(): the test program's own epoll_wait() and poll() count what libc's would have
// done.
extern "C" {
int counting_epoll_wait(int epoll, epoll_event* events, int limit, int timeout) __asm__("epoll_wait");
int counting_poll(pollfd* descriptors, nfds_t count, int timeout) __asm__("poll");

[[gnu::used]] int counting_epoll_wait(int epoll, epoll_event* events, int limit, int timeout) {
    waits.blocking_epoll += timeout != 0 ? 1 : 0;
    return ::epoll_pwait(epoll, events, limit, timeout, nullptr);
}

[[gnu::used]] int counting_poll(pollfd* descriptors, nfds_t count, int timeout) {
    ++waits.poll;
    return static_cast<int>(::syscall(SYS_poll, descriptors, count, timeout));
}
}

namespace pz::pg {
namespace {

namespace asio = boost::asio;

constexpr Query begin{"test.begin", "BEGIN"};
constexpr Query begin_read_only{"test.begin_read_only", "BEGIN READ ONLY"};
constexpr Query echo{"test.echo", "SELECT $1::text"};
constexpr Query tenant_setting{"test.tenant", "SELECT current_setting('app.current_tenant')"};
constexpr Query divide{"test.divide", "SELECT 1 / $1::integer"};
constexpr Query syntax_error{"test.syntax_error", "SELEC 1"};
constexpr Query backend{"test.backend", "SELECT pg_backend_pid()"};
constexpr Setting current_tenant{"app.current_tenant"};

Batch transaction(const Query& query, Parameters parameters, bool read_only = true) {
    Batch batch;
    batch.statements.emplace_back(PreparedStatement{read_only ? begin_read_only : begin, {}});
    batch.statements.emplace_back(SetLocal{current_tenant, acme});
    batch.statements.emplace_back(PreparedStatement{query, std::move(parameters)});
    batch.answer_before_commit = read_only;
    return batch;
}

asio::awaitable<std::string> echo_through(Pool& pool, std::string text) {
    const Result result = co_await pool.run(transaction(echo, Parameters::of(text)));
    co_return optional_row_of<std::string>(result).value();
}

class Wire : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    void SetUp() override {
        PoolOptions options = database->options();
        options.shared_connections = 1;
        pool_ = std::make_unique<Pool>(context_, options);
        run_until_done(
            context_, pool_->prepare({begin, begin_read_only, echo, tenant_setting, divide, backend})
        );
        run_until_done(context_, echo_through(*pool_, "warm"));
        settle();
    }

    void settle() {
        while (pool_->stats().batches_in_flight > 0) {
            run_for(context_, std::chrono::milliseconds{1});
        }
    }

    /// Starts them all in one turn of the loop and returns each outcome: the text, or the SQLSTATE.
    std::vector<std::string> run_together(std::vector<Batch> batches) {
        std::vector<std::string> outcomes(batches.size());
        std::size_t open = batches.size();
        for (std::size_t i = 0; i < batches.size(); ++i) {
            asio::co_spawn(
                context_,
                pool_->run(std::move(batches[i])),
                [&open, &outcome = outcomes[i]](std::exception_ptr failure, Result result) {
                    --open;
                    try {
                        if (failure) {
                            std::rethrow_exception(failure);
                        }
                        outcome = result.bytes(0, 0);
                    } catch (const Error& error) {
                        outcome = error.sqlstate();
                    }
                }
            );
        }
        context_.restart();
        while (open > 0) {
            context_.run_one();
        }
        settle();
        return outcomes;
    }

    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    std::unique_ptr<Pool> pool_;
};

std::unique_ptr<ScratchDatabase> Wire::database;

TEST_F(Wire, a_simple_request_costs_one_send_and_one_wait_until_its_answer) {
    constexpr std::size_t requests = 50;
    std::size_t blocking_waits = 0;
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < requests; ++i) {
        const wire::Counters before = wire::counters();
        waits = {};
        const std::string text = run_until_done(context_, echo_through(*pool_, "hello " + std::to_string(i)));
        blocking_waits += waits.blocking_epoll;
        EXPECT_EQ(text, "hello " + std::to_string(i));
        EXPECT_EQ(wire::counters().sends - before.sends, 1);
        EXPECT_EQ(wire::counters().receives - before.receives, 1);
        settle();
        EXPECT_EQ(wire::counters().sends - before.sends, 1);
        EXPECT_LE(wire::counters().receives - before.receives, 2) << "the COMMIT's tag may come separately";
        EXPECT_EQ(waits.poll, 0) << "libpq itself must never wait";
    }
    // The pool's deadline timer wakes the loop every 10 ms, too.
    const auto ticks = (std::chrono::steady_clock::now() - began) / std::chrono::milliseconds{10};
    EXPECT_LE(blocking_waits, requests + static_cast<std::size_t>(ticks) + 1);
}

TEST_F(Wire, requests_of_one_turn_leave_in_one_send) {
    std::vector<Batch> batches;
    for (int i = 0; i < 16; ++i) {
        batches.push_back(transaction(echo, Parameters::of(std::to_string(i))));
    }
    const wire::Counters before = wire::counters();
    const std::vector<std::string> outcomes = run_together(std::move(batches));
    EXPECT_EQ(wire::counters().sends - before.sends, 1);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        EXPECT_EQ(outcomes[i], std::to_string(i));
    }
}

TEST_F(Wire, a_failing_request_leaves_its_neighbours_alone) {
    std::vector<Batch> batches;
    batches.push_back(transaction(echo, Parameters::of("before")));
    batches.push_back(transaction(divide, Parameters::of(0)));
    batches.push_back(transaction(echo, Parameters::of("between")));
    batches.push_back(transaction(syntax_error, {}));
    batches.push_back(transaction(divide, Parameters::of(0), /*read_only=*/false));
    batches.push_back(transaction(tenant_setting, {}, /*read_only=*/false));
    const std::vector<std::string> expected{"before", "22012", "between", "42601", "22012", acme.to_string()};
    EXPECT_EQ(run_together(std::move(batches)), expected);
    EXPECT_EQ(pool_->stats().connection_losses, 0);
    EXPECT_EQ(pool_->stats().errors, 3);
}

TEST_F(Wire, the_tenant_ends_with_its_transaction) {
    EXPECT_EQ(
        run_together([] {
            std::vector<Batch> batches;
            batches.push_back(transaction(tenant_setting, {}));
            Batch unbound;
            unbound.statements.emplace_back(PreparedStatement{begin, {}});
            unbound.statements.emplace_back(PreparedStatement{tenant_setting, {}});
            batches.push_back(std::move(unbound));
            return batches;
        }()),
        (std::vector<std::string>{acme.to_string(), ""})
    );
}

TEST_F(Wire, a_statement_that_a_neighbour_failed_to_prepare_is_prepared_again) {
    static constexpr Query titles{
        "test.titles", "SELECT count(title)::text FROM app.item WHERE tenant_id = $1"
    };
    BlockingConnection other = database->superuser();
    other.execute_script("begin; lock table app.item");
    std::vector<std::string> outcomes;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(
            context_,
            pool_->run(transaction(titles, Parameters::of(acme))),
            [&](std::exception_ptr failure, Result result) {
                try {
                    if (failure) {
                        std::rethrow_exception(failure);
                    }
                    outcomes.emplace_back(result.bytes(0, 0));
                } catch (const Error& error) {
                    outcomes.push_back(error.sqlstate());
                    other.execute_script("rollback"
                    );  // the first gave up after lock_timeout; the others may go on
                }
            }
        );
    }
    context_.restart();
    while (outcomes.size() < 3) {
        context_.run_one();
    }
    EXPECT_EQ(outcomes, (std::vector<std::string>{"55P03", "0", "0"}));
    EXPECT_EQ(pool_->stats().connection_losses, 0);
}

TEST_F(Wire, a_connection_that_cannot_end_a_transaction_is_replaced) {
    static constexpr Query deallocate{"test.deallocate", "DEALLOCATE ALL"};
    std::vector<Batch> batches;
    batches.push_back(transaction(deallocate, {}));  // the prepared COMMIT is gone, too
    batches.push_back(transaction(echo, Parameters::of("neighbour")));
    batches.push_back(transaction(echo, Parameters::of("writing neighbour"), /*read_only=*/false));
    const std::vector<std::string> outcomes = run_together(std::move(batches));
    EXPECT_EQ(outcomes[1], "neighbour") << "asked once more";
    EXPECT_EQ(outcomes[2], "08006");
    EXPECT_EQ(pool_->stats().connection_losses, 1);
    EXPECT_EQ(run_until_done(context_, echo_through(*pool_, "again")), "again");
}

TEST_F(Wire, a_first_statement_that_does_not_parse_hurts_nobody) {
    PoolOptions options = database->options();
    options.shared_connections = 1;
    pool_ = std::make_unique<Pool>(context_, options);  // knows no statement yet
    std::vector<Batch> batches;
    batches.push_back(transaction(syntax_error, {}));
    batches.push_back(transaction(echo, Parameters::of("neighbour")));
    EXPECT_EQ(run_together(std::move(batches)), (std::vector<std::string>{"42601", "neighbour"}));
}

TEST_F(Wire, large_requests_and_answers_pass) {
    waits = {};
    const std::string large(3'000'000, 'x');
    std::vector<Batch> batches;
    for (int i = 0; i < 4; ++i) {
        batches.push_back(transaction(echo, Parameters::of(large + std::to_string(i))));
    }
    const std::vector<std::string> outcomes = run_together(std::move(batches));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        EXPECT_TRUE(outcomes[i] == large + std::to_string(i));
    }
    EXPECT_EQ(waits.poll, 0);
}

TEST_F(Wire, works_without_named_statements) {
    PoolOptions options = database->options();
    options.named_statements = false;
    pool_ = std::make_unique<Pool>(context_, options);
    static constexpr Query count_named{
        "test.count_named", "SELECT count(*)::text FROM pg_prepared_statements"
    };
    std::vector<Batch> batches;
    batches.push_back(transaction(echo, Parameters::of("plain")));
    batches.push_back(transaction(count_named, {}));
    EXPECT_EQ(run_together(std::move(batches)).front(), "plain");
    std::vector<Batch> again;
    again.push_back(transaction(divide, Parameters::of(0)));
    again.push_back(transaction(count_named, {}));
    EXPECT_EQ(run_together(std::move(again)).back(), "0");
}

}  // namespace
}  // namespace pz::pg
