#pragma once

#include "exit_code.hpp"
#include "ports.hpp"
#include "screen.hpp"
#include "web_server.hpp"
#include "workspace.hpp"

#include <chrono>
#include <string>

namespace pz::command {

struct UpOptions {
    bool plan_only = false;
    bool reset = false;
    bool watch = false;
    bool smoke_test = true;
    std::string confirm_reset;  ///< the state id, where nobody can be asked
    TakenPort taken_port = TakenPort::ask;
    Ports ports;
    std::string build_note = "not rebuilt";  ///< what ./dev did before it handed over
    std::string called_as = "phasezero";     ///< how the hints call us
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

/// Starts everything, says so, and stays until it is told to stop. When it already runs, says that and
/// changes nothing.
[[nodiscard]] ExitCode up(const Workspace& workspace, const Screen& screen, const UpOptions& options);

/// Deletes the cluster and its secrets after the state id was typed (or given as `confirmation`). Needs that
/// nothing runs.
void reset_state(const Workspace& workspace, const Screen& screen, const std::string& confirmation);

}  // namespace pz::command
