#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <string>
#include <vector>

/// The commands that are a few lines each. `up` and `doctor` have files of their own.
namespace pz::command {

/// Stops what `up` started, from any terminal. Nothing to stop is success.
[[nodiscard]] ExitCode down(const Workspace& workspace, const Screen& screen);

/// What runs, where, and whether it is ready. failure when nothing runs or something is not ready.
[[nodiscard]] ExitCode status(const Workspace& workspace, const Screen& screen);

struct LogOptions {
    std::vector<std::string> services;  ///< empty: all
    int lines = 50;
    bool follow = false;
};

/// Prints the end of the services' logs; with `follow`, whatever comes next, until Ctrl-C.
[[nodiscard]] ExitCode logs(const Workspace& workspace, const Screen& screen, const LogOptions& options);

struct PsqlOptions {
    std::string role;    ///< empty: the superuser, or pz_app when a tenant is given
    std::string tenant;  ///< slug or id: sees what that tenant sees
    std::vector<std::string> arguments;
};

/// Becomes psql on the running database.
[[nodiscard]] ExitCode psql(const Workspace& workspace, const PsqlOptions& options);

/// Prints the environment of a service ("identity" or "api") for a shell: eval "$(phasezero env api)".
[[nodiscard]] ExitCode print_environment(const Workspace& workspace, const std::string& service);

/// Migrates the database that PZ_DATABASE_MIGRATOR (or …_FILE) names, else the local one.
[[nodiscard]] ExitCode migrate_database(
    const Workspace& workspace, const Screen& screen, const std::string& migrations
);

[[nodiscard]] ExitCode seed(const Workspace& workspace, const Screen& screen);

[[nodiscard]] ExitCode reset(
    const Workspace& workspace, const Screen& screen, const std::string& confirmation
);

}  // namespace pz::command
