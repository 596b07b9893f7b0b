#pragma once

#include <pz/pg/blocking.hpp>

#include <optional>
#include <string>

namespace pz::command::prove {

/// The row that was made, as JSON, or why none could be.
struct MadeRow {
    std::string json{};
    std::string why_not{};
};

/// Inserts a row for a tenant into a table that nobody has described to us: for every column a value of its
/// type, taken from its CHECK constraints where these name some, the next one whenever a constraint refuses.
/// If nothing fits, a copy of an existing row. As a superuser, in a transaction.
[[nodiscard]] MadeRow make_row(
    pg::BlockingConnection& connection,
    const std::string& table_oid,
    const std::string& table,
    const std::string& tenant_column,
    const std::string& tenant
);

}  // namespace pz::command::prove
