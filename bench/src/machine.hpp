#pragma once

#include <string>

namespace pz::bench {

/// One line about what measurements were made on: processor, cores, memory, kernel. Nothing that names the
/// machine.
[[nodiscard]] std::string describe_machine();

}  // namespace pz::bench
