#pragma once

#include "data_set.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace pz::bench {

struct PeersSettings {
    DataSet::Size size;
    int rounds = 3;
    std::chrono::seconds duration{5};  ///< of each measurement
    int connections = 32;
    std::filesystem::path plot;  ///< where the SVG goes; empty: nowhere
};

/// product-core-api beside the same two requests in what people use today (bench/peers), all of them over the
/// same database with the same policies, liveness check and tokens, and beside pgbench with the same
/// transaction. The contestants take turns. Each peer's answers are compared with ours first: throws
/// std::runtime_error when they differ. Returns Markdown tables.
[[nodiscard]] std::string beside_peers(const PeersSettings& settings);

}  // namespace pz::bench
