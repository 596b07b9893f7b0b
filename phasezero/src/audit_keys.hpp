#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <string>

/// `phasezero audit keys`, `audit rotate-key` and `audit retire`: what signs the audit log, and its old
/// months.
namespace pz::command {

/// The public keys as a JWK set: what `audit verify --jwks` takes. With `table`, what each one does, for
/// people.
[[nodiscard]] ExitCode print_audit_keys(const Workspace& workspace, bool table);

/// A new key signs from now on. The former one signs no more and stays in the set.
[[nodiscard]] ExitCode rotate_audit_key(const Workspace& workspace, const Screen& screen);

/// Drops every whole month before this one ("2026-05") once it is signed that it was there. Asks first.
[[nodiscard]] ExitCode retire_audit_months(
    const Workspace& workspace, const Screen& screen, const std::string& month
);

}  // namespace pz::command
