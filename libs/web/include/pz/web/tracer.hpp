#pragma once

#include <pz/core/secret.hpp>
#include <pz/web/trace.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pz::web {

/// Of OpenTelemetry: a request that we answer, one that we make, or work of our own.
enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };

/// Something that took time, as OpenTelemetry describes it.
struct Span {
    using Value = std::variant<std::string, std::int64_t>;

    std::string name;
    SpanKind kind = SpanKind::internal;
    TraceContext::TraceId trace_id{};
    TraceContext::SpanId span_id{};
    std::optional<TraceContext::SpanId> parent_id;
    std::chrono::system_clock::time_point began;
    std::chrono::system_clock::time_point ended;
    std::vector<std::pair<std::string_view, Value>> attributes;  ///< names are constants
    bool failed = false;
};

/// Hands spans to a collector: OTLP/HTTP with JSON, from a thread of its own. Requests never wait for it:
/// spans go into a bounded queue, and what does not fit, or what the collector does not take at the first
/// try, is dropped and counted.
class Tracer {
 public:
    struct Options {
        std::string endpoint;  ///< the base, "http://collector:4318"; "/v1/traces" is appended
        /// As in OTEL_EXPORTER_OTLP_HEADERS: "name=value,name=value", values percent-encoded.
        core::SecretString headers{};
        std::string service_name;
        std::string service_version;
        /// Share of the traces that begin here; where a caller decided, its decision holds.
        double sample_ratio = 1;
        std::size_t queue = 2'048;
        std::size_t batch = 512;
        std::chrono::milliseconds gather{1'000};  ///< from the first span of a batch to its export
        std::chrono::milliseconds timeout{2'000};
        std::chrono::milliseconds farewell{500};  ///< for the last batch, when the process ends
    };

    struct Counters {
        std::uint64_t exported = 0;
        std::uint64_t dropped = 0;
    };

    /// Throws std::invalid_argument for an endpoint that is not http or https, or headers that cannot be
    /// read.
    explicit Tracer(Options options);
    ~Tracer();

    /// Whether a trace that begins here is recorded.
    [[nodiscard]] bool samples(const TraceContext::TraceId& id) const noexcept;
    /// From any thread.
    void submit(std::vector<Span> spans) noexcept;

    [[nodiscard]] Counters counters() const noexcept;

 private:
    class Exporter;

    double sample_ratio_;
    std::unique_ptr<Exporter> exporter_;
};

}  // namespace pz::web
