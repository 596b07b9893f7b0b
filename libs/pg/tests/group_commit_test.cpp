// Transactions that write behind each other on one connection: committed without waiting for the disk one by
// one, answered when they are on it.

#include "scratch_database.hpp"

#include <pz/pg/error.hpp>
#include <pz/pg/pool.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pz::pg {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr Query begin{"test.begin", "BEGIN"};
constexpr Query note{
    "test.note", "INSERT INTO test.note (text) VALUES ($1) RETURNING pg_backend_pid()::text"
};
constexpr Query note_and_divide{
    "test.note_and_divide", "INSERT INTO test.note (text) VALUES ((1 / $1::integer)::text) RETURNING text"
};
constexpr Query end_this_backend{
    "test.end_this_backend", "SELECT pg_terminate_backend(pg_backend_pid())::text"
};

Batch writing(const Query& query, Parameters parameters, std::optional<core::Uuid> owner = {}) {
    Batch batch;
    batch.statements.emplace_back(PreparedStatement{begin, {}});
    batch.statements.emplace_back(PreparedStatement{query, std::move(parameters)});
    batch.owner = owner;
    return batch;
}

Batch reading(const Query& query) {
    Batch batch = writing(query, {});
    batch.answer_before_commit = true;
    return batch;
}

/// Each row says which synchronous_commit held when its transaction committed: a deferred trigger runs last.
class GroupCommit : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        database = std::make_unique<ScratchDatabase>();
        database->superuser().execute_script(R"sql(
            alter role pz_app set synchronous_commit = on;  -- a throw-away cluster has it off
            create schema test;
            grant usage on schema test to pz_app;
            create table test.note (text text, synchronous_commit text default 'nobody looked');
            grant select, insert, update on test.note to pz_app;
            create function test.look() returns trigger language plpgsql as $$
            begin
              update test.note set synchronous_commit = current_setting('synchronous_commit') where text = new.text;
              return null;
            end $$;
            create constraint trigger look after insert on test.note deferrable initially deferred
              for each row execute function test.look())sql");
    }

    static void TearDownTestSuite() { database.reset(); }

    void SetUp() override {
        database->superuser().execute_script("truncate test.note");
        PoolOptions options = database->options();
        options.shared_connections = 1;
        options.extra_connections = 0;
        options.slow_after = 60s;
        options.statement_timeout = 60s;
        pool_.emplace(context_, options);
        EXPECT_EQ(run_together(*pool_, one(reading(connected))), (std::vector<std::string>{"connected"}));
    }

    static std::vector<Batch> one(Batch batch) {
        std::vector<Batch> batches;
        batches.push_back(std::move(batch));
        return batches;
    }

    /// Sent in one turn of the loop; the outcomes in the same order: the first value, or the SQLSTATE.
    std::vector<std::string> run_together(Pool& pool, std::vector<Batch> batches) {
        std::vector<std::string> outcomes(batches.size());
        std::size_t open = batches.size();
        for (std::size_t i = 0; i < batches.size(); ++i) {
            asio::co_spawn(
                context_,
                pool.run(std::move(batches[i])),
                [&outcome = outcomes[i], &open](std::exception_ptr failure, Result result) {
                    --open;
                    try {
                        if (failure) {
                            std::rethrow_exception(failure);
                        }
                        outcome = std::string{result.bytes(0, 0)};
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
        return outcomes;
    }

    [[nodiscard]] std::string commits() const {
        return database->superuser().value(
            "select string_agg(text || ' ' || synchronous_commit, ', ' order by text) from test.note", {}
        );
    }

    static constexpr Query connected{"test.connected", "SELECT 'connected'"};
    static std::unique_ptr<ScratchDatabase> database;
    asio::io_context context_;
    std::optional<Pool> pool_;
};

std::unique_ptr<ScratchDatabase> GroupCommit::database;

TEST_F(GroupCommit, is_for_those_who_write_behind_another_one) {
    std::vector<Batch> batches;
    batches.push_back(writing(note, Parameters::of("1")));
    batches.push_back(writing(note, Parameters::of("2")));
    batches.push_back(writing(note, Parameters::of("3")));
    run_together(*pool_, std::move(batches));
    run_together(*pool_, one(writing(note, Parameters::of("4"))));
    EXPECT_EQ(commits(), "1 on, 2 off, 3 off, 4 on");
}

TEST_F(GroupCommit, is_not_for_a_write_behind_a_read) {
    std::vector<Batch> batches;
    batches.push_back(reading(connected));
    batches.push_back(writing(note, Parameters::of("1")));
    run_together(*pool_, std::move(batches));
    EXPECT_EQ(commits(), "1 on");
}

TEST_F(GroupCommit, answers_each_with_its_own_result_and_refuses_alone_who_fails) {
    std::vector<Batch> batches;
    batches.push_back(writing(note, Parameters::of("first")));
    batches.push_back(writing(note_and_divide, Parameters::of(0)));
    batches.push_back(writing(note_and_divide, Parameters::of(1)));
    batches.push_back(writing(note_and_divide, Parameters::of(0)));
    const std::vector<std::string> outcomes = run_together(*pool_, std::move(batches));
    EXPECT_EQ(outcomes[1], "22012");
    EXPECT_EQ(outcomes[2], "1");
    EXPECT_EQ(outcomes[3], "22012");
    EXPECT_EQ(commits(), "1 off, first on");
    EXPECT_EQ(pool_->stats().connection_losses, 0);
    EXPECT_EQ(pool_->stats().batches_in_flight, 0);
}

// The barrier cannot pass: whoever was committed in front of it must not be told that it is on the disk.
TEST_F(GroupCommit, acknowledges_nobody_whose_commit_is_not_known_to_be_on_the_disk) {
    database->superuser().execute_script(
        "revoke execute on function pg_logical_emit_message(boolean, text, text) from public"
    );
    std::vector<Batch> batches;
    batches.push_back(writing(note, Parameters::of("1")));
    batches.push_back(writing(note, Parameters::of("2")));
    const std::vector<std::string> outcomes = run_together(*pool_, std::move(batches));
    EXPECT_NE(outcomes[0], "08006");
    EXPECT_EQ(outcomes[1], "08006");
    EXPECT_EQ(pool_->stats().connection_losses, 1);
    database->superuser().execute_script(
        "grant execute on function pg_logical_emit_message(boolean, text, text) to public"
    );
}

TEST_F(GroupCommit, gives_class_08_to_the_whole_group_when_the_connection_dies) {
    std::vector<Batch> batches;
    batches.push_back(writing(note, Parameters::of("1")));
    batches.push_back(writing(note, Parameters::of("2")));
    batches.push_back(writing(end_this_backend, {}));
    batches.push_back(writing(note, Parameters::of("3")));
    const std::vector<std::string> outcomes = run_together(*pool_, std::move(batches));
    EXPECT_TRUE(outcomes[2] == "57P01" || outcomes[2] == "08006") << outcomes[2];
    EXPECT_EQ(outcomes[3], "08006");
    EXPECT_EQ(run_together(*pool_, one(reading(connected))), (std::vector<std::string>{"connected"}));
}

TEST_F(GroupCommit, answers_long_series_to_the_last) {
    std::vector<Batch> batches;
    for (int i = 0; i < 200; ++i) {
        batches.push_back(writing(note, Parameters::of(std::to_string(i))));
    }
    const std::vector<std::string> outcomes = run_together(*pool_, std::move(batches));
    EXPECT_EQ(std::set<std::string>(outcomes.begin(), outcomes.end()).size(), 1U);  // one backend, no error
    EXPECT_EQ(database->superuser().value("select count(*)::text from test.note", {}), "200");
}

// On two connections they would wait for each other's locks and hold up the neighbours on both.
TEST_F(GroupCommit, keeps_one_owners_writes_on_one_connection) {
    PoolOptions options = database->options();
    options.shared_connections = 2;
    options.owner_depth = 16;
    options.slow_after = 60s;
    Pool pool(context_, options);
    const auto spread = [&](const core::Uuid& second) {
        std::vector<Batch> batches;
        for (int i = 0; i < 8; ++i) {  // two and two: they would be spread otherwise
            batches.push_back(writing(note, Parameters::of("x"), i / 2 % 2 == 0 ? acme : second));
        }
        return run_together(pool, std::move(batches));
    };
    std::set<std::string> backends;
    while (backends.size() < 2) {  // until both are connected
        const std::vector<std::string> warm = spread(globex);
        ASSERT_EQ(pool.stats().errors, 0);
        backends.insert(warm.begin(), warm.end());
    }
    const std::vector<std::string> pids = spread(globex);
    std::set<std::string> of_acme;
    std::set<std::string> of_globex;
    for (std::size_t i = 0; i < pids.size(); ++i) {
        (i / 2 % 2 == 0 ? of_acme : of_globex).insert(pids[i]);
    }
    EXPECT_EQ(of_acme.size(), 1U);
    EXPECT_EQ(of_globex.size(), 1U);
    EXPECT_NE(of_acme, of_globex);
}

}  // namespace
}  // namespace pz::pg
