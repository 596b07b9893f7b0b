#pragma once

#include <chrono>
#include <string>

namespace pz::bench {

/// POST /token with refresh tokens, each used once and replaced by its successor, at identity-service, fsync
/// on. A table in Markdown.
[[nodiscard]] std::string refreshes(int rounds, std::chrono::seconds duration);

}  // namespace pz::bench
