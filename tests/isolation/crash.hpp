#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pz::isolation {

struct CrashOptions {
    int rounds = 20;
    int clients = 8;
    std::function<void(int)> progress = [](int) {};
};

struct CrashReport {
    int rounds = 0;
    std::uint64_t created = 0;  ///< writes that were acknowledged
    std::uint64_t changed = 0;
    std::uint64_t asked_again = 0;  ///< with the same key, because no answer came, or 5xx
    std::uint64_t unavailable = 0;  ///< 503 among those
    std::uint64_t rows = 0;
    std::uint64_t events = 0;       ///< in the audit log, of those writes; the unacknowledged ones among them
    std::uint64_t events_lost = 0;  ///< writes without an event
    std::uint64_t events_doubled = 0;  ///< events without a write, or more than one of one write
    std::uint64_t chains = 0;          ///< verified in the last round
    std::uint64_t checkpoints = 0;     ///< that were verified with them
    std::uint64_t broken_chains = 0;   ///< with a gap or anything else, in any round
    /// From the moment the server answers again to the first write that is acknowledged.
    std::chrono::milliseconds slowest_recovery{0};
    /// Lost and doubled writes, and services that did not come back by themselves.
    std::vector<std::string> findings;

    [[nodiscard]] std::string text() const;
};

/// Kills PostgreSQL with SIGKILL while clients write, each write with an idempotency key and asked again
/// until it is acknowledged; then compares the table with what the clients were told. After each round every
/// write has exactly one event in the audit log, and every chain verifies. To be called on the
/// main thread: the servers end with the thread that started them.
[[nodiscard]] CrashReport crash_under_load(const CrashOptions& options);

}  // namespace pz::isolation
