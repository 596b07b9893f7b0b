#pragma once

#include "run_record.hpp"
#include "screen.hpp"
#include "service_log.hpp"
#include "signals.hpp"

#include <pz/core/process.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command {

/// How one service is started, probed and stopped.
struct ServicePlan {
    std::string name;
    core::ProcessOptions process;  ///< its output is the supervisor's business
    std::string ready_url;         ///< answers 200 when the service can serve
    std::string hint;              ///< what to try when it does not
    int stop_signal = SIGTERM;
};

/// Runs the services: one process group each, logs to screen and file, readiness, an orderly end.
/// Single-threaded on purpose: the kernel's parent-death signal, which ends the services when we are killed,
/// belongs to the thread that started them.
class Supervisor {
 public:
    /// What is passed must outlive the supervisor.
    Supervisor(const Screen& screen, Signals& signals, std::filesystem::path log_directory);

    void start(ServicePlan plan);
    /// Returns the time it took. Throws CommandError with the service's last lines and its hint after `limit`
    /// or when it ends, and CommandError(interrupted) when we are asked to stop.
    std::chrono::milliseconds wait_until_ready(std::string_view name, std::chrono::milliseconds limit);
    /// Ends a service and starts it again as it was planned.
    void restart(std::string_view name);

    /// Waits at most `wait` for anything to happen, and moves log lines along.
    void pump(std::chrono::milliseconds wait);

    /// Also wakes pump() when this descriptor becomes readable.
    void also_watch(int descriptor) { extra_descriptor_ = descriptor; }

    /// A sentence about a service that ended by itself since the last call, with its last lines.
    std::optional<std::string> take_unexpected_end();

    /// From now on log lines appear on the screen.
    void show_logs() noexcept { show_logs_ = true; }

    [[nodiscard]] bool asked_to_stop() { return signals_.stop_requests() > 0; }

    /// Drains all services at once; those that are left after `limit`, or at the second request to stop, are
    /// killed.
    void stop(std::chrono::milliseconds limit);

    [[nodiscard]] std::vector<ProcessIdentity> processes() const;

 private:
    struct Service {
        ServicePlan plan;
        ServiceLog log;
        std::optional<core::Process> process;
        bool end_reported = false;
    };

    Service& find(std::string_view name);
    static void launch(Service& service);
    void take_lines();

    const Screen& screen_;
    Signals& signals_;
    std::filesystem::path log_directory_;
    std::vector<Service> services_;
    int extra_descriptor_ = -1;
    bool show_logs_ = false;
};

}  // namespace pz::command
