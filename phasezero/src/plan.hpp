#pragma once

#include "up.hpp"
#include "workspace.hpp"

#include <string>
#include <vector>

namespace pz::command {

/// What `up` would do, in order, one sentence each; for `up --plan`, which does none of it.
[[nodiscard]] std::vector<std::string> describe_plan(const Workspace& workspace, const UpOptions& options);

}  // namespace pz::command
