#pragma once

#include <pz/core/timeline.hpp>
#include <pz/web/context.hpp>
#include <pz/web/log.hpp>
#include <pz/web/metrics.hpp>

namespace pz::web {

/// What is seen of one request from outside: its place in a trace, its count, its line in the log, its
/// Server-Timing, its spans. Lives in the dispatcher's frame beside the context.
class Observation {
 public:
    Observation(Context& context, ThreadMetrics& metrics);
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;
    ~Observation();

    /// After the answer is complete, as the last step: adds its headers, counts it, logs it, exports it.
    void finish();

 private:
    void add_server_timing(std::chrono::steady_clock::time_point now) const;
    void write_line(std::chrono::steady_clock::duration took) const;
    void export_spans(std::chrono::steady_clock::time_point now) const;

    Context& context_;
    ThreadMetrics& metrics_;
    // Kept here: when the request is abandoned, its session may be gone before this object.
    const http::Method method_;
    const std::chrono::steady_clock::time_point started_;
    core::Timeline timeline_;
    unsigned status_ = 499;  ///< until finish(): the request was abandoned
};

}  // namespace pz::web
