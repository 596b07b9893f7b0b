#pragma once

#include "items/types.hpp"

#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <vector>

namespace pz::product::items {

/// A row as an update left it, or, if `changed` is false, as it stands with another version than expected.
struct ItemUpdated : Item {
    bool changed = false;
};
BOOST_DESCRIBE_STRUCT(ItemUpdated, (Item), (changed))

/// Newest first, one row more than the query's limit.
boost::asio::awaitable<std::vector<Item>> list(tenancy::TenantDb db, ItemQuery query);
boost::asio::awaitable<std::optional<Item>> find(tenancy::TenantDb db, core::Uuid id);
/// Throws 422 when the project is not one of this tenant's.
boost::asio::awaitable<Item> insert(
    tenancy::TenantDb db, core::Uuid id, core::Uuid created_by, ItemCreate values
);
/// nullopt when there is no such item.
boost::asio::awaitable<std::optional<ItemUpdated>> update(
    tenancy::TenantDb db, core::Uuid id, std::int32_t version, ItemUpdate values
);
/// True: removed. False: it has another version. nullopt: there is no such item.
boost::asio::awaitable<std::optional<bool>> remove(
    tenancy::TenantDb db, core::Uuid id, std::optional<std::int32_t> version
);

std::span<const pg::Query> queries();

}  // namespace pz::product::items
