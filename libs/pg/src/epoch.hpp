#pragma once

#include <pz/core/clock.hpp>

#include <chrono>

namespace pz::pg {

/// timestamptz in binary: microseconds from here.
inline constexpr core::Timestamp postgres_epoch{
    std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1}
};

}  // namespace pz::pg
