#pragma once

#include "support/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>
#include <vector>

namespace pz::product::support {

/// At most 20 organizations, by name.
boost::asio::awaitable<std::vector<OrgSummary>> lookup(tenancy::AdminDb db, LookupQuery query);

std::span<const pg::Query> queries();

}  // namespace pz::product::support
