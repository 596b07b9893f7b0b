#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace pz::product::projects {

struct Project {
    core::Uuid id;
    std::string name;
    std::optional<std::string> description;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(Project, id, name, description, created_at, updated_at, version)

struct ProjectCreate {
    std::string name;
    std::optional<std::string> description;
};
PZ_DESCRIBE(ProjectCreate, (name, length(1, 120)), (description, length(0, 2000)))

/// What is absent stays as it is; a null description is cleared.
struct ProjectUpdate {
    core::Change<std::string> name;
    core::Change<std::optional<std::string>> description;
};
PZ_DESCRIBE(ProjectUpdate, (name, length(1, 120)), (description, length(0, 2000)))

enum class ProjectSort : std::uint8_t { newest, name };
BOOST_DESCRIBE_ENUM(ProjectSort, newest, name)

struct ProjectQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    ProjectSort sort = ProjectSort::newest;
};
PZ_DESCRIBE(
    ProjectQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    sort
)

}  // namespace pz::product::projects
