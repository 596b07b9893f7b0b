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
    /// From the moment the server answers again to the first write that is acknowledged.
    std::chrono::milliseconds slowest_recovery{0};
    /// Lost and doubled writes, and services that did not come back by themselves.
    std::vector<std::string> findings;

    [[nodiscard]] std::string text() const;
};

/// Kills PostgreSQL with SIGKILL while clients write, each write with an idempotency key and asked again
/// until it is acknowledged; then compares the table with what the clients were told. To be called on the
/// main thread: the servers end with the thread that started them.
[[nodiscard]] CrashReport crash_under_load(const CrashOptions& options);

}  // namespace pz::isolation
