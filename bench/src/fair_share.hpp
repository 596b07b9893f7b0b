#pragma once

#include <chrono>
#include <string>

namespace pz::bench {

/// Twenty tenants with a steady load each: alone; beside one more tenant that asks twenty times as often as
/// one of them; beside one that asks as fast as 64 connections go, with and without the default rate limits;
/// and beside 64 connections of as many tenants, whom no share of the database holds back. In turns. Returns
/// a Markdown table.
[[nodiscard]] std::string fair_share(int rounds, std::chrono::seconds duration);

}  // namespace pz::bench
