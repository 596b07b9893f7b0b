#pragma once

#include <cstdint>

/// What libpq asks of the network, counted and held back; see docs/adr/0010-one-flush-per-request.md.
namespace pz::pg::wire {

/// System calls of the calling thread since it started. Other sockets that use send() and recv() count as
/// well.
struct Counters {
    std::uint64_t sends = 0;
    std::uint64_t receives = 0;
};

[[nodiscard]] Counters counters() noexcept;

}  // namespace pz::pg::wire
