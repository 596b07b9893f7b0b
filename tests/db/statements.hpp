#pragma once

#include <pz/pg/query.hpp>
#include <pz/testkit/database.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pz::tests {

/// What the server says against a statement of a program: one line each, empty when all is well.
using Complaints = std::vector<std::string>;

/// Has the server parse and plan each statement against the migrated schema, and check the privileges of the
/// role that will run it. The statements stay prepared.
[[nodiscard]] Complaints prepare_all(
    pg::BlockingConnection& connection, const std::vector<pg::Query>& queries
);

/// Looks at the generic plan of each statement that prepare_all() left prepared: whatever touches a table of
/// schema app must reach it through an index by tenant_id and bring its rows in order, and a statement that
/// reads must be checked against the policy once, not per row (a One-Time Filter: the planner has proved that
/// policy and predicate are equal).
[[nodiscard]] Complaints explain_all(
    pg::BlockingConnection& connection, const std::vector<pg::Query>& queries
);

}  // namespace pz::tests
