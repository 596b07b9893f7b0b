#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pz::command {

/// Replaces every @NAME@; throws CommandError for a name without a value.
[[nodiscard]] std::string fill_template(
    std::string_view text, const std::map<std::string, std::string>& values
);

}  // namespace pz::command
