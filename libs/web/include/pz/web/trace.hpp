#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pz::web {

/// Where a request stands in a distributed trace (W3C Trace Context, level 1): the trace, this service's own
/// span in it, and the caller's span above that.
struct TraceContext {
    using TraceId = std::array<std::uint8_t, 16>;
    using SpanId = std::array<std::uint8_t, 8>;

    TraceId trace_id{};
    SpanId span_id{};
    std::optional<SpanId> parent_id;
    /// Whether the caller records the trace; without a caller, whether we do.
    bool sampled = false;

    /// "00-<trace id>-<span id>-01": what the next service is told.
    [[nodiscard]] std::string to_traceparent() const;
};

/// Reads a traceparent header: the caller's trace id, its span as span_id, and its sampling decision. Strict:
/// lower-case hex, exact lengths, no zero ids, version ff refused; of a later version what level 1 knows is
/// read. nullopt for anything else, and the trace begins anew.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view text) noexcept;

/// A trace of our own, with random ids.
[[nodiscard]] TraceContext new_trace();
/// The span of this service below the caller's.
[[nodiscard]] TraceContext child_of(const TraceContext& caller);

/// Lower-case hex.
[[nodiscard]] std::string to_hex(const TraceContext::TraceId& id);
[[nodiscard]] std::string to_hex(const TraceContext::SpanId& id);

}  // namespace pz::web
