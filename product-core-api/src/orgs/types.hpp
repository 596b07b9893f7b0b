#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pz::product::orgs {

enum class OrgState : std::uint8_t {
    provisioning,
    trial,
    active,
    read_only,
    suspended,
    deletion_scheduled,
    deleting,
    deleted
};
BOOST_DESCRIBE_ENUM(
    OrgState, provisioning, trial, active, read_only, suspended, deletion_scheduled, deleting, deleted
)

enum class Plan : std::uint8_t { free, team, business, enterprise };
BOOST_DESCRIBE_ENUM(Plan, free, team, business, enterprise)

struct Org {
    core::Uuid id;
    std::string slug;
    std::string name;
    OrgState state{};
    Plan plan{};
    std::optional<std::string> contact_email;
    std::string time_zone;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Org, id, slug, name, state, plan, contact_email, time_zone, created_at, updated_at, version)

/// What an organization's admins may change.
struct OrgUpdate {
    core::Change<std::string> name;
    core::Change<std::optional<std::string>> contact_email;
    core::Change<std::string> time_zone;
};
PZ_DESCRIBE(
    OrgUpdate,
    (name, length(1, 200)),
    (contact_email, length(3, 254)),
    (time_zone, length(1, 64), text("An IANA name: Europe/Berlin"))
)

}  // namespace pz::product::orgs
