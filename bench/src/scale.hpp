#pragma once

#include <chrono>
#include <string>

namespace pz::bench {

/// The same requests over 1, 32, 1,000 and nearly 10,000 connections, paced alike: what a connection costs. A
/// table in Markdown.
[[nodiscard]] std::string by_connections(int rounds, std::chrono::seconds duration);

/// The same requests in databases of 1, 100, 10,000 and `most` tenants, a service over each, in turns: what a
/// tenant costs those beside it. A table in Markdown.
[[nodiscard]] std::string by_tenants(int rounds, std::chrono::seconds duration, int most);

}  // namespace pz::bench
