#include "scale.hpp"

#include "contestants.hpp"
#include "data_set.hpp"
#include "machine.hpp"
#include "meter.hpp"
#include "report.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

namespace pz::bench {

namespace {

/// A service takes 10,000, and whoever asks whether it is ready needs a place, too.
constexpr std::array connection_counts{1, 32, 1'000, 9'990};

/// Few items for each, so that a hundred thousand of them are no more rows than the other scenarios have.
constexpr int items_per_tenant = 10;
/// A verified token is remembered; more of them would measure how many are.
constexpr int most_tokens = 1'000;
/// Fewer than a tenant's share of the pool: a single tenant must not wait for itself.
constexpr int tenants_connections = 4;

std::filesystem::path made(std::filesystem::path directory) {
    std::filesystem::create_directories(directory);
    return directory;
}

/// A database of its own with so many tenants, and a service over it.
struct Installation {
    std::filesystem::path directory;
    DataSet data;
    TokenIssuer issuer;
    testkit::ServiceProcess process;
    Api api;
    std::map<Workload, std::vector<Measurement>> rounds{};

    Installation(const std::filesystem::path& parent, int tenants)
        : directory(made(parent / std::to_string(tenants))),
          data(directory / "cluster", {.tenants = tenants, .items_per_tenant = items_per_tenant}),
          process(start_api(this_build(), data, issuer, directory, {no_tenants_limit})),
          api(data, directory, process.port(), process.pid()) {
        process.wait_until_ready();
    }

    /// As many as there are tenants, at most `most_tokens`, of tenants that are spread over all.
    void use_tokens() const {
        const int tenants = data.size().tenants;
        const int count = std::min(tenants, most_tokens);
        const int stride = tenants / count;
        std::vector<std::string> tokens;
        for (int i = 0; i < count; ++i) {
            tokens.push_back(issuer.issue_for(i * stride + 1));
        }
        api.use_tokens(tokens, stride);
    }
};

}  // namespace

std::string by_connections(int rounds, std::chrono::seconds duration) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{directory.path() / "cluster", {.tenants = 1'000, .items_per_tenant = 100}};
    const TokenIssuer issuer;
    // They all come from one address, so a trusted hop is said to be in front, for whose connections there is
    // no limit.
    auto process = start_api(this_build(), data, issuer, directory.path(), {"PZ_TRUSTED_HOPS=1"});
    process.wait_until_ready();
    const Api api{data, directory.path(), process.port(), process.pid()};
    api.use_tokens(issuer.issue(data.size().tenants));
    constexpr Workload workload = Workload::item_by_id;
    constexpr int usual = 32;
    api.warm_up(workload, usual);
    const double most = api.run(workload, usual, duration).per_second;
    // One connection alone does not reach what 32 do.
    const double pace = 0.5 * std::min(most, api.run(workload, 1, duration).per_second);

    std::map<int, std::vector<Measurement>> paced;
    std::map<int, std::vector<Measurement>> full;
    for (int round = 1; round <= rounds; ++round) {
        api.use_tokens(issuer.issue(data.size().tenants));
        api.warm_up(workload, usual);
        for (const int connections : connection_counts) {
            paced[connections].push_back(api.run(workload, connections, duration, pace));
            // Ten thousand requests at once are more than the queue for the database takes: some are refused.
            full[connections].push_back(api.run(workload, connections, duration, 0, Refusals::are_counted));
            spdlog::info(
                "round {}, {} connections: {:.0f}/s at most",
                round,
                connections,
                full[connections].back().per_second
            );
        }
    }
    std::string table = fmt::format(
        "Item by id, paced at {}/s in all and as fast as they go; {} rounds of {} s in turns, medians; "
        "{}.\n\n"
        "| connections | paced: p50 / p99 | service CPU, PostgreSQL CPU | as fast as they go | of these "
        "refused "
        "|\n| --- | --- | --- | --- | --- |\n",
        grouped(pace),
        rounds,
        duration.count(),
        describe_machine()
    );
    for (const int connections : connection_counts) {
        table += fmt::format(
            "| {} | {:.2f} / {:.1f} ms | {:.0f}, {:.0f} µs | {}/s | {:.1f} % |\n",
            grouped(connections),
            summary_of(paced[connections], &Measurement::p50_ms).median,
            summary_of(paced[connections], &Measurement::p99_ms).median,
            summary_of(paced[connections], &Measurement::server_us).median,
            summary_of(paced[connections], &Measurement::postgres_us).median,
            grouped(summary_of(full[connections], &Measurement::per_second).median),
            100 * summary_of(full[connections], &Measurement::refused).median
        );
    }
    return table;
}

std::string by_tenants(int rounds, std::chrono::seconds duration, int most) {
    const testkit::TemporaryDirectory directory{"bench"};
    std::vector<std::unique_ptr<Installation>> installations;
    for (const int tenants : {1, 100, 10'000, most}) {
        spdlog::info("filling {} tenants with {} items each", tenants, items_per_tenant);
        installations.push_back(std::make_unique<Installation>(directory.path(), tenants));
    }
    for (int round = 1; round <= rounds; ++round) {
        for (const auto& installation : installations) {
            installation->use_tokens();
            for (const Workload workload : workloads) {
                installation->api.warm_up(workload, tenants_connections);
                installation->rounds[workload].push_back(
                    installation->api.run(workload, tenants_connections, duration)
                );
            }
            spdlog::info("round {}: {} tenants", round, installation->data.size().tenants);
        }
    }
    std::string table = fmt::format(
        "{} items each, {} connections, at most {} tokens of tenants spread over all; {} rounds of {} s in "
        "turns, medians (lowest-highest); {}.\n\n"
        "| processor time of a request, × one tenant: service, PostgreSQL | item by id | page of 10 |\n"
        "| --- | --- | --- |\n",
        items_per_tenant,
        tenants_connections,
        grouped(most_tokens),
        rounds,
        duration.count(),
        describe_machine()
    );
    Installation& one = *installations.front();
    for (const auto& installation : installations) {
        table += fmt::format("| {} tenants", grouped(installation->data.size().tenants));
        for (const Workload workload : workloads) {
            const auto& theirs = installation->rounds[workload];
            const Summary service = ratios(theirs, one.rounds[workload], &Measurement::server_us);
            const Summary postgres = ratios(theirs, one.rounds[workload], &Measurement::postgres_us);
            table += fmt::format(
                " | **{:.2f}** ({:.2f}-{:.2f}), **{:.2f}** ({:.2f}-{:.2f}); {:.0f} + {:.0f} µs",
                service.median,
                service.low,
                service.high,
                postgres.median,
                postgres.low,
                postgres.high,
                summary_of(theirs, &Measurement::server_us).median,
                summary_of(theirs, &Measurement::postgres_us).median
            );
        }
        table += " |\n";
    }
    return table;
}

}  // namespace pz::bench
