#pragma once

#include "orgs/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>

namespace pz::product::orgs {

/// The tenant's own organization.
boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db);

std::span<const pg::Query> queries();

}  // namespace pz::product::orgs
