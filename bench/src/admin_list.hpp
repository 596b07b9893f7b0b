#pragma once

#include <string>

namespace pz::bench {

/// GET /api/v1/admin/orgs of the running service at `organizations` organizations: first page and a deep one
/// in each order, searches and filters, and the plans behind them. `requests` of each kind, one after the
/// other, in turns. Returns Markdown.
[[nodiscard]] std::string admin_list(int organizations, int requests);

}  // namespace pz::bench
