#pragma once

#include <pz/core/process.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pz::bench {

/// What a request that is refused does to a measurement.
enum class Refusals : std::uint8_t { fail_it, are_counted };

/// What wrk counted.
struct Answers {
    double requests = 0;
    double seconds = 0;
    double p50_ms = 0;
    double p99_ms = 0;
    double p999_ms = 0;
    double refused = 0;
    double unconnected = 0;  ///< connections that were not accepted
    double broken = 0;       ///< off in the middle
    double late = 0;         ///< had no answer for ten seconds
};

/// Writes a script in Lua and the function that reports its answers to `path`.
void write_wrk_script(const std::filesystem::path& path, std::string_view lua);

/// Threads that share so many connections.
[[nodiscard]] int wrk_threads(int connections);

struct WrkLoad {
    std::filesystem::path script;
    std::vector<std::string> arguments;  ///< of the script
    std::uint16_t port = 0;              ///< of loopback
    int connections = 1;
    std::chrono::seconds duration{1};
};

/// Runs it. Throws std::runtime_error when wrk itself fails.
[[nodiscard]] Answers run_wrk(const WrkLoad& load);

/// Throws std::runtime_error unless all was answered; what() is one sentence that begins with `who`.
void require_answers(const Answers& answers, const std::string& who, Refusals refusals);

/// Runs a tool to its end and returns what it said. Throws std::runtime_error when it fails, or takes half a
/// minute longer than `duration`.
[[nodiscard]] std::string run_tool(core::ProcessOptions options, std::chrono::seconds duration);

/// The number that the expression's first group matches; throws std::runtime_error when nothing does.
[[nodiscard]] double number(const std::string& output, const char* expression);

}  // namespace pz::bench
