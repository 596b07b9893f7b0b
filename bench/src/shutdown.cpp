#include "shutdown.hpp"

#include "contestants.hpp"
#include "data_set.hpp"
#include "meter.hpp"
#include "service.hpp"
#include "siege.hpp"
#include "token_issuer.hpp"

#include <pz/testkit/temporary_directory.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace pz::bench {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr int connections = 32;

/// What the ends of some processes were like.
struct Ends {
    std::vector<double> milliseconds;
    std::set<int> exit_codes;

    void end(testkit::ServiceProcess& process) {
        constexpr seconds patience{60};
        const auto start = Clock::now();
        exit_codes.insert(process.stop(patience));
        milliseconds.push_back(std::chrono::duration<double, std::milli>{Clock::now() - start}.count());
    }

    [[nodiscard]] std::string row(std::string_view title) const {
        const Summary s = summarize(milliseconds);
        std::string codes;
        for (const int code : exit_codes) {
            codes += (codes.empty() ? "" : ", ") + std::to_string(code);
        }
        return fmt::format(
            "| {} | {:.0f} ms ({:.0f}-{:.0f}) | {} |\n", title, s.median, s.low, s.high, codes
        );
    }
};

}  // namespace

std::string shutdowns(int count) {
    const testkit::TemporaryDirectory directory{"bench"};
    const DataSet data{directory.path() / "cluster", {.tenants = 50, .items_per_tenant = 100}};
    const TokenIssuer issuer;
    Ends idle;
    Ends kept_alive;
    Ends loaded;
    for (int i = 0; i < count; ++i) {
        {
            auto process = start_api(this_build(), data, issuer, directory.path());
            process.wait_until_ready();
            idle.end(process);
        }
        {
            auto process = start_api(this_build(), data, issuer, directory.path());
            process.wait_until_ready();
            const IdleConnections clients{
                process.port(), connections, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            };
            kept_alive.end(process);
        }
        auto process = start_api(this_build(), data, issuer, directory.path());
        process.wait_until_ready();
        const Api api{data, directory.path(), process.port(), process.pid()};
        api.use_tokens(issuer.issue(data.size().tenants));
        api.warm_up(Workload::item_by_id, connections);
        const auto load = std::async(std::launch::async, [&api] {
            try {
                (void)api.run(Workload::item_by_id, connections, seconds{2});
            } catch (const std::runtime_error& error) {  // its last requests find nobody
                spdlog::debug("{}", error.what());
            }
        });
        std::this_thread::sleep_for(seconds{1});
        loaded.end(process);
    }
    return fmt::format("| SIGTERM to exit, {} times | | exit code |\n| --- | --- | --- |\n", count) +
           idle.row("without connections") + kept_alive.row(fmt::format("{} idle connections", connections)) +
           loaded.row(fmt::format("{} connections, as fast as they go", connections));
}

}  // namespace pz::bench
