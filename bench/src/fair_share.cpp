#include "fair_share.hpp"

#include "contestants.hpp"
#include "data_set.hpp"
#include "meter.hpp"
#include "service.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

using std::chrono::seconds;

constexpr int steady_tenants = 20;
constexpr double steady_per_second = 20;  ///< each of them
constexpr int times_as_much = 20;
constexpr int flood_connections = 64;

/// A service, and who asks it: each Api has its requests in files of its own.
struct Contestant {
    testkit::ServiceProcess process;
    Api steady;
    Api one;
    Api many;

    Contestant(
        const DataSet& data,
        const TokenIssuer& issuer,
        const std::filesystem::path& directory,
        const std::vector<std::string>& settings
    )
        : process(start_api(this_build(), data, issuer, made(directory), settings)),
          steady(data, made(directory / "steady"), process.port(), process.pid()),
          one(data, made(directory / "one"), process.port(), process.pid()),
          many(data, made(directory / "many"), process.port(), process.pid()) {
        process.wait_until_ready();
        // A page is asked for with the tenant's token alone, so that it does not matter which tokens these
        // are.
        const std::vector<std::string> tokens = issuer.issue(data.size().tenants);
        steady.use_tokens({tokens.begin(), tokens.begin() + steady_tenants});
        one.use_tokens({tokens[steady_tenants]});
        many.use_tokens({tokens.begin() + steady_tenants + 1, tokens.end()});
        (void)run_steady(seconds{1});
    }

    static std::filesystem::path made(std::filesystem::path directory) {
        std::filesystem::create_directories(directory);
        return directory;
    }

    /// They may be refused, too, where nothing holds the others back: that is what is measured.
    [[nodiscard]] Measurement run_steady(seconds duration) const {
        return steady.run(
            Workload::page_of_20,
            steady_tenants,
            duration,
            steady_tenants * steady_per_second,
            Refusals::are_counted
        );
    }
};

/// What is beside the steady ones.
struct Load {
    const char* name;
    const Contestant& contestant;
    const Api* api;  ///< null: nothing
    int connections = 0;
    double per_second = 0;  ///< 0: as fast as the connections go
    std::vector<double> p50{};
    std::vector<double> p99{};
    std::vector<double> refused{};
    std::vector<double> of_load{};
    std::vector<double> of_load_refused{};

    void measure(seconds duration) {
        std::future<Measurement> load;
        if (api != nullptr) {
            load = std::async(std::launch::async, [this, duration] {
                return api->run(
                    Workload::page_of_20,
                    connections,
                    duration + seconds{1},
                    per_second,
                    Refusals::are_counted
                );
            });
            std::this_thread::sleep_for(std::chrono::milliseconds{500});
        }
        const Measurement steady = contestant.run_steady(duration);
        p50.push_back(steady.p50_ms);
        p99.push_back(steady.p99_ms);
        refused.push_back(steady.refused);
        if (api != nullptr) {
            const Measurement measured = load.get();
            of_load.push_back(measured.per_second);
            of_load_refused.push_back(measured.refused);
        }
        spdlog::info("{}: p99 {:.1f} ms", name, steady.p99_ms);
    }

    [[nodiscard]] std::string row(double alone_p99) const {
        const Summary all = summarize(p99);
        const std::string load = api == nullptr ? ""
                                                : fmt::format(
                                                      "{:.0f}/s, {:.0f} % refused",
                                                      summarize(of_load).median,
                                                      100 * summarize(of_load_refused).median
                                                  );
        return fmt::format(
            "| {} | {} | {:.2f} ms | {:.1f} ms ({:.1f}-{:.1f}) | {:.1f} | {:.1f} % |\n",
            name,
            load,
            summarize(p50).median,
            all.median,
            all.low,
            all.high,
            all.median / alone_p99,
            100 * summarize(refused).median
        );
    }
};

}  // namespace

std::string fair_share(int rounds, seconds duration) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{
        directory.path() / "cluster",
        {.tenants = steady_tenants + 1 + flood_connections, .items_per_tenant = 1'000}
    };
    const TokenIssuer issuer;
    const Contestant unlimited{data, issuer, directory.path() / "unlimited", {no_tenants_limit}};
    const Contestant limited{
        data, issuer, directory.path() / "limited", {no_tenants_limit, "PZ_RATE_LIMIT_TENANT=500"}
    };
    std::vector<Load> loads{
        {.name = "nothing", .contestant = unlimited, .api = nullptr},
        {.name = "one tenant, 20 times one's load",
         .contestant = unlimited,
         .api = &unlimited.one,
         .connections = 16,
         .per_second = times_as_much * steady_per_second},
        {.name = "one tenant, 64 connections",
         .contestant = unlimited,
         .api = &unlimited.one,
         .connections = flood_connections},
        {.name = "64 tenants, a connection each: no share holds them back",
         .contestant = unlimited,
         .api = &unlimited.many,
         .connections = flood_connections},
        {.name = "one tenant, 64 connections, and the rate limit of 500/s",
         .contestant = limited,
         .api = &limited.one,
         .connections = flood_connections},
    };
    for (int round = 1; round <= rounds; ++round) {
        for (Load& load : loads) {
            load.measure(duration);
        }
    }
    std::string table = fmt::format(
        "{} tenants ask for a page of 20 {:.0f} times a second each; {} rounds of {} s in turns, medians "
        "(lowest-highest).\n\n"
        "| beside them | gets | their p50 | their p99 | against alone | of theirs refused |\n"
        "| --- | --- | --- | --- | --- | --- |\n",
        steady_tenants,
        steady_per_second,
        rounds,
        duration.count()
    );
    const double alone = summarize(loads.front().p99).median;
    for (const Load& load : loads) {
        table += load.row(alone);
    }
    return table;
}

}  // namespace pz::bench
