#include "local_database.hpp"

#include "exit_code.hpp"
#include "run_record.hpp"

#include <pz/pg/blocking.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;

std::unique_ptr<pg::LocalCluster> start_database(
    const Workspace& workspace, std::function<bool()> keep_waiting
) {
    auto cluster = std::make_unique<pg::LocalCluster>(
        pg::ClusterOptions{.directory = workspace.cluster(), .keep_waiting = std::move(keep_waiting)}
    );
    cluster->prepare_database(
        std::string{database_name},
        read_file(workspace.database() / "roles.sql"),
        read_file(workspace.database() / "database.sql")
    );
    return cluster;
}

pg::MigrationReport migrate_local(const Workspace& workspace, const fs::path& migrations) {
    return pg::migrate(
        pg::cluster_connection_string(workspace.cluster(), "pz_migrator", database_name),
        pg::load_migrations(migrations.empty() ? pg::find_migrations() : migrations)
    );
}

void seed_demo(const Workspace& workspace) {
    for (const pg::SeedFile& file : pg::load_seed(workspace.database() / "seed/demo")) {
        try {
            pg::BlockingConnection connection{
                pg::cluster_connection_string(workspace.cluster(), file.role, database_name)
            };
            connection.execute_script(file.sql);
        } catch (const pg::BlockingError& error) {
            throw CommandError(
                ExitCode::failure, fmt::format("seed file {} failed: {}", file.name, error.what())
            );
        }
    }
}

fs::path write_connection_file(const Workspace& workspace, std::string_view role) {
    fs::path path = workspace.run() / (std::string{role} + ".connection");
    write_file(
        path, pg::cluster_connection_string(workspace.cluster(), role, database_name).reveal() + "\n", 0600
    );
    return path;
}

bool is_given(std::string_view setting) {
    const std::string name{setting};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): single-threaded
    return std::getenv(name.c_str()) != nullptr || std::getenv((name + "_FILE").c_str()) != nullptr;
}

void with_database(const Workspace& workspace, const std::function<void()>& work) {
    if (find_running(workspace)) {
        work();
        return;
    }
    workspace.create();
    const std::optional<SupervisorLock> lock = SupervisorLock::try_take(workspace);
    if (!lock) {
        throw CommandError(
            ExitCode::failure, "Phase Zero is just starting or stopping; try again in a moment"
        );
    }
    const auto cluster = start_database(workspace, [] { return true; });
    work();
}

}  // namespace pz::command
