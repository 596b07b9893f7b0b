// Measures product-core-api against pgbench, the limit of what PostgreSQL gives to one request per round
// trip, and prints the tables of docs/performance.md. Loopback and unix sockets only; everything it starts
// ends with it.

#include "admin_list.hpp"
#include "audit.hpp"
#include "comparison.hpp"
#include "contestants.hpp"
#include "data_set.hpp"
#include "fair_share.hpp"
#include "meter.hpp"
#include "peers.hpp"
#include "policy.hpp"
#include "refresh.hpp"
#include "report.hpp"
#include "scale.hpp"
#include "service.hpp"
#include "shutdown.hpp"
#include "siege.hpp"
#include "token_issuer.hpp"
#include "tokens.hpp"
#include "writes.hpp"

#include <pz/core/process.hpp>
#include <pz/testkit/client.hpp>
#include <pz/testkit/temporary_directory.hpp>
#include <pz/testkit/world.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
    DataSet::Size size;
    int rounds = 3;
    std::chrono::seconds duration{5};
    int connections = 32;
    int idle_connections = 1'000;
    int starts = 5;
    std::vector<int> pgbench_clients = {1, 2, 4, 8, 32};
};

/// Children inherit it: a thousand connections need more than the usual 1024 descriptors.
void allow_many_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string one_request(const std::string& token) {
    return "GET /api/v1/items/" + DataSet::item(1, 1).to_string() +
           " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\n\r\n";
}

/// From just before exec to a whole answer to a signed-in request, key set and database connections included.
double first_answer_ms(
    const DataSet& data,
    const TokenIssuer& issuer,
    const std::filesystem::path& directory,
    const std::string& request
) {
    constexpr auto limit = std::chrono::seconds{20};
    const auto start = Clock::now();
    auto process = start_api(this_build(), data, issuer, directory);
    while (Clock::now() - start < limit) {
        try {
            testkit::RawConnection connection{process.port()};
            if (connection.send(request) && connection.receive().status() == 200) {
                return std::chrono::duration<double, std::milli>{Clock::now() - start}.count();
            }
        } catch (const testkit::ClientError&) {
            std::this_thread::sleep_for(std::chrono::microseconds{500});  // nobody listens yet
        }
    }
    throw std::runtime_error{"no answer after the start; its log: " + process.log()};
}

/// Before the half minute that filling takes.
void require_wrk() {
    try {
        core::run_process({.command = {"wrk", "--version"}}, std::chrono::seconds{5});
    } catch (const std::system_error&) {
        throw std::runtime_error{"wrk is missing: apt-get install wrk"};
    }
}

/// A table of how long product-core-api takes to its first answer.
std::string starts(int count) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{directory.path() / "cluster", {.tenants = 50, .items_per_tenant = 100}};
    const TokenIssuer issuer;
    const std::string request = one_request(issuer.issue(1).front());
    std::vector<double> milliseconds;
    for (int i = 0; i < count; ++i) {
        milliseconds.push_back(first_answer_ms(data, issuer, directory.path(), request));
    }
    const Summary summary = summarize(std::move(milliseconds));
    return fmt::format(
        "| exec to first 200, {} starts | {:.0f} ms ({:.0f}-{:.0f}) |\n| --- | --- |\n",
        count,
        summary.median,
        summary.low,
        summary.high
    );
}

Results measure(const Settings& settings) {
    using std::chrono::seconds;
    constexpr Transaction transactions[] = {
        Transaction::bare, Transaction::row_security, Transaction::row_security_and_liveness
    };
    const testkit::TemporaryDirectory directory{"bench"};
    spdlog::info(
        "filling {} tenants with {} items each", settings.size.tenants, settings.size.items_per_tenant
    );
    const DataSet data{directory.path() / "cluster", settings.size};
    const TokenIssuer issuer;

    Results results;
    results.size = settings.size;
    results.postgres_version = data.server_version();
    results.rounds = settings.rounds;
    results.duration = settings.duration;
    results.connections = settings.connections;

    spdlog::info("starting product-core-api {} times", settings.starts);
    const std::string request = one_request(issuer.issue(1).front());
    for (int i = 0; i < settings.starts; ++i) {
        results.first_answer_ms.push_back(first_answer_ms(data, issuer, directory.path(), request));
    }

    auto process = start_api(this_build(), data, issuer, directory.path());
    process.wait_until_ready();
    results.idle_memory = proportional_set_size(process.pid());
    const Api api{data, directory.path(), process.port(), process.pid()};
    const Pgbench pgbench{data, directory.path()};

    for (const Workload workload : workloads) {
        for (const Transaction transaction : transactions) {
            const int clients = pgbench.fastest_clients(
                workload, transaction, settings.pgbench_clients, std::max(seconds{1}, settings.duration / 2)
            );
            spdlog::info(
                "pgbench, workload {}, transaction {}: fastest with {} clients",
                int(workload),
                int(transaction),
                clients
            );
            results.pgbench_clients[{workload, transaction}] = clients;
        }
    }
    for (int round = 1; round <= settings.rounds; ++round) {
        api.use_tokens(issuer.issue(settings.size.tenants));
        for (const Workload workload : workloads) {
            for (const Transaction transaction : transactions) {
                results.pgbench[{workload, transaction}].push_back(pgbench.run(
                    workload, transaction, results.pgbench_clients[{workload, transaction}], settings.duration
                ));
            }
            api.warm_up(workload, settings.connections);  // it has not met this round's tokens before
            results.api[workload].push_back(api.run(workload, settings.connections, settings.duration));
            spdlog::info(
                "round {}, workload {}: pgbench {:.0f}/s, product-core-api {:.0f}/s",
                round,
                int(workload),
                results.pgbench[{workload, Transaction::row_security}].back().per_second,
                results.api[workload].back().per_second
            );
        }
    }
    api.use_tokens(issuer.issue(settings.size.tenants));
    for (const Workload workload : workloads) {
        constexpr double paced_share = 0.6;
        constexpr int paced_connections = 4;  // times as many, each pausing between requests
        std::vector<double> rates;
        for (const Measurement& measurement : results.api[workload]) {
            rates.push_back(measurement.per_second);
        }
        api.warm_up(workload, settings.connections);
        results.paced[workload] = api.run(
            workload,
            paced_connections * settings.connections,
            settings.duration,
            paced_share * summarize(std::move(rates)).median
        );
    }

    results.loaded_memory = proportional_set_size(process.pid());
    const IdleConnections idle{process.port(), settings.idle_connections, request};
    results.idle_connections = settings.idle_connections;
    results.memory_per_connection = (static_cast<double>(proportional_set_size(process.pid())) -
                                     static_cast<double>(results.loaded_memory)) /
                                    settings.idle_connections;
    return results;
}

int run(int count, char** arguments) {
    CLI::App command_line{"Measures product-core-api and prints Markdown.", "bench"};
    std::string scenario = "limit";
    command_line
        .add_option(
            "scenario",
            scenario,
            "limit: against pgbench (default); peers: beside FastAPI and Fastify; writes: creations with "
            "their "
            "events, and nine reads to one, against pgbench; refresh: POST /token with refresh tokens; "
            "clients: "
            "1 to 10,000 connections; tenants: 1 to 100,000 tenants; connections: other ways to use the "
            "database's connections; slow: good clients beside slow ones; idle: 10,000 idle connections; "
            "logins: 500 wrong sign-ins a second; tokens: tokens and sign-ins against OpenSSL and libsodium; "
            "fair-share: twenty tenants beside a greedy one; admin-list: 100,000 organizations; start: from "
            "exec "
            "to the first answer; shutdown: from SIGTERM to the end; audit: writes with their events and "
            "without, "
            "and verifying a long chain"
        )
        ->check(CLI::IsMember{
            {"limit",
             "peers",
             "writes",
             "refresh",
             "clients",
             "tenants",
             "connections",
             "slow",
             "idle",
             "logins",
             "tokens",
             "fair-share",
             "admin-list",
             "start",
             "shutdown",
             "audit"}
        });
    Settings settings;
    bool quick = false;
    std::string markdown_file;
    std::filesystem::path other_build;
    int duration = static_cast<int>(settings.duration.count());
    command_line.add_flag(
        "--quick", quick, "A tenth of the data, one short round: whether it works, not how fast"
    );
    command_line.add_option("--markdown", markdown_file, "Also write the tables to this file");
    command_line
        .add_option(
            "--against",
            other_build,
            "Compare with the product-core-api of another build, and with nothing else"
        )
        ->check(CLI::ExistingFile);
    std::filesystem::path plot;
    command_line.add_option("--plot", plot, "peers: also draw the rates, as an SVG");
    command_line.add_option("--rounds", settings.rounds, "Turns that each contestant takes")
        ->check(CLI::Range(1, 20));
    command_line.add_option("--seconds", duration, "Length of each measurement")->check(CLI::Range(1, 60));
    command_line.add_option("--tenants", settings.size.tenants)->check(CLI::Range(1, 100'000));
    command_line.add_option("--connections", settings.connections)->check(CLI::Range(1, 60));
    CLI11_PARSE(command_line, count, arguments);
    settings.duration = std::chrono::seconds{duration};
    if (quick) {
        settings.size.tenants = 100;
        settings.rounds = 1;
        settings.duration = std::chrono::seconds{2};
        settings.starts = 1;
        settings.pgbench_clients = {4};
    }
    // The tables have standard output for themselves.
    spdlog::set_default_logger(spdlog::stderr_color_mt("bench"));
    spdlog::set_pattern("%H:%M:%S %v");
    allow_many_descriptors();
    std::string markdown;
    if (scenario != "tokens" && scenario != "admin-list" && scenario != "start" && scenario != "audit") {
        require_wrk();
    }
    if (scenario == "tokens") {
        markdown = tokens_and_sign_ins(settings.rounds, settings.duration);
    } else if (scenario == "fair-share") {
        markdown = fair_share(settings.rounds, settings.duration);
    } else if (scenario == "admin-list") {
        markdown = admin_list(quick ? 10'000 : 100'000, quick ? 20 : 200);
    } else if (scenario == "start") {
        markdown = starts(quick ? 3 : 20);
    } else if (scenario == "shutdown") {
        markdown = shutdowns(quick ? 1 : 10);
    } else if (scenario == "writes") {
        markdown = writes(
            {.size = settings.size,
             .rounds = settings.rounds,
             .duration = settings.duration,
             .connections = settings.connections,
             .pgbench_clients = settings.pgbench_clients}
        );
    } else if (scenario == "refresh") {
        markdown = refreshes(settings.rounds, settings.duration);
    } else if (scenario == "clients") {
        markdown = by_connections(settings.rounds, settings.duration);
    } else if (scenario == "tenants") {
        markdown = by_tenants(settings.rounds, settings.duration, quick ? 20'000 : 100'000);
    } else if (scenario == "connections") {
        markdown = connection_policy(settings.rounds, settings.duration, settings.connections);
    } else if (scenario == "audit") {
        markdown = cost_of_the_audit_log(settings.rounds, settings.duration, quick ? 20'000 : 300'000);
    } else if (scenario == "slow") {
        markdown = beside_slow_clients(quick ? 500 : 4'000, std::chrono::seconds{quick ? 12 : 30});
    } else if (scenario == "peers") {
        markdown = beside_peers(
            {.size = settings.size,
             .rounds = settings.rounds,
             .duration = settings.duration,
             .connections = settings.connections,
             .plot = plot}
        );
    } else if (scenario == "idle") {
        // A service takes 10,000; the good clients need a place, too.
        markdown = beside_idle_connections(quick ? 500 : 9'990, settings.duration);
    } else if (scenario == "logins") {
        markdown = beside_wrong_logins(500, std::chrono::seconds{quick ? 10 : 60});
    } else if (other_build.empty()) {
        markdown = to_markdown(measure(settings));
    } else {
        markdown = compare(
            {.size = settings.size,
             .rounds = settings.rounds,
             .duration = settings.duration,
             .connections = settings.connections,
             .other_build = other_build}
        );
    }
    std::cout << markdown;
    if (!markdown_file.empty()) {
        std::ofstream file{markdown_file};
        file << markdown;
        if (!file.flush()) {
            throw std::runtime_error{"cannot write " + markdown_file};
        }
    }
    return 0;
}

}  // namespace

}  // namespace pz::bench

int main(int count, char** arguments) {
    try {
        return pz::bench::run(count, arguments);
    } catch (const std::exception& error) {
        std::cerr << "bench: " << error.what() << '\n';
        return 1;
    }
}
