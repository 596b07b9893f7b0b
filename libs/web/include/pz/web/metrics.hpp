#pragma once

#include <pz/http/head_parser.hpp>
#include <pz/web/measurement.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pz::auth {
class TokenVerifier;
}

namespace pz::pg {
class Pool;
}

namespace pz::web {

class Router;
struct Route;

/// Request counts and durations by route and status, written by one thread and read by any: plain loads and
/// stores, no sharing on the request path.
class ThreadMetrics {
 public:
    /// Upper bounds of the duration histogram in microseconds; the last bucket has none.
    static constexpr std::array<std::uint64_t, 13> bounds{
        500,
        1'000,
        2'500,
        5'000,
        10'000,
        25'000,
        50'000,
        100'000,
        250'000,
        500'000,
        1'000'000,
        2'500'000,
        10'000'000
    };

    explicit ThreadMetrics(std::size_t routes);

    void begin() noexcept;
    /// Requests that matched no route (null) are counted together by method, so that paths a client makes up
    /// cannot grow the table.
    void end(
        const Route* route, http::Method method, unsigned status, std::chrono::steady_clock::duration took
    ) noexcept;

    /// Replaces what this thread reports beside its requests.
    void publish(std::vector<Measurement> measurements);

 private:
    friend class Metrics;

    /// The statuses that our services answer; anything else is counted as the last.
    static constexpr std::array<unsigned, 26> statuses{200, 201, 202, 204, 206, 301, 302, 303, 304,
                                                       400, 401, 403, 404, 405, 406, 408, 409, 412,
                                                       413, 415, 422, 428, 429, 500, 503, 504};
    static constexpr std::size_t methods = 7;

    struct Durations {
        std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts{};
        std::atomic<std::uint64_t> microseconds{0};
    };

    /// One for each status, made when the status is first answered.
    struct RouteCounts {
        std::array<std::atomic<Durations*>, statuses.size() + 1> by_status{};
    };

    Durations* durations_of(RouteCounts& counts, unsigned status) noexcept;

    std::deque<RouteCounts> routes_;  ///< by Route::index, then by method where there was no route
    std::deque<Durations> durations_;
    std::atomic<std::int64_t> active_{0};
    std::mutex mutex_;
    std::vector<Measurement> published_;
};

/// All threads' metrics, added up when somebody asks.
class Metrics {
 public:
    explicit Metrics(const Router& router) : router_(router) {}

    /// One per thread; lives as long as this object.
    ThreadMetrics& add_thread();

    /// Prometheus text format 0.0.4: the requests, what the threads have published, the process itself, and
    /// `more`.
    [[nodiscard]] std::string to_text(std::vector<Measurement> more) const;

 private:
    const Router& router_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<ThreadMetrics>> threads_;
};

/// Appends a pool's connections, waits and time-outs.
void measure_pool(const pg::Pool& pool, std::vector<Measurement>& out);
/// Appends the hits and misses of the cache of verified tokens.
void measure_verifier(const auth::TokenVerifier& verifier, std::vector<Measurement>& out);

}  // namespace pz::web
