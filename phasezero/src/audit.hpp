#pragma once

#include "exit_code.hpp"
#include "workspace.hpp"

#include <cstdint>
#include <string>

/// `phasezero audit`: whether the audit log is what it was. Results go to standard output, one line; why a
/// question could not be answered goes to standard error (exit code 2).
namespace pz::command {

struct AuditOptions {
    std::string chain;             ///< "platform" or an organization's id; empty: all
    std::string export_file;       ///< verified instead of the database
    std::string jwks_file;         ///< public keys of the checkpoints
    std::string checkpoints_file;  ///< what was kept outside the database
    std::string proof_file;
    std::int64_t seq = 0;
};

/// success and "ok chains=K events=N checkpoints=C", failure and "broken chain=C seq=N kind=…", usage when it
/// could not be found out.
[[nodiscard]] ExitCode verify_audit(const Workspace& workspace, const AuditOptions& options);

/// The same of an export, which needs neither a database nor a work tree.
[[nodiscard]] ExitCode verify_audit_export(const AuditOptions& options);

/// A chain as an export, on standard output.
[[nodiscard]] ExitCode export_audit(const Workspace& workspace, const AuditOptions& options);

/// A proof that one event was there when the last checkpoint was signed, on standard output.
[[nodiscard]] ExitCode prove_event(const Workspace& workspace, const AuditOptions& options);

/// success if the file's proof holds under the keys.
[[nodiscard]] ExitCode check_proof(const AuditOptions& options);

}  // namespace pz::command
