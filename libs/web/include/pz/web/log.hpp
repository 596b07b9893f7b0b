#pragma once

#include <pz/core/clock.hpp>
#include <pz/web/trace.hpp>

#include <boost/describe/enum.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pz::web {

enum class Severity : std::uint8_t { trace, debug, info, warn, error, critical };
BOOST_DESCRIBE_ENUM(Severity, trace, debug, info, warn, error, critical)

/// json: one object a line, as Cloud Logging reads it from standard output. text: for people.
enum class LogFormat : std::uint8_t { json, text };
BOOST_DESCRIBE_ENUM(LogFormat, json, text)

/// What the log says about an HTTP request beside its message. The query is left out: it may hold what a
/// person typed.
struct LoggedRequest {
    std::string_view method;
    std::string_view path;
    unsigned status = 0;
    std::chrono::steady_clock::duration latency{};
    std::string_view remote_address;
    std::string_view user_agent;
};

/// One event, one line. Every text may come from a client: whatever is in it, it stays one line and one
/// field. Empty texts are left out.
struct LogEvent {
    Severity severity = Severity::info;
    std::string_view message;
    std::optional<LoggedRequest> request{};
    const TraceContext* trace = nullptr;
    std::string_view request_id{};
    std::string_view route{};   ///< the operation's id
    std::string_view code{};    ///< of the problem document
    std::string_view tenant{};  ///< ids, never names or addresses
    std::string_view actor{};
};

struct LogStyle {
    LogFormat format = LogFormat::json;
    bool colour = false;  ///< of the text format
    /// The Google Cloud project, so that Cloud Logging links lines to traces; empty: plain trace_id.
    std::string project{};
};

/// The line with its line feed.
[[nodiscard]] std::string render(const LogEvent& event, const LogStyle& style, core::Timestamp now);

/// The text with everything that could end a line, move a cursor, hide or reorder characters written as an
/// escape: control characters, invalid UTF-8, line separators, direction marks.
[[nodiscard]] std::string printable(std::string_view text);

/// The process's log. Writing never waits for the reader: lines go into a bounded buffer that one thread
/// empties; when a reader stalls and the buffer is full, new lines are dropped and counted (see
/// docs/adr/0021-logs-and-traces.md).
class Log {
 public:
    struct Options {
        LogStyle style{};
        Severity least = Severity::info;
        int descriptor = 1;
        std::size_t buffer_bytes = std::size_t{1} << 20U;
        /// How long the destructor waits for a reader that does not read.
        std::chrono::milliseconds farewell{500};
    };

    explicit Log(Options options);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] bool takes(Severity severity) const noexcept { return severity >= options_.least; }

    /// From any thread.
    void write(const LogEvent& event) noexcept;

    /// Makes spdlog's default logger, with which the libraries speak, write here as long as this object
    /// lives.
    void take_over_spdlog();

    /// Lines that were not written: the buffer was full, or the descriptor refused them.
    [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
    class Writer;

    Options options_;
    bool took_over_spdlog_ = false;
    std::unique_ptr<Writer> writer_;
};

}  // namespace pz::web
