#pragma once

#include "requests.hpp"

#include <pz/testkit/world.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pz::isolation {

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t attempts = 10'000;
    /// Ends earlier when this has passed; the first walk over the operations is never cut short.
    std::chrono::seconds limit{3'600};
    int tenants = 50;
    unsigned threads = 8;
    /// Backends that are ended, statements that are cancelled or time out, tables that are locked, clients
    /// that hang up.
    bool chaos = true;
    /// Only operations with this in their name; empty: all of them.
    std::string operation{};
    /// This attempt and no other.
    std::optional<std::uint64_t> only{};
    /// Told now and then how many attempts there have been, and how many findings.
    std::function<void(std::uint64_t, std::uint64_t)> progress = [](std::uint64_t, std::uint64_t) {};
};

/// Something that must not be. what begins with one of: "leak", "oracle", "allowed", "broken", "changed".
struct Finding {
    std::string what;
    std::string operation;
    std::string request;
    std::string answer;
    std::optional<std::uint64_t> attempt;
};

struct Tally {
    std::uint64_t attempts = 0;
    std::uint64_t requests = 0;
    std::uint64_t succeeded = 0;   ///< answered 2xx or 3xx
    std::uint64_t refused = 0;     ///< 4xx
    std::uint64_t overloaded = 0;  ///< 5xx: what the chaos leaves of an answer
    std::uint64_t hung_up = 0;     ///< we left before the answer, or in the middle of it
    std::uint64_t lost = 0;        ///< the connection ended without an answer
    std::uint64_t findings = 0;

    Tally& operator+=(const Tally& other);
};

struct Disturbances {
    std::uint64_t backends_ended = 0;
    std::uint64_t statements_cancelled = 0;
    std::uint64_t statements_timed_out = 0;
    std::uint64_t tables_locked = 0;
};

struct Report {
    std::map<Kind, Tally> tallies;
    Disturbances disturbances;
    std::vector<Finding> findings;
    std::size_t operations = 0;
    /// Operations that never answered 2xx to somebody who may call them: an attack on them proves less.
    std::vector<std::string> out_of_reach;
    std::uint64_t rows_compared = 0;
    std::uint64_t writes_acknowledged = 0;
    std::uint64_t findings_seen = 0;  ///< all of them; of those that are alike only the first are kept
    [[nodiscard]] Tally total() const;
    /// The table by kind, the findings, and how to make each of them again.
    [[nodiscard]] std::string text(const Options& options) const;
};

/// Services that for as long as attacks last write nothing by themselves: sizes of tenants, ends of support
/// sessions. Every change is then somebody's.
[[nodiscard]] testkit::WorldOptions services_that_rest();

/// Fills the world's database with tenants, attacks both services, then compares the database with what was
/// acknowledged. Throws when it could not be done.
[[nodiscard]] Report attack(testkit::World& world, const Options& options);

}  // namespace pz::isolation
