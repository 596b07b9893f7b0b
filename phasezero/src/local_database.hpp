#pragma once

#include "workspace.hpp"

#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pz::command {

inline constexpr std::string_view database_name = "phasezero";

/// Starts the work tree's cluster (creating it if need be) and makes roles, passwords and the empty database.
[[nodiscard]] std::unique_ptr<pg::LocalCluster> start_database(
    const Workspace& workspace, std::function<bool()> keep_waiting
);

/// Brings the running local database to this release, from `migrations` or the work tree's own folder.
pg::MigrationReport migrate_local(const Workspace& workspace, const std::filesystem::path& migrations = {});

/// Applies database/seed/demo, each file as the role of its name. Idempotent.
void seed_demo(const Workspace& workspace);

/// Writes the role's connection string to a 0600 file in state/run, for a service's PZ_DATABASE_…_FILE.
[[nodiscard]] std::filesystem::path write_connection_file(const Workspace& workspace, std::string_view role);

/// Whether the environment names a setting, or the file that holds it: the commands then work on what it says
/// instead of the local database.
[[nodiscard]] bool is_given(std::string_view setting);

/// Runs `work` against the local database: the running one, or one that is started for it and stopped
/// afterwards.
void with_database(const Workspace& workspace, const std::function<void()>& work);

}  // namespace pz::command
