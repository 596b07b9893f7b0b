#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// `phasezero prove`: does a database keep its tenants apart? Rules read the catalog, proofs try it out.
namespace pz::command::prove {

enum class Severity : std::uint8_t {
    warning,  ///< fails only with --strict
    error,
};

/// What is said about a rule or a proof: once, here, for --list, --explain, SARIF and the tests.
struct Article {
    std::string_view id;  ///< "L01" … for rules, "D1" … for proofs; never renamed, never reused
    Severity severity = Severity::error;
    std::string_view title;        ///< what is wrong, in one line
    std::string_view explanation;  ///< why it matters, what was seen to happen, and what to do
};

/// One object that breaks one rule.
struct Finding {
    const Article* article = nullptr;
    std::string object;    ///< as the allow-list names it; identifiers are quoted where SQL would
    std::string message;   ///< what is wrong with it
    std::string fix;       ///< what to do, as SQL where possible
    std::string reason{};  ///< why the allow-list lets it stand; empty: it does not

    [[nodiscard]] bool allowed() const noexcept { return !reason.empty(); }
};

}  // namespace pz::command::prove
