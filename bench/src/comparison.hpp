#pragma once

#include "data_set.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace pz::bench {

/// What to compare this build's product-core-api with, and for how long.
struct Comparison {
    DataSet::Size size;
    int rounds = 3;
    std::chrono::seconds duration{5};  ///< of each measurement
    int connections = 32;
    std::filesystem::path other_build;  ///< another build's product-core-api
};

/// Lets the two builds take turns over one data set; which of them begins alternates from round to round.
/// Returns a Markdown table of what this build does for each request that the other one does.
[[nodiscard]] std::string compare(const Comparison& comparison);

}  // namespace pz::bench
