#pragma once

#include "data_set.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace pz::bench {

struct WritesSettings {
    DataSet::Size size;
    int rounds = 3;
    std::chrono::seconds duration{5};
    int connections = 32;
    std::vector<int> pgbench_clients;
};

/// Creations with their events, and nine reads to one creation, in turns with pgbench and the same statements
/// in one pipeline; fsync on, and both write for the same few tenants. A table in Markdown.
[[nodiscard]] std::string writes(const WritesSettings& settings);

}  // namespace pz::bench
