#include <pz/core/spelling.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace pz::core {

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
    // Levenshtein's distance, one row at a time.
    const auto distance = [&](const std::string& other) {
        std::vector<std::size_t> row(other.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < word.size(); ++i) {
            std::size_t diagonal = std::exchange(row[0], i + 1);
            for (std::size_t j = 0; j < other.size(); ++j) {
                const std::size_t substituted = diagonal + (word[i] == other[j] ? 0 : 1);
                diagonal = std::exchange(row[j + 1], std::min({substituted, row[j] + 1, row[j + 1] + 1}));
            }
        }
        return row.back();
    };
    constexpr std::size_t near = 2;
    std::string best;
    std::size_t best_distance = near + 1;
    for (const std::string& candidate : known) {
        if (const std::size_t d = distance(candidate); d < best_distance && d < word.size()) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

}  // namespace pz::core
