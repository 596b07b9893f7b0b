#pragma once

#include <algorithm>
#include <string_view>

namespace pz::product::registry {

/// Enough to notice a slip of the pen: identity-service refuses what no letter can be sent to.
[[nodiscard]] constexpr bool may_be_address(std::string_view text) noexcept {
    const std::size_t at = text.find('@');
    return at != 0 && at != std::string_view::npos && at + 1 != text.size() && text.rfind('@') == at &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace pz::product::registry
