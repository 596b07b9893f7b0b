#pragma once

#include <string_view>

namespace pz::core {

/// Says which of our own assumptions was wrong and ends the process.
[[noreturn]] void check_failed(std::string_view expression, std::string_view file, int line) noexcept;

}  // namespace pz::core

/// For our own bugs only, always on; never for input.
#define PZ_CHECK(expression)                                           \
    do {                                                               \
        if (!(expression)) [[unlikely]] {                              \
            ::pz::core::check_failed(#expression, __FILE__, __LINE__); \
        }                                                              \
    } while (false)
