#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "web_server.hpp"
#include "workspace.hpp"

namespace pz::command {

/// Looks at this machine: system, tools, ports, disk, memory, clock, and what runs. Changes nothing.
/// missing_tool when something that `up` needs is not there, else success.
[[nodiscard]] ExitCode examine_machine(const Workspace& workspace, const Screen& screen, const Ports& ports);

}  // namespace pz::command
