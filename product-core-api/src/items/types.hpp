#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pz::product::items {

enum class ItemStatus : std::uint8_t { open, done, archived };
BOOST_DESCRIBE_ENUM(ItemStatus, open, done, archived)

struct Item {
    core::Uuid id;
    std::optional<core::Uuid> project_id;
    std::string title;
    std::optional<std::string> description;
    ItemStatus status{};
    std::optional<core::Uuid> created_by;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Item, id, project_id, title, description, status, created_by, created_at, updated_at, version)

struct ItemCreate {
    std::string title;
    std::optional<std::string> description;
    std::optional<core::Uuid> project_id;
};
PZ_DESCRIBE(ItemCreate, (title, length(1, 200)), (description, length(0, 2000)), project_id)

/// What is absent stays as it is; a null description or project_id is cleared.
struct ItemUpdate {
    core::Change<std::string> title;
    core::Change<std::optional<std::string>> description;
    core::Change<std::optional<core::Uuid>> project_id;
    core::Change<ItemStatus> status;
};
PZ_DESCRIBE(ItemUpdate, (title, length(1, 200)), (description, length(0, 2000)), project_id, status)

enum class ItemSort : std::uint8_t { newest, oldest, title };
BOOST_DESCRIBE_ENUM(ItemSort, newest, oldest, title)

struct ItemQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    ItemSort sort = ItemSort::newest;
    std::optional<std::string> q;
    std::optional<ItemStatus> status;
    std::optional<core::Uuid> project_id;
};
PZ_DESCRIBE(
    ItemQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    sort,
    (q, length(1, 100), text("Titles that begin with this, in any case")),
    status,
    project_id
)

}  // namespace pz::product::items
