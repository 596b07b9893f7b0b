#pragma once

#include "usage/types.hpp"

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>

namespace pz::product::usage {

/// What the tenant uses, counted back from `now`.
boost::asio::awaitable<Usage> find_own(tenancy::TenantDb db, core::Timestamp now);

std::span<const pg::Query> queries();

}  // namespace pz::product::usage
