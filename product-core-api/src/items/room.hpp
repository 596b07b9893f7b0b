#pragma once

#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <span>

/// How many items an organization may have: docs/organizations.md.
namespace pz::product::items {

/// Takes room for one item, in the flush of the next statement, which makes it. Throws 409 limit_reached
/// there.
void take_room(tenancy::TenantDb db);

[[nodiscard]] std::span<const pg::Query> room_queries();

}  // namespace pz::product::items
