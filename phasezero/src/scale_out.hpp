#pragma once

#include "exit_code.hpp"
#include "workspace.hpp"

#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// `phasezero scale-out citus`: the tenants' tables, spread over several machines by tenant_id.
namespace pz::command {

/// What Citus would be told about a database as it is, read from its catalog; the extension need not be
/// there.
struct CitusPlan {
    /// In this order, in one transaction.
    std::vector<std::string> statements;
    /// What Citus cannot do or does wrongly, one sentence each: while there is one, nothing is applied.
    std::vector<std::string> findings;
};

/// Every table of schema `app` is distributed by tenant_id, all of them together, so that a tenant's rows are
/// on one machine. The other schemas stay where they are. Throws pg::BlockingError.
[[nodiscard]] CitusPlan plan_citus(pg::BlockingConnection& connection);

enum class CitusAction : std::uint8_t { plan, apply };

/// Prints the plan, or carries it out, in $PZ_DATABASE_MIGRATOR if it is set, else in the local database.
/// failure where there are findings, or where the extension is missing and the plan is to be applied.
[[nodiscard]] ExitCode scale_out_with_citus(const Workspace& workspace, CitusAction action);

}  // namespace pz::command
