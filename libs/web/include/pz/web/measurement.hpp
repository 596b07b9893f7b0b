#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::web {

/// One line of /metrics that is not about requests: what pools, caches, queues and the process report. Values
/// of the same name and labels from several threads are added up. Labels come from our own constants, never
/// from a request.
struct Measurement {
    enum class Kind : std::uint8_t { counter, gauge, histogram };

    std::string_view name;  ///< a constant, as is `help`
    std::string_view help;
    Kind kind = Kind::gauge;
    std::vector<std::pair<std::string, std::string>> labels{};
    double value = 0;  ///< of a histogram: the sum
    /// A histogram's upper bounds (a constant), and how many fell into each; one more count than bounds.
    std::span<const double> bounds{};
    std::vector<std::uint64_t> counts{};
};

}  // namespace pz::web
