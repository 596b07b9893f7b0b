#include "wrk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace pz::bench {

namespace {

constexpr std::string_view report = R"lua(
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "requests=%d seconds=%.6f p50_us=%d p99_us=%d p999_us=%d refused=%d connect=%d broken=%d late=%d\n",
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.status, errors.connect, errors.read + errors.write, errors.timeout))
end
)lua";

}  // namespace

void write_wrk_script(const std::filesystem::path& path, std::string_view lua) {
    std::ofstream file{path, std::ios::binary};
    file << lua << report;
    if (!file.flush()) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
}

int wrk_threads(int connections) {
    return std::min<int>(connections, static_cast<int>(std::thread::hardware_concurrency()));
}

Answers run_wrk(const WrkLoad& load) {
    core::ProcessOptions options;
    options.command = {
        "wrk",
        "--threads",
        std::to_string(wrk_threads(load.connections)),
        "--connections",
        std::to_string(load.connections),
        "--duration",
        std::to_string(load.duration.count()) + "s",
        "--timeout",
        "10s",
        "--script",
        load.script.string(),
        fmt::format("http://127.0.0.1:{}", load.port),
        "--",
    };
    options.command.insert(options.command.end(), load.arguments.begin(), load.arguments.end());
    const std::string output = run_tool(std::move(options), load.duration);
    return {
        .requests = number(output, R"(requests=(\d+))"),
        .seconds = number(output, R"(seconds=([0-9.]+))"),
        .p50_ms = number(output, R"(p50_us=(\d+))") / 1000,
        .p99_ms = number(output, R"(p99_us=(\d+))") / 1000,
        .p999_ms = number(output, R"(p999_us=(\d+))") / 1000,
        .refused = number(output, R"( refused=(\d+))"),
        .unconnected = number(output, R"( connect=(\d+))"),
        .broken = number(output, R"( broken=(\d+))"),
        .late = number(output, R"( late=(\d+))"),
    };
}

void require_answers(const Answers& answers, const std::string& who, Refusals refusals) {
    const auto fail = [&](const std::string& how) { throw std::runtime_error{who + ": " + how}; };
    if (answers.unconnected + answers.broken + answers.late > 0) {
        fail(fmt::format(
            "{} connections were not accepted, {} were broken off, {} requests had no answer for ten seconds",
            answers.unconnected,
            answers.broken,
            answers.late
        ));
    }
    if (answers.requests == 0) {
        fail(fmt::format("not one answer in {:.0f} s", answers.seconds));
    }
    if (answers.refused > 0 && refusals == Refusals::fail_it) {
        fail(fmt::format("{} of {} requests were refused", answers.refused, answers.requests));
    }
}

std::string run_tool(core::ProcessOptions options, std::chrono::seconds duration) {
    const std::string name = options.command.front();
    const auto result = core::run_process(std::move(options), duration + std::chrono::seconds{30});
    if (result.exit_code != 0) {
        throw std::runtime_error{
            name + " ended with code " + std::to_string(result.exit_code) + ": " + result.output
        };
    }
    return result.output;
}

/// The number that the expression's first group matches.
double number(const std::string& output, const char* expression) {
    std::smatch match;
    if (!std::regex_search(output, match, std::regex{expression})) {
        throw std::runtime_error{std::string{"expected "} + expression + " in: " + output};
    }
    return std::stod(match[1]);
}

}  // namespace pz::bench
