#include "items/room.hpp"

#include <array>

namespace pz::product::items {

namespace {

constexpr pg::Query take_item_room{"items.take_room", "SELECT platform.take_item_room($1)"};

}  // namespace

void take_room(tenancy::TenantDb db) {
    db.queue(take_item_room);
}

std::span<const pg::Query> room_queries() {
    static constexpr std::array all{take_item_room};
    return all;
}

}  // namespace pz::product::items
