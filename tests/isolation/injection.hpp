#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pz::isolation {

struct InjectionOptions {
    std::uint64_t seed = 1;
    /// Only operations with this in their name; empty: all of them.
    std::string operation{};
    unsigned at_once = 3;
    /// Told each operation's verdict as it comes.
    std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct InjectionReport {
    std::size_t operations = 0;
    std::size_t places = 0;  ///< values in paths, queries, headers and bodies that payloads were put into
    /// Operations that sqlmap says can be injected into, or could not test.
    std::vector<std::string> findings;
};

/// Runs sqlmap on every value of every operation's request, after it has shown with the same settings that it
/// finds each kind of place in a program that can be injected into (injectable.py). Throws when it does not,
/// or when there is no sqlmap.
[[nodiscard]] InjectionReport look_for_injections(const InjectionOptions& options);

}  // namespace pz::isolation
