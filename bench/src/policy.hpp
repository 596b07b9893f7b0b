#pragma once

#include <chrono>
#include <string>

namespace pz::bench {

/// Item by id with other ways to use the database's connections, each in turns with the default and as a
/// ratio to it: connections of a thread, requests in flight on each, TCP, statements without names. A table
/// in Markdown.
[[nodiscard]] std::string connection_policy(int rounds, std::chrono::seconds duration, int connections);

}  // namespace pz::bench
