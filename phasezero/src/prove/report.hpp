#pragma once

#include "article.hpp"
#include "source_places.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace pz::command::prove {

/// A rule or a proof that was asked for, and what came of it.
struct Outcome {
    const Article* article = nullptr;
    std::size_t findings = 0;
    std::size_t allowed = 0;  ///< of the findings
    std::optional<std::string> not_run{};
};

struct Report {
    std::string database;  ///< "phasezero on PostgreSQL 15.20"
    std::vector<Outcome> outcomes;
    std::vector<Finding> findings;
    std::string allow_file{};  ///< empty: none was used
    SourcePlaces places{};     ///< where the schema's objects are made, as far as that is known
    bool strict = false;
    std::optional<std::size_t> planted{};  ///< faults that the mutation test did

    [[nodiscard]] std::size_t errors() const;
    [[nodiscard]] std::size_t warnings() const;
    [[nodiscard]] std::size_t allowed() const;
    /// Nothing to act on: no error, and with `strict` no warning.
    [[nodiscard]] bool clean() const;
    /// "38 rules, 10 proofs: 0 errors, 2 warnings (3 allowed)"
    [[nodiscard]] std::string summary() const;
};

struct TableOptions {
    bool colour = false;
    bool all = false;  ///< also what is allowed, with its reason, and what was run
};

[[nodiscard]] std::string to_table(const Report& report, TableOptions options);
/// One JSON object a line: each finding, each rule that was not run, the summary.
[[nodiscard]] std::string to_json_lines(const Report& report);
/// SARIF 2.1.0 (OASIS) for code scanning. What is allowed is a suppressed result.
[[nodiscard]] std::string to_sarif(const Report& report);

/// The articles' own pages.
[[nodiscard]] std::string to_list(const std::vector<const Article*>& articles);
[[nodiscard]] std::string explain(const Article& article);

}  // namespace pz::command::prove
