#pragma once

#include "workspace.hpp"

#include <pz/core/describe.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pz::command {

/// A process, known for certain: a number alone may have been given to somebody else since.
struct ProcessIdentity {
    std::string name;
    std::int64_t pid = 0;
    std::int64_t start_time = 0;  ///< clock ticks since boot, field 22 of /proc/<pid>/stat
};
PZ_DESCRIBE(ProcessIdentity, name, pid, start_time)

/// What `up` leaves in state/run/run.json for `down`, `status`, `logs`, `env` and for the next `up`.
struct RunRecord {
    bool ready = false;
    std::string started_at;
    ProcessIdentity supervisor;
    std::vector<ProcessIdentity> services;  ///< in the order they were started, PostgreSQL included
    std::int64_t web_port = 0;              ///< 0: API only
    std::int64_t api_port = 0;
    std::int64_t identity_port = 0;
};
PZ_DESCRIBE(RunRecord, ready, started_at, supervisor, services, web_port, api_port, identity_port)

[[nodiscard]] ProcessIdentity identify(std::string name, pid_t pid);
/// True if exactly this process still runs (a zombie does not).
[[nodiscard]] bool is_alive(const ProcessIdentity& process);

void save(const Workspace& workspace, const RunRecord& record);
/// nullopt when nothing was ever started, or the record cannot be read.
[[nodiscard]] std::optional<RunRecord> load_run_record(const Workspace& workspace);
/// The record of a supervisor that still runs.
[[nodiscard]] std::optional<RunRecord> find_running(const Workspace& workspace);
void forget(const Workspace& workspace);

}  // namespace pz::command
