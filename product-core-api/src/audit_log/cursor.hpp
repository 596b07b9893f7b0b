#pragma once

#include "audit_log/repository.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What stands in a signed cursor of the audit log: a place in a chain.
namespace pz::product::audit_log {

[[nodiscard]] std::string pack(const Position& position);
[[nodiscard]] std::optional<Position> unpack_position(std::string_view text) noexcept;

[[nodiscard]] std::string pack(const Mark& mark);
[[nodiscard]] std::optional<Mark> unpack_mark(std::string_view text) noexcept;

}  // namespace pz::product::audit_log
