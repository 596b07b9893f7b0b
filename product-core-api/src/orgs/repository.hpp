#pragma once

#include "orgs/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>

namespace pz::product::orgs {

/// The tenant's own organization.
boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db);
/// Any organization, newest first.
boost::asio::awaitable<web::Page<Org>> list(tenancy::AdminDb db, OrgQuery query);

std::span<const pg::Query> tenant_queries();
std::span<const pg::Query> admin_queries();

}  // namespace pz::product::orgs
