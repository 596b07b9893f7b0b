#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pz::bench {

/// What the audit log costs: eight writers of one organization with their events and without, in turns, on a
/// cluster that keeps what it says (fsync), through the pool and transactions of the product; and how many
/// events of a long chain are verified a second, on one core. Returns Markdown tables.
[[nodiscard]] std::string cost_of_the_audit_log(
    int rounds, std::chrono::seconds duration, std::int64_t chain_length
);

}  // namespace pz::bench
