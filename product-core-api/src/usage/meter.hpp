#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pz::pg {
class BlockingConnection;
}

namespace pz::product::usage {

struct Counts {
    std::int64_t requests = 0;
    std::int64_t errors = 0;
};

using CountsByTenant = std::unordered_map<core::Uuid, Counts>;

/// The requests that one event-loop thread has answered since they were last taken. Its lock is held for a
/// few instructions, and nearly always free.
class Counter {
 public:
    void count(core::Uuid tenant, bool failed);
    [[nodiscard]] CountsByTenant take();

 private:
    std::mutex mutex_;
    CountsByTenant counts_;
};

/// Writes down what the threads count, on a thread of its own with a connection of its own: one statement for
/// all tenants every few seconds, and the rest when the process ends. Now and then it measures how much each
/// tenant has. A process that is killed loses some seconds of counts.
class Meter {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_admin
        const core::Clock* clock = nullptr;
        std::chrono::milliseconds write_every{10'000};
        std::chrono::milliseconds measure_every{3'600'000};
    };

    /// Starts at once.
    explicit Meter(Options options);
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    /// Writes what is left, unless the database cannot be reached.
    ~Meter();

    /// For one thread; lives as long as whoever holds it, and is read as long as the meter lives.
    [[nodiscard]] std::shared_ptr<Counter> add_counter();

 private:
    void run(const std::stop_token& stop);
    void collect();
    void write(pg::BlockingConnection& connection);
    void wait(std::stop_token stop, std::chrono::milliseconds pause);

    Options options_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<std::shared_ptr<Counter>> counters_;
    CountsByTenant unwritten_;  ///< the thread's own
    std::jthread thread_;       ///< the last member: it uses all the others
};

/// The statements that the meter sends, as pz_admin.
[[nodiscard]] std::span<const pg::Query> meter_queries();

}  // namespace pz::product::usage
