#include "item_event.hpp"

namespace pz::bench {

audit::Event item_created(
    const core::Clock& clock, const core::Uuid& tenant, const core::Uuid& person, const core::Uuid& item
) {
    audit::Event event;
    event.chain = tenant;
    event.id = core::Uuid::v7(clock);
    event.time = clock.now();
    event.action = "item.created";
    event.actor = {.id = person, .role = "admin", .tenant = tenant};
    event.targets = {{"item", item.to_string()}};
    event.origin = {
        .request_id = event.id.to_string(),
        .route = "POST /api/v1/items",
        .status = 201,
        .address_commitment = "8rRPcW6hJ6F5cQq1vCqg4l0Yy8vR7t0o9Wc2m3n4b5A",
        .user_agent_commitment = "hJ6F5cQq1vCqg4l0Yy8vR7t0o9Wc2m3n4b5A8rRPcW6"
    };
    return event;
}

}  // namespace pz::bench
