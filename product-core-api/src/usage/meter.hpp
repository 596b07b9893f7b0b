#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/background_work.hpp>
#include <pz/pg/query.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace pz::product::usage {

struct Counts {
    std::int64_t requests = 0;
    std::int64_t errors = 0;
};

using CountsByTenant = std::unordered_map<core::Uuid, Counts>;
/// Requests per minute, of the tenants that have a limit.
using LimitsByTenant = std::unordered_map<core::Uuid, std::uint32_t>;

/// The requests that one event-loop thread has answered since they were last taken, and the limits of those
/// who asked. Its lock is held for a few instructions, and nearly always free.
class Counter {
 public:
    /// Answered with success, with an error, or refused because the tenant asks too often: that counts
    /// nothing.
    enum class Kind : std::uint8_t { good, failed, refused };

    void count(core::Uuid tenant, Kind kind);
    [[nodiscard]] CountsByTenant take();
    [[nodiscard]] std::optional<std::uint32_t> limit_of(core::Uuid tenant);
    void learn(std::shared_ptr<const LimitsByTenant> limits);

 private:
    std::mutex mutex_;
    CountsByTenant counts_;
    std::shared_ptr<const LimitsByTenant> limits_ = std::make_shared<const LimitsByTenant>();
};

/// Writes down what the threads count, on a thread of its own with a connection of its own: one statement for
/// all tenants every few seconds, and the rest when the process ends. Now and then it measures how much each
/// tenant has. A process that is killed loses some seconds of counts. What it writes for a tenant it is
/// answered with the tenant's limit, which the threads learn: the limit that holds is as old as the last
/// count.
class Meter {
 public:
    struct Options {
        core::SecretString database;  ///< of pz_admin
        const core::Clock* clock = nullptr;
        std::chrono::milliseconds write_every{10'000};
        std::chrono::milliseconds measure_every{3'600'000};
    };

    explicit Meter(Options options);
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;
    /// Writes what is left, unless the database cannot be reached.
    ~Meter() = default;

    /// For one thread; lives as long as whoever holds it, and is read as long as the meter lives.
    [[nodiscard]] std::shared_ptr<Counter> add_counter();

 private:
    void work(pg::BlockingConnection& connection, bool last);
    void collect();
    void write(pg::BlockingConnection& connection);
    void learn(const pg::TextResult& answer);

    Options options_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<Counter>> counters_;
    CountsByTenant unwritten_;  ///< the thread's own, as the next one
    LimitsByTenant limits_;     ///< of all who asked since the process began
    std::chrono::steady_clock::time_point next_measure_{};
    pg::BackgroundWork work_;  ///< the last member: it uses all the others
};

/// The statements that the meter sends, as pz_admin.
[[nodiscard]] std::span<const pg::Query> meter_queries();

}  // namespace pz::product::usage
