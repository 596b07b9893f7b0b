#pragma once

#include "items/types.hpp"

#include <pz/web/table.hpp>

namespace pz::product::items {

using Items = web::Table<
    "app.item",
    Item,
    ItemCreate,
    ItemUpdate,
    ItemQuery,
    web::Sort<ItemSort::newest, web::Descending<&Item::created_at>>,
    web::Sort<ItemSort::oldest, web::Ascending<&Item::created_at>>,
    web::Sort<ItemSort::title, web::Folded<&Item::title>>,
    web::Prefix<&Item::title>,
    web::Stamp<"created_by">,
    web::MissingOn<"item_project_fkey", "project_id", "there is no such project">>;

}  // namespace pz::product::items
