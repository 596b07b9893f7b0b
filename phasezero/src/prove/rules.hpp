#pragma once

#include "article.hpp"
#include "lens.hpp"

#include <pz/pg/blocking.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::command::prove {

struct Rule;
struct RuleResult;

/// A static rule: an article and the query that finds who breaks it. To add one, add an element to the table
/// in rules.cpp and a planted fault to mutations.cpp.
struct Rule : Article {
    /// Follows common_tables. Each row is a finding: object, message, fix.
    std::string_view query{};
    /// Reads tenants' rows, so it needs a role that sees all of them.
    bool reads_rows = false;
    /// For the one rule that looks beyond the catalog; null: the query.
    RuleResult (*check)(pg::BlockingConnection& connection, const Rule& rule) = nullptr;
};

/// All rules in the order of their ids.
[[nodiscard]] std::span<const Rule> rules();

/// What one rule found, or why it was not run.
struct RuleResult {
    std::vector<Finding> findings;
    std::optional<std::string> not_run{};
};

/// Runs one rule in the session (and transaction) as it is. Throws pg::BlockingError when the server refuses.
[[nodiscard]] RuleResult run_rule(pg::BlockingConnection& connection, const Lens& lens, const Rule& rule);

/// "15.18" for "postgres (PostgreSQL) 15.18 (Debian 15.18-1)"; empty when there is no version in it.
[[nodiscard]] std::string version_in(std::string_view text);

}  // namespace pz::command::prove
