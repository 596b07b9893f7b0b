#pragma once

#include "projects/types.hpp"

#include <pz/web/table.hpp>

namespace pz::product::projects {

using Projects = web::Table<
    "app.project",
    Project,
    ProjectCreate,
    ProjectUpdate,
    ProjectQuery,
    web::Sort<ProjectSort::newest, web::Descending<&Project::created_at>>,
    web::Sort<ProjectSort::name, web::Folded<&Project::name>>,
    web::ConflictOn<"project_name_key", "a project with this name exists">>;

}  // namespace pz::product::projects
