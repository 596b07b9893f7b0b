#include "writes.hpp"

#include "contestants.hpp"
#include "machine.hpp"
#include "meter.hpp"
#include "report.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

namespace pz::bench {

namespace {

/// What one workload came to.
struct Turns {
    int clients = 0;  ///< pgbench's, with which it is fastest
    std::vector<Measurement> without_event;
    std::vector<Measurement> limit;
    std::vector<Measurement> ours;
};

}  // namespace

std::string writes(const WritesSettings& settings) {
    const testkit::TemporaryDirectory directory{"bench"};
    spdlog::info(
        "filling {} tenants with {} items each", settings.size.tenants, settings.size.items_per_tenant
    );
    const DataSet data{
        directory.path() / "cluster", settings.size, {.durability = pg::Durability::durable, .tcp = false}
    };
    const TokenIssuer issuer;
    auto process = start_api(this_build(), data, issuer, directory.path(), {no_tenants_limit});
    process.wait_until_ready();
    const Api api{data, directory.path(), process.port(), process.pid()};
    const Pgbench pgbench{data, directory.path()};
    constexpr Transaction whole = Transaction::row_security_and_liveness;

    std::map<Workload, Turns> all;
    for (const Workload workload : writing_workloads) {
        all[workload].clients = pgbench.fastest_clients(
            workload,
            whole,
            settings.pgbench_clients,
            std::max(std::chrono::seconds{1}, settings.duration / 2)
        );
    }
    for (int round = 1; round <= settings.rounds; ++round) {
        api.use_tokens(issuer.issue(std::min(Pgbench::tenants, settings.size.tenants)));
        for (const Workload workload : writing_workloads) {
            Turns& turns = all[workload];
            turns.without_event.push_back(
                pgbench.run(workload, Transaction::row_security, turns.clients, settings.duration)
            );
            turns.limit.push_back(pgbench.run(workload, whole, turns.clients, settings.duration));
            api.warm_up(workload, settings.connections);
            turns.ours.push_back(api.run(workload, settings.connections, settings.duration));
            spdlog::info(
                "round {}, {}: pgbench {:.0f}/s, product-core-api {:.0f}/s",
                round,
                name_of(workload),
                turns.limit.back().per_second,
                turns.ours.back().per_second
            );
        }
    }

    std::string table = fmt::format(
        "{} tenants with {} items each, {} of them write; fsync on; {} connections, pgbench with {} and {} "
        "clients; {} rounds of {} s in turns; median (lowest-highest). PostgreSQL {}; {}.\n\n"
        "| | create with audit | mixed 90/10 |\n| --- | --- | --- |\n",
        grouped(settings.size.tenants),
        grouped(settings.size.items_per_tenant),
        Pgbench::tenants,
        settings.connections,
        all[Workload::creation].clients,
        all[Workload::mixed].clients,
        settings.rounds,
        settings.duration.count(),
        data.server_version(),
        describe_machine()
    );
    const auto row = [&](std::string_view title, auto cell) {
        table += fmt::format("| {} |", title);
        for (const Workload workload : writing_workloads) {
            table += fmt::format(" {} |", cell(all[workload]));
        }
        table += '\n';
    };
    const auto rate = [](const std::vector<Measurement>& rounds) {
        const Summary s = summary_of(rounds, &Measurement::per_second);
        return fmt::format("{}/s ({}-{})", grouped(s.median), grouped(s.low), grouped(s.high));
    };
    const auto cost = [](const std::vector<Measurement>& rounds, double Measurement::* figure) {
        return fmt::format("{:.0f} µs", summary_of(rounds, figure).median);
    };
    row("pgbench, neither event nor liveness check",
        [&](const Turns& turns) { return rate(turns.without_event); });
    row("pgbench, the product's transaction in one pipeline",
        [&](const Turns& turns) { return rate(turns.limit); });
    row("product-core-api", [&](const Turns& turns) { return rate(turns.ours); });
    row("share of pgbench's transaction", [](const Turns& turns) {
        const Summary s = ratios(turns.ours, turns.limit, &Measurement::per_second);
        return fmt::format("**{:.2f}** ({:.2f}-{:.2f})", s.median, s.low, s.high);
    });
    row("p50 / p99 at full load", [](const Turns& turns) {
        return fmt::format(
            "{:.1f} / {:.1f} ms",
            summary_of(turns.ours, &Measurement::p50_ms).median,
            summary_of(turns.ours, &Measurement::p99_ms).median
        );
    });
    row("service CPU per request",
        [&](const Turns& turns) { return cost(turns.ours, &Measurement::server_us); });
    row("PostgreSQL CPU per request: ours, pgbench", [&](const Turns& turns) {
        return cost(turns.ours, &Measurement::postgres_us) + ", " +
               cost(turns.limit, &Measurement::postgres_us);
    });
    return table;
}

}  // namespace pz::bench
