#include "policy.hpp"

#include "contestants.hpp"
#include "data_set.hpp"
#include "machine.hpp"
#include "report.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/pg/pool.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <vector>

namespace pz::bench {

namespace {

/// One way to use connections. Its service lives only while it is measured: the idle backends of a dozen
/// would be in the others' way.
struct Policy {
    std::string name;
    std::vector<std::string> settings;
    std::vector<Measurement> rounds{};
    std::vector<Measurement> defaults{};  ///< in the same rounds
};

std::vector<Policy> policies(const DataSet& data) {
    const pg::PoolOptions defaults;
    const auto shape = [](std::size_t connections, std::size_t depth) {
        return Policy{
            .name = fmt::format(
                "{} connection{} of each thread, {} request{} on each",
                connections,
                connections == 1 ? "" : "s",
                depth,
                depth == 1 ? "" : "s"
            ),
            .settings =
                {fmt::format("PZ_POOL_CONNECTIONS={}", connections), fmt::format("PZ_POOL_DEPTH={}", depth)}
        };
    };
    std::vector<Policy> all;
    for (const std::size_t connections : {1U, 2U, 4U, 8U}) {
        if (connections != defaults.shared_connections) {
            all.push_back(shape(connections, defaults.depth));
        }
    }
    for (const std::size_t depth : {1U, 4U, 8U, 16U}) {
        if (depth != defaults.depth) {
            all.push_back(shape(defaults.shared_connections, depth));
        }
    }
    all.push_back(shape(16, 1));
    all.push_back(
        {.name = "TCP on loopback in place of the unix socket",
         .settings = {"PZ_DATABASE_APP=" + data.tcp_connection_string("pz_app").reveal()}}
    );
    all.push_back(
        {.name = "statements without names, as for a PgBouncer older than 1.21",
         .settings = {"PZ_NAMED_STATEMENTS=false"}}
    );
    return all;
}

}  // namespace

std::string connection_policy(int rounds, std::chrono::seconds duration, int connections) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{
        directory.path() / "cluster",
        {.tenants = 1'000, .items_per_tenant = 1'000},
        {.durability = pg::Durability::throw_away, .tcp = true}
    };
    const TokenIssuer issuer;
    std::vector<Policy> all = policies(data);
    const auto measure = [&](const std::vector<std::string>& settings) {
        auto process = start_api(this_build(), data, issuer, directory.path(), settings);
        process.wait_until_ready();
        const Api api{data, directory.path(), process.port(), process.pid()};
        api.use_tokens(issuer.issue(data.size().tenants));
        api.warm_up(Workload::item_by_id, connections);
        return api.run(Workload::item_by_id, connections, duration);
    };
    for (int round = 1; round <= rounds; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            Policy& policy = all[i];
            const bool they_begin = (static_cast<std::size_t>(round) + i) % 2 == 1;
            if (they_begin) {
                policy.rounds.push_back(measure(policy.settings));
            }
            policy.defaults.push_back(measure({}));
            if (!they_begin) {
                policy.rounds.push_back(measure(policy.settings));
            }
            spdlog::info(
                "round {}, {}: {:.2f} times the default's rate",
                round,
                policy.name,
                policy.rounds.back().per_second / policy.defaults.back().per_second
            );
        }
    }
    const pg::PoolOptions defaults;
    std::string table = fmt::format(
        "Item by id over {} connections, each in turns with the default ({} connections of each thread, {} "
        "requests on each, unix socket, prepared statements with names); {} rounds of {} s; medians "
        "(lowest-highest); PostgreSQL {}; {}.\n\n"
        "| × the default | requests a second | p99 | PostgreSQL CPU | service CPU |\n"
        "| --- | --- | --- | --- | --- |\n",
        connections,
        defaults.shared_connections,
        defaults.depth,
        rounds,
        duration.count(),
        data.server_version(),
        describe_machine()
    );
    for (const Policy& policy : all) {
        const auto cell = [&](double Measurement::* figure) {
            const Summary s = ratios(policy.rounds, policy.defaults, figure);
            return fmt::format("{:.2f} ({:.2f}-{:.2f})", s.median, s.low, s.high);
        };
        table += fmt::format(
            "| {} | **{}** | {} | {} | {} |\n",
            policy.name,
            cell(&Measurement::per_second),
            cell(&Measurement::p99_ms),
            cell(&Measurement::postgres_us),
            cell(&Measurement::server_us)
        );
    }
    return table;
}

}  // namespace pz::bench
