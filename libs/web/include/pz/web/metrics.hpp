#pragma once

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

namespace pz::web {

class Router;

/// Request counts and durations by route, written by one thread and read by any: plain loads and stores, no
/// sharing on the request path.
class ThreadMetrics {
 public:
    /// Requests that matched no route are counted together, so that paths a client makes up cannot grow the
    /// table.
    static constexpr std::size_t no_route = static_cast<std::size_t>(-1);
    /// Upper bounds of the duration histogram in microseconds; the last bucket has none.
    static constexpr std::array<std::uint64_t, 10> bounds{
        500, 1'000, 2'500, 5'000, 10'000, 50'000, 100'000, 500'000, 2'500'000, 10'000'000
    };

    explicit ThreadMetrics(std::size_t routes) : routes_(routes + 1) {}

    void record(std::size_t route, unsigned status, std::chrono::steady_clock::duration took) noexcept;

 private:
    friend class Metrics;

    struct RouteCounts {
        std::array<std::atomic<std::uint64_t>, 6> by_status_class{};
        std::array<std::atomic<std::uint64_t>, bounds.size() + 1> by_duration{};
        std::atomic<std::uint64_t> total_microseconds{0};
    };

    std::deque<RouteCounts> routes_;
};

/// All threads' metrics, added up when somebody asks.
class Metrics {
 public:
    explicit Metrics(const Router& router) : router_(router) {}

    /// One per thread; lives as long as this object.
    ThreadMetrics& add_thread();

    /// Prometheus text format 0.0.4.
    [[nodiscard]] std::string to_text() const;

 private:
    const Router& router_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<ThreadMetrics>> threads_;
};

}  // namespace pz::web
