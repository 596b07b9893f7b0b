#include <pz/pg/query.hpp>

#include <pz/core/check.hpp>

#include <algorithm>
#include <string_view>

namespace pz::pg {

void StatementRegistry::add(std::span<const Query> queries) {
    for (const Query& query : queries) {
        const auto same_name =
            std::ranges::find(statements_, std::string_view{query.name()}, [](const Query& known) {
                return std::string_view{known.name()};
            });
        if (same_name == statements_.end()) {
            statements_.push_back(query);
        } else {
            PZ_CHECK(std::string_view{same_name->sql()} == query.sql());
        }
    }
}

}  // namespace pz::pg
