#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <string>

/// `phasezero tenants`: organizations leave, come, and end. Each command works on the database that
/// PZ_DATABASE_ADMIN, PZ_DATABASE_APP and PZ_DATABASE_BACKUP (or …_FILE) name, else on the local one.
namespace pz::command {

/// Erases every organization whose deletion is due, and prints a certificate for each. `only_list` says which
/// they are. Safe to interrupt and to run again.
[[nodiscard]] ExitCode purge_due_tenants(const Workspace& workspace, const Screen& screen, bool only_list);

/// Counts every table that has rows of tenants: success when none has any of this tenant's and its
/// certificate is the one in `certificate_file` (empty: any), signed with one of the public keys in
/// `jwks_file` (empty: those that are kept outside the database). What it found is printed.
[[nodiscard]] ExitCode prove_tenant_erased(
    const Workspace& workspace,
    const Screen& screen,
    const std::string& tenant,
    const std::string& certificate_file,
    const std::string& jwks_file
);

/// Whether a certificate is what was signed, by public keys alone: without a database.
[[nodiscard]] ExitCode check_erasure_certificate(
    const std::string& certificate_file, const std::string& jwks_file
);

/// Writes the organization into a new file, or takes one in; pz/archive.
[[nodiscard]] ExitCode export_tenant_to(
    const Workspace& workspace, const Screen& screen, const std::string& tenant, const std::string& file
);
[[nodiscard]] ExitCode import_tenant_from(
    const Workspace& workspace, const Screen& screen, const std::string& file
);

}  // namespace pz::command
