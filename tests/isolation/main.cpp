// ./dev attack: the long run. Loopback only; the database, the services and the tenants are its own and go
// away with it.

#include "attack.hpp"
#include "crash.hpp"
#include "injection.hpp"

#include <pz/testkit/database.hpp>
#include <pz/testkit/world.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <random>

namespace pz::isolation {

namespace {

constexpr int found_something = 1;
constexpr int could_not_run = 2;

int run(int argc, char** argv) {
    Options options;
    options.seed = std::random_device{}();
    bool calm = false;
    bool sqlmap = false;
    CrashOptions crash{.rounds = 0};
    CLI::App app{"Attacks both services as fifty tenants and looks for what one sees of another"};
    app.add_option("--attempts", options.attempts, "how many (default 10000)");
    app.add_option("--seed", options.seed, "the same attempts again (default: another each time)");
    app.add_option("--tenants", options.tenants, "how many; half of them are only attacked")
        ->check(CLI::Range(6, 5'000));
    app.add_option("--threads", options.threads, "clients at the same time")->check(CLI::Range(1, 64));
    app.add_option("--operation", options.operation, "only operations with this in their name");
    app.add_option("--only", options.only, "this attempt and no other");
    app.add_flag(
        "--calm",
        calm,
        "without ended backends, cancelled and late statements, locks and clients that hang up"
    );
    app.add_flag("--sqlmap", sqlmap, "instead: sqlmap on every value of every operation's request");
    app.add_option(
        "--crash-rounds",
        crash.rounds,
        "instead: kill PostgreSQL so many times under load, and look for lost writes"
    );
    CLI11_PARSE(app, argc, argv);
    options.chaos = !calm;
    options.progress = [&](std::uint64_t attempts, std::uint64_t findings) {
        fmt::print("     {} of {} attempts, {} findings\n", attempts, options.attempts, findings);
        std::fflush(stdout);
    };

    if (crash.rounds > 0) {
        crash.progress = [&](int round) {
            fmt::print("     round {} of {}\n", round, crash.rounds);
            std::fflush(stdout);
        };
        const CrashReport report = crash_under_load(crash);
        fmt::print("{}", report.text());
        return report.findings.empty() ? 0 : found_something;
    }
    if (sqlmap) {
        InjectionOptions injection;
        injection.seed = options.seed;
        injection.operation = options.operation;
        injection.progress = [](const std::string& line) {
            fmt::print("     {}\n", line);
            std::fflush(stdout);
        };
        const InjectionReport report = look_for_injections(injection);
        fmt::print(
            "{} operations, {} places, {} findings\n",
            report.operations,
            report.places,
            report.findings.size()
        );
        for (const std::string& finding : report.findings) {
            fmt::print("  !! {}\n", finding);
        }
        return report.findings.empty() ? 0 : found_something;
    }
    testkit::test_cluster();
    testkit::World world{services_that_rest()};
    fmt::print("     {} attempts as {} tenants, seed {}\n", options.attempts, options.tenants, options.seed);
    const Report report = attack(world, options);
    fmt::print("{}", report.text(options));
    const Tally total = report.total();
    fmt::print(
        "{} attempts, {} requests, {} findings\n", total.attempts, total.requests, report.findings_seen
    );
    return report.findings.empty() ? 0 : found_something;
}

}  // namespace

}  // namespace pz::isolation

int main(int argc, char** argv) {
    try {
        return pz::isolation::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return pz::isolation::could_not_run;
    }
}
