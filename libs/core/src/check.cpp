#include <pz/core/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace pz::core {

void check_failed(std::string_view expression, std::string_view file, int line) noexcept {
    std::fprintf(
        stderr,
        "phasezero: internal check failed: %.*s (%.*s:%d)\n",
        static_cast<int>(expression.size()),
        expression.data(),
        static_cast<int>(file.size()),
        file.data(),
        line
    );
    std::abort();
}

}  // namespace pz::core
