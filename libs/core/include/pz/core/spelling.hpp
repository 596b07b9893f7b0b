#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pz::core {

/// The known word that is at most two letters away from a mistyped one; empty if there is none. For "did you
/// mean …?".
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace pz::core
