#pragma once

#include <pz/audit/event.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

namespace pz::bench {

/// The event that the route which creates items leaves behind: item.created, of now.
[[nodiscard]] audit::Event item_created(
    const core::Clock& clock, const core::Uuid& tenant, const core::Uuid& person, const core::Uuid& item
);

}  // namespace pz::bench
