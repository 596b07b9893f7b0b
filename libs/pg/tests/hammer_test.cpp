// Many requests, most of them in trouble: whatever is cancelled, late, refused or killed, every answer that
// arrives is the answer to its own question (security.md, T02).

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/pool.hpp>
#include <pz/pg/row.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>

namespace pz::pg::hammer_test {

struct Canary {
    std::string text;
    core::Uuid tenant;
};

PZ_DESCRIBE(Canary, text, tenant)

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr Query begin{"hammer.begin", "BEGIN"};
constexpr Query begin_read_only{"hammer.begin_read_only", "BEGIN READ ONLY"};
constexpr Setting current_tenant{"app.current_tenant"};
/// Canary and tenant together: a foreign row or a foreign tenant would show.
constexpr Query canary{"hammer.canary", "SELECT $1::text, current_setting('app.current_tenant')::uuid"};
constexpr Query many_rows{"hammer.many_rows", R"sql(
    SELECT $1::text, current_setting('app.current_tenant')::uuid FROM generate_series(1, 200))sql"};
constexpr Query slow{"hammer.slow", R"sql(
    SELECT $1::text, current_setting('app.current_tenant')::uuid FROM pg_sleep(0.003))sql"};
constexpr Query refused{"hammer.refused", "SELECT $1::text, (1 / (length($1::text) * 0))::text::uuid"};

constexpr std::size_t jobs = 20'000;
constexpr std::size_t at_once = 60;

class Hammer : public testing::Test {
 protected:
    static void SetUpTestSuite() { database = std::make_unique<ScratchDatabase>(); }

    static void TearDownTestSuite() { database.reset(); }

    std::size_t random(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(dice_);
    }

    Batch any_batch(const std::string& text, const core::Uuid& tenant) {
        const bool read_only = random(2) == 0;
        const std::size_t kind = random(20);
        const Query query = kind < 14 ? canary : kind < 16 ? many_rows : kind < 18 ? slow : refused;
        Batch batch;
        batch.statements.emplace_back(PreparedStatement{read_only ? begin_read_only : begin, {}});
        batch.statements.emplace_back(SetLocal{current_tenant, tenant});
        batch.statements.emplace_back(PreparedStatement{query, Parameters::of(text)});
        batch.answer_before_commit = read_only;
        if (random(10) == 0) {
            batch.deadline = steady_clock::now() + std::chrono::milliseconds(random(20));
        }
        return batch;
    }

    void check(const Result& result, const std::string& text, const core::Uuid& tenant) {
        const auto rows = rows_of<Canary>(result);
        ASSERT_FALSE(rows.empty());
        for (const Canary& row : rows) {
            ASSERT_EQ(row.text, text);
            ASSERT_EQ(row.tenant, tenant);
        }
        ++outcomes_["answered"];
    }

    void note(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const Error& error) {
            ++outcomes_[error.sqlstate()];
        } catch (const PoolTimeout&) {
            ++outcomes_["pool timeout"];
        } catch (const DeadlineExceeded&) {
            ++outcomes_["deadline"];
        } catch (const boost::system::system_error&) {
            ++outcomes_["cancelled"];
        }
    }

    static asio::awaitable<Result> on_a_lease(
        Pool& pool, Batch batch
    ) {  // NOLINT(*-avoid-reference-coroutine-parameters)
        Lease lease = co_await pool.acquire(batch.deadline);
        if (batch.answer_before_commit) {
            batch.ending = Ending::stay_open;  // abandoned in the middle
        }
        co_return co_await lease.run(std::move(batch));
    }

    void start_one(Pool& pool) {
        const std::size_t number = started_++;
        const std::string text = "canary-" + std::to_string(number);
        const core::Uuid tenant = random(2) == 0 ? acme : globex;
        Batch batch = any_batch(text, tenant);
        auto signal = std::make_shared<asio::cancellation_signal>();
        ++open_;
        const bool leased = random(20) == 0;
        asio::co_spawn(
            context_,
            leased ? on_a_lease(pool, std::move(batch)) : pool.run(std::move(batch)),
            asio::bind_cancellation_slot(
                signal->slot(),
                [this, &pool, text, tenant, signal](std::exception_ptr failure, Result result) {
                    --open_;
                    if (failure) {
                        note(failure);
                    } else {
                        check(result, text, tenant);
                    }
                    while (open_ < at_once && started_ < jobs) {
                        start_one(pool);
                    }
                }
            )
        );
        if (random(10) == 0) {
            auto timer =
                std::make_shared<asio::steady_timer>(context_, std::chrono::microseconds(random(4000)));
            timer->async_wait([weak = std::weak_ptr(signal), timer](boost::system::error_code) {
                if (const auto alive = weak.lock()) {
                    alive->emit(asio::cancellation_type::terminal);
                }
            });
        }
    }

    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    std::mt19937 dice_{20260731};
    std::atomic<std::size_t> started_ = 0;
    std::size_t open_ = 0;
    std::map<std::string, std::size_t> outcomes_;
};

std::unique_ptr<ScratchDatabase> Hammer::database;

TEST_F(Hammer, every_answer_belongs_to_its_question) {
    Pool pool(context_, database->options());
    std::atomic<bool> over = false;
    // Paced by what was done, not by the clock: a slow machine must not see more deaths than answers.
    std::thread killer([this, &over] {
        std::size_t next = 400;
        while (!over) {
            std::this_thread::sleep_for(20ms);
            if (const std::size_t started = started_; started >= next) {
                database->terminate_backends();
                next = started + 400;
            }
        }
    });
    start_one(pool);
    while (open_ < at_once) {
        start_one(pool);
    }
    context_.restart();
    while (open_ > 0) {
        context_.run_one();
    }
    over = true;
    killer.join();
    std::size_t sum = 0;
    for (const auto& [outcome, count] : outcomes_) {
        sum += count;
        RecordProperty(outcome, static_cast<int>(count));
        std::printf("%-12s %zu\n", outcome.c_str(), count);
    }
    EXPECT_EQ(sum, jobs);
    EXPECT_GT(outcomes_["answered"], jobs / 2);
    for (const char* trouble : {"22012", "08006", "deadline", "cancelled"}) {
        EXPECT_GT(outcomes_[trouble], 0) << trouble;
    }
    for (const char* contagion : {"25P02", "26000", "42P05", "57P01"}) {
        EXPECT_EQ(outcomes_[contagion], 0) << contagion;
    }
    // Nothing is left on any connection.
    while (pool.stats().batches_in_flight > 0) {
        run_for(context_, 10ms);
    }
    EXPECT_EQ(pool.stats().leased_connections, 0);
}

}  // namespace
}  // namespace pz::pg::hammer_test
