#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

/// `phasezero audit keys` and `audit rotate-key`: what signs the audit log's checkpoints.
namespace pz::command {

/// The public keys as a JWK set: what `audit verify --jwks` takes. With `table`, what each one does, for
/// people.
[[nodiscard]] ExitCode print_audit_keys(const Workspace& workspace, bool table);

/// A new key signs from now on. The former one signs no more and stays in the set.
[[nodiscard]] ExitCode rotate_audit_key(const Workspace& workspace, const Screen& screen);

}  // namespace pz::command
