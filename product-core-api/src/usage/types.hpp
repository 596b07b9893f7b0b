#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>

#include <cstdint>
#include <optional>
#include <vector>

/// What an organization uses: docs/organizations.md.
namespace pz::product::usage {

/// What an organization may have and do; null: as much as it likes.
struct Limits {
    std::optional<std::int64_t> items;
    std::optional<std::int64_t> members;
    std::optional<std::int64_t> requests_per_minute;
};
PZ_DESCRIBE(Limits, items, members, requests_per_minute)

/// Requests of one day (UTC). `errors` were answered with 4xx or 5xx.
struct UsageDay {
    core::Timestamp day;
    std::int64_t requests = 0;
    std::int64_t errors = 0;
};
PZ_DESCRIBE(UsageDay, day, requests, errors)

/// The organization's own view. Counts are of this moment, storage is as last measured, requests are some
/// seconds behind.
struct Usage {
    std::int64_t items = 0;
    std::int64_t projects = 0;
    std::int64_t members = 0;
    std::int64_t invited = 0;
    std::int64_t storage_bytes = 0;
    std::optional<core::Timestamp> measured_at;
    std::int64_t requests_24h = 0;
    std::int64_t errors_24h = 0;
    Limits limits;
    std::vector<UsageDay> days;  ///< of the last thirty, those with requests; oldest first
};
PZ_DESCRIBE(
    Usage,
    items,
    projects,
    members,
    invited,
    storage_bytes,
    measured_at,
    requests_24h,
    errors_24h,
    limits,
    days
)

}  // namespace pz::product::usage
