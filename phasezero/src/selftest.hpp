#pragma once

#include "exit_code.hpp"
#include "workspace.hpp"

#include <string>

/// `phasezero selftest`: promises of this installation, tried out.
namespace pz::command {

struct SelftestOptions {
    std::string api;       ///< "http://localhost:8000"; empty: the database alone
    std::string identity;  ///< "http://localhost:8001"
    std::string email = "support@numbersence.com";
    std::string password;  ///< of the agent; $PHASEZERO_AGENT_PASSWORD, else the demo's
    std::string tenant;    ///< where the session is started
};

/// That a support session which may only read changes nothing: every table and every way to write, as the
/// role its requests run as (PZ_DATABASE_SUPPORT, else the local database), and, where the services are
/// given, every route that changes something, with the token of such a session. Prints one line, "ok …" or
/// the first thing that was let through (exit code 1).
[[nodiscard]] ExitCode check_support_is_read_only(const Workspace& workspace, const SelftestOptions& options);

}  // namespace pz::command
