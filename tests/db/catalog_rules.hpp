#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace pz::tests {

/// One thing that must hold in our migrated database, whatever holds in others: the general rules are
/// `phasezero prove`'s. And ways to break it.
struct CatalogRule {
    std::string_view name;
    /// What goes wrong without it.
    std::string_view reason;
    /// Returns one text column: each row names an object that breaks the rule.
    std::string query;
    /// Each is run in a transaction of its own that is rolled back; the query must notice every one.
    std::vector<std::string> breaches;
};

std::ostream& operator<<(std::ostream& out, const CatalogRule& rule);

[[nodiscard]] const std::vector<CatalogRule>& catalog_rules();

}  // namespace pz::tests
