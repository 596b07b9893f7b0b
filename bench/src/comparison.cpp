#include "comparison.hpp"

#include "contestants.hpp"
#include "meter.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>
#include <vector>

namespace pz::bench {

std::string compare(const Comparison& comparison) {
    const testkit::TemporaryDirectory directory{"bench"};
    spdlog::info(
        "filling {} tenants with {} items each", comparison.size.tenants, comparison.size.items_per_tenant
    );
    const DataSet data{directory.path() / "cluster", comparison.size};
    const TokenIssuer issuer;
    auto ours = start_api(this_build(), data, issuer, directory.path());
    auto theirs = start_api(comparison.other_build, data, issuer, directory.path());
    ours.wait_until_ready();
    theirs.wait_until_ready();
    const Api our_api{data, directory.path(), ours.port(), ours.pid()};
    const Api their_api{data, directory.path(), theirs.port(), theirs.pid()};

    std::map<Workload, std::vector<Measurement>> our_rounds;
    std::map<Workload, std::vector<Measurement>> their_rounds;
    for (int round = 1; round <= comparison.rounds; ++round) {
        our_api.use_tokens(issuer.issue(comparison.size.tenants));
        for (const Workload workload : workloads) {
            const auto turn = [&](const Api& api, std::vector<Measurement>& rounds) {
                // It has not met this round's tokens before.
                api.warm_up(workload, comparison.connections);
                rounds.push_back(api.run(workload, comparison.connections, comparison.duration));
            };
            const bool we_begin = round % 2 == 1;
            if (we_begin) {
                turn(our_api, our_rounds[workload]);
            }
            turn(their_api, their_rounds[workload]);
            if (!we_begin) {
                turn(our_api, our_rounds[workload]);
            }
            spdlog::info(
                "round {}, workload {}: this build {:.0f}/s, the other {:.0f}/s",
                round,
                int(workload),
                our_rounds[workload].back().per_second,
                their_rounds[workload].back().per_second
            );
        }
    }

    std::string table =
        fmt::format(
            "This build against another, {} rounds of {} s, {} connections: median (lowest-highest).\n\n",
            comparison.rounds,
            comparison.duration.count(),
            comparison.connections
        ) +
        "| this build / the other | item by id | page of 20 |\n| --- | --- | --- |\n";
    const auto row = [&](std::string_view title, double Measurement::* figure) {
        table += fmt::format("| {} |", title);
        for (const Workload workload : workloads) {
            const Summary s = ratios(our_rounds[workload], their_rounds[workload], figure);
            table += fmt::format(" **{:.2f}** ({:.2f}-{:.2f}) |", s.median, s.low, s.high);
        }
        table += '\n';
    };
    row("requests per second", &Measurement::per_second);
    row("processor time of the service per request", &Measurement::server_us);
    row("processor time of PostgreSQL per request", &Measurement::postgres_us);
    row("p99", &Measurement::p99_ms);
    return table;
}

}  // namespace pz::bench
