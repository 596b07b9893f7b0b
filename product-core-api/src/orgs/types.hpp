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
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Org, id, slug, name, state, plan, created_at, updated_at, version)

}  // namespace pz::product::orgs
