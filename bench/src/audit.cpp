#include "audit.hpp"

#include "item_event.hpp"
#include "meter.hpp"

#include <pz/audit/append.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/clock.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int writers = 8;
constexpr std::string_view database = "bench";
constexpr std::string_view key = "nobody signs";

constexpr pg::Query insert_item{
    "bench.insert_item", R"sql(
    INSERT INTO app.item (tenant_id, id, title, created_by) VALUES ($1, $2, 'Inspect the safety fence', $3))sql"
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Installation {
 public:
    explicit Installation(const std::filesystem::path& directory)
        : cluster_({.directory = directory, .durability = pg::Durability::durable}) {
        const std::filesystem::path folder = pg::find_database_folder();
        cluster_.prepare_database(
            std::string{database}, read_file(folder / "roles.sql"), read_file(folder / "database.sql")
        );
        pg::migrate(connection_string("pz_migrator"), pg::load_migrations(pg::find_migrations()));
        pg::BlockingConnection superuser(connection_string(pg::LocalCluster::superuser));
        superuser.execute_script("set session_replication_role = replica");
        superuser.execute_script(fmt::format(
            "insert into platform.tenant (id, slug, name, plan) values ('{0}', 'bench', 'Bench', 'team');"
            "insert into identity.person (id, email, name) values ('{1}', 'person@bench.example', 'Person');"
            "insert into platform.live_session (tenant_id, id, person_id, person_epoch, tenant_epoch, "
            "signing_key, writable, expires_at) values ('{0}', '{2}', '{1}', 1, 1, '{3}', true, now() + "
            "interval '1 day')",
            tenant.to_string(),
            person.to_string(),
            session.to_string(),
            key
        ));
    }

    [[nodiscard]] core::SecretString connection_string(std::string_view role) const {
        return cluster_.connection_string(role, database);
    }

    core::SystemClock clock;
    core::Uuid tenant = core::Uuid::v7(clock);
    core::Uuid person = core::Uuid::v7(clock);
    core::Uuid session = core::Uuid::v7(clock);

 private:
    pg::LocalCluster cluster_;
};

class EventLast final : public tenancy::Closing {
 public:
    EventLast(const Installation& installation, core::Uuid item) : installation_(installation), item_(item) {}

    [[nodiscard]] std::vector<pg::PreparedStatement> last_statements() override {
        return {audit::append_statement(
            item_created(installation_.clock, installation_.tenant, installation_.person, item_),
            /*only_if_changed=*/true
        )};
    }

 private:
    const Installation& installation_;
    core::Uuid item_;
};

/// One writer: the next write as soon as the last one is acknowledged.
asio::awaitable<void> write_until(
    const Installation* installation,
    pg::Pool* pool,
    bool with_event,
    Clock::time_point end,
    std::uint64_t* done
) {
    while (Clock::now() < end) {
        const core::Uuid item = core::Uuid::v7(installation->clock);
        EventLast event(*installation, item);
        tenancy::Transaction transaction(
            *pool,
            {.mode = tenancy::AccessMode::read_write,
             .tenant = installation->tenant,
             .claims =
                 {.person = installation->person,
                  .person_epoch = 1,
                  .tenant_epoch = 1,
                  .session = installation->session,
                  .signing_key = key},
             .closing = with_event ? &event : nullptr}
        );
        const tenancy::TenantDb db(transaction);
        const std::uint64_t rows = co_await db.finish_execute(insert_item, item, installation->person);
        *done += rows;
    }
}

/// Writes a second.
double write_rate(const Installation& installation, bool with_events, std::chrono::seconds duration) {
    asio::io_context context;
    pg::PoolOptions options;
    options.connection_string = installation.connection_string("pz_app");
    pg::Pool pool(context, std::move(options));
    const auto start = Clock::now();
    std::uint64_t done = 0;
    std::exception_ptr failure;
    int open = writers;
    for (int i = 0; i < writers; ++i) {
        asio::co_spawn(
            context,
            write_until(&installation, &pool, with_events, start + duration, &done),
            [&](const std::exception_ptr& error) {
                failure = error ? error : failure;
                --open;
            }
        );
    }
    while (open > 0 && context.run_one() > 0) {
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return static_cast<double>(done) / seconds;
}

double processor_seconds_of_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void fill(const Installation& installation, const core::Uuid& chain, std::int64_t length) {
    constexpr std::int64_t at_once = 100;
    pg::BlockingConnection connection(installation.connection_string("pz_identity"));
    connection.execute_script("set synchronous_commit = off");
    for (std::int64_t i = 0; i < length; ++i) {
        if (i % at_once == 0) {
            connection.execute_script("begin");
        }
        audit::append(
            connection,
            item_created(installation.clock, chain, installation.person, core::Uuid::v7(installation.clock))
        );
        if (i % at_once == at_once - 1 || i == length - 1) {
            connection.execute_script("commit");
        }
    }
    pg::BlockingConnection superuser(installation.connection_string(pg::LocalCluster::superuser));
    superuser.execute_script("vacuum analyze audit.event");
}

struct VerifyRate {
    double by_clock = 0;
    double by_processor = 0;  ///< of the verifying thread's own time
};

VerifyRate verify_rate(const Installation& installation, const core::Uuid& chain, std::int64_t length) {
    pg::BlockingConnection backup(installation.connection_string("pz_backup"));
    const auto start = Clock::now();
    const double processor = processor_seconds_of_this_thread();
    const audit::Report report = audit::verify_database(backup, chain, nullptr, {});
    const double used = processor_seconds_of_this_thread() - processor;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (report.breach || report.events != length) {
        throw std::runtime_error{"the chain is not what was written: " + report.to_string()};
    }
    return {static_cast<double>(length) / seconds, static_cast<double>(length) / used};
}

}  // namespace

std::string cost_of_the_audit_log(int rounds, std::chrono::seconds duration, std::int64_t chain_length) {
    const testkit::TemporaryDirectory directory{"bench"};
    const Installation installation{directory.path() / "cluster"};
    std::vector<double> with;
    std::vector<double> without;
    std::vector<double> ratios;
    (void)write_rate(installation, true, std::chrono::seconds{1});
    for (int round = 1; round <= rounds; ++round) {
        without.push_back(write_rate(installation, false, duration));
        with.push_back(write_rate(installation, true, duration));
        ratios.push_back(without.back() / with.back());
        spdlog::info(
            "round {}: {:.0f} writes/s without events, {:.0f} with", round, without.back(), with.back()
        );
    }
    spdlog::info("writing a chain of {} events", chain_length);
    const core::Uuid chain = core::Uuid::v7(installation.clock);
    fill(installation, chain, chain_length);
    std::vector<double> by_clock;
    std::vector<double> by_processor;
    for (int round = 0; round < rounds; ++round) {
        const VerifyRate rate = verify_rate(installation, chain, chain_length);
        by_clock.push_back(rate.by_clock);
        by_processor.push_back(rate.by_processor);
        spdlog::info("verified at {:.0f} events/s", rate.by_clock);
    }
    return fmt::format(
        "| {} writers of one organization, fsync on | writes a second |\n| --- | --- |\n"
        "| without events | {:.0f} |\n| with events | {:.0f} |\n| a write with its event takes, times | "
        "{:.2f} |\n\n"
        "| audit verify, {} events | events a second |\n| --- | --- |\n"
        "| by the clock, the server's COPY included | {:.0f} |\n| of the verifier's own processor time | "
        "{:.0f} |\n",
        writers,
        summarize(without).median,
        summarize(with).median,
        summarize(ratios).median,
        chain_length,
        summarize(by_clock).median,
        summarize(by_processor).median
    );
}

}  // namespace pz::bench
