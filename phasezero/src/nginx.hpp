#pragma once

#include <filesystem>
#include <optional>

namespace pz::command {

/// /usr/sbin is not in everybody's PATH.
[[nodiscard]] std::optional<std::filesystem::path> find_nginx();

}  // namespace pz::command
