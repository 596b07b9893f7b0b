#pragma once

#include "exit_code.hpp"
#include "workspace.hpp"

#include <pz/audit/folder.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <functional>
#include <optional>
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
    std::string session;  ///< a support session's id
    std::int64_t seq = 0;
    std::string month{};  ///< retire: all before it
    bool table = false;   ///< keys: for people
};

/// What is kept outside the database: in PZ_AUDIT_FOLDER, else beside the local database; nullopt when the
/// database that the environment names has none.
[[nodiscard]] std::optional<audit::Folder> audit_folder(const Workspace& workspace);

/// A file with a JWK set. Throws audit::VerifyError.
[[nodiscard]] crypto::KeySet read_keys(const std::string& path);

/// Runs `work` as pz_backup, which sees every organization's rows and writes none: on the database that
/// PZ_DATABASE_BACKUP names, else on the local one.
void with_backup(const Workspace& workspace, const std::function<void(pg::BlockingConnection&)>& work);

/// What cannot be found out or done is one sentence and exit code 2.
[[nodiscard]] ExitCode answered(const std::function<ExitCode()>& work);

/// Keys and checkpoints that are not named come from the folder, if there is one.
/// success and "ok chains=K events=N checkpoints=C", failure and "broken chain=C seq=N kind=…", usage when it
/// could not be found out.
[[nodiscard]] ExitCode verify_audit(const Workspace& workspace, const AuditOptions& options);

/// The same of an export, which needs neither a database nor a work tree.
[[nodiscard]] ExitCode verify_audit_export(const AuditOptions& options);

/// A chain as an export, on standard output.
[[nodiscard]] ExitCode export_audit(const Workspace& workspace, const AuditOptions& options);

/// Whether each request that a support session answered stands in its organization's chain: success and "ok
/// session=… requests=N events=N", failure and "broken …" when the service's count and the chain differ.
[[nodiscard]] ExitCode reconcile_support_session(const Workspace& workspace, const AuditOptions& options);

/// A proof that one event was there when the last checkpoint was signed, on standard output.
[[nodiscard]] ExitCode prove_event(const Workspace& workspace, const AuditOptions& options);

/// success if the file's proof holds under the keys.
[[nodiscard]] ExitCode check_proof(const AuditOptions& options);

}  // namespace pz::command
