#include "tenants.hpp"

#include "local_database.hpp"
#include "tenant_archive.hpp"
#include "tenant_erasure.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/config.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/cluster.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <iostream>
#include <optional>

namespace pz::command {

namespace {

/// Runs the work on the database that the environment names, else on the local one.
void with_tenants(const Workspace& workspace, const std::function<void(ErasureConnections&)>& work) {
    core::Config config = core::Config::from_environment();
    const auto admin = config.secret("PZ_DATABASE_ADMIN", "connection string of pz_admin");
    const auto app = config.secret("PZ_DATABASE_APP", "connection string of pz_app");
    const auto backup = config.secret("PZ_DATABASE_BACKUP", "connection string of pz_backup");
    if (admin && app && backup) {
        ErasureConnections connections{
            pg::BlockingConnection{*admin}, pg::BlockingConnection{*app}, pg::BlockingConnection{*backup}
        };
        work(connections);
        return;
    }
    if (admin || app || backup) {
        throw CommandError(
            ExitCode::usage,
            "PZ_DATABASE_ADMIN, PZ_DATABASE_APP and PZ_DATABASE_BACKUP are needed together, or none of them "
            "for the local database"
        );
    }
    with_database(workspace, [&] {
        static_cast<void>(migrate_local(workspace));
        const auto connect = [&](std::string_view role) {
            return pg::BlockingConnection{
                pg::cluster_connection_string(workspace.cluster(), role, database_name)
            };
        };
        ErasureConnections connections{connect("pz_admin"), connect("pz_app"), connect("pz_backup")};
        work(connections);
    });
}

std::string sha256_in_hex(std::string_view text) {
    return fmt::format("{:02x}", fmt::join(crypto::sha256(text), ""));
}

}  // namespace

ExitCode purge_due_tenants(const Workspace& workspace, const Screen& screen, bool only_list) {
    with_tenants(workspace, [&](ErasureConnections& connections) {
        const core::SystemClock clock;
        const std::vector<DueTenant> due = list_due(connections.admin, clock.now());
        if (due.empty()) {
            screen.note("no deletion is due");
        }
        for (const DueTenant& tenant : due) {
            if (only_list) {
                std::cout << tenant.id.to_string() << ' ' << tenant.slug << '\n';
                continue;
            }
            try {
                std::cout << erase_tenant(connections, tenant.id, clock) << '\n';
            } catch (const ErasureError& error) {
                throw CommandError(ExitCode::failure, tenant.slug + ": " + error.what());
            }
        }
    });
    return ExitCode::success;
}

ExitCode prove_tenant_erased(
    const Workspace& workspace, const Screen&, const std::string& tenant, const std::string& certificate_file
) {
    const std::optional<core::Uuid> id = core::Uuid::parse(tenant);
    if (!id) {
        throw CommandError(ExitCode::usage, "not an organization's id: " + tenant);
    }
    ExitCode code = ExitCode::success;
    const auto fail = [&](const std::string& sentence) {
        std::cout << "not erased: " << sentence << '\n';
        code = ExitCode::failure;
    };
    with_tenants(workspace, [&](ErasureConnections& connections) {
        const pg::TextResult found = connections.backup.query(
            "SELECT state, erasure_certificate FROM platform.tenant WHERE id = $1::uuid", {id->to_string()}
        );
        if (found.rows.empty()) {
            throw CommandError(ExitCode::usage, "there is no organization " + tenant);
        }
        const std::vector<TableCount> counts = count_rows_of(connections.backup, *id);
        for (const TableCount& count : counts) {
            if (count.rows > 0) {
                fail(fmt::format("{} rows in {}", count.rows, count.table));
            }
        }
        const std::optional<std::string>& certificate = found.rows.front()[1];
        if (found.rows.front()[0] != "deleted" || !certificate) {
            fail("the organization is " + found.rows.front()[0].value() + " and has no certificate");
            return;
        }
        if (!certificate_file.empty()) {
            std::string given = read_file(certificate_file);
            if (given.ends_with('\n')) {
                given.pop_back();
            }
            if (given != *certificate) {
                fail(certificate_file + " is not the certificate that was given out");
            }
        }
        if (code == ExitCode::success) {
            std::cout << fmt::format(
                "ok tables={} rows=0 certificate_sha256={}\n", counts.size(), sha256_in_hex(*certificate)
            );
        }
    });
    return code;
}

ExitCode export_tenant_to(
    const Workspace& workspace, const Screen&, const std::string& tenant, const std::string& file
) {
    const std::optional<core::Uuid> id = core::Uuid::parse(tenant);
    if (!id) {
        throw CommandError(ExitCode::usage, "not an organization's id: " + tenant);
    }
    with_tenants(workspace, [&](ErasureConnections& connections) {
        try {
            const ArchiveSummary summary = export_tenant(connections.backup, *id, file, core::SystemClock{});
            std::cout << fmt::format(
                "ok organization={} tables={} rows={} file={}\n",
                summary.slug,
                summary.tables,
                summary.rows,
                file
            );
        } catch (const ArchiveError& error) {
            throw CommandError(ExitCode::failure, error.what());
        }
    });
    return ExitCode::success;
}

ExitCode import_tenant_from(const Workspace& workspace, const Screen& screen, const std::string& file) {
    with_tenants(workspace, [&](ErasureConnections& connections) {
        try {
            const ArchiveSummary summary =
                import_tenant(connections.admin, connections.app, file, core::SystemClock{});
            std::cout << fmt::format(
                "ok organization={} tables={} rows={}\n", summary.slug, summary.tables, summary.rows
            );
        } catch (const ArchiveError& error) {
            throw CommandError(ExitCode::failure, error.what());
        }
    });
    screen.note("nobody can sign in yet: invite its first admin, in the console or by POST …/invite-admin");
    return ExitCode::success;
}

}  // namespace pz::command
