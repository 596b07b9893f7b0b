#pragma once

#include "orgs/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>

namespace pz::product::orgs {

/// The tenant's own organization.
boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db);
/// Its name and settings; last statement of the transaction.
boost::asio::awaitable<web::Updated<Org>> update_own(
    tenancy::TenantDb db, web::IfMatch match, OrgUpdate values, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::product::orgs
