#pragma once

#include <functional>
#include <string>

namespace pz::command {

/// Where the smoke test finds things: through the web server where there is one, as a browser would.
struct SmokeTargets {
    std::string identity;
    std::string api;
};

/// Signs in once for each demo role, takes one item through create, read (by its owner: 200; by another
/// organization: 404) and delete, and fetches the signing keys. Leaves nothing behind but ended sessions.
/// Returns what it did, in a few words; throws CommandError that says which step failed, what came back, and
/// where to look.
std::string run_smoke_test(const SmokeTargets& targets, std::function<bool()> keep_going);

}  // namespace pz::command
