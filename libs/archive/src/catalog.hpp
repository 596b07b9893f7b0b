#pragma once

#include <pz/pg/blocking.hpp>

#include <string>
#include <vector>

/// What an organization's rows lie in, as the database's own catalog tells it: a resource that comes later is
/// archived without a word here.
namespace pz::archive {

inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* people_name = "people";

/// Names as SQL takes them.
struct AppTable {
    std::string name;
    std::vector<std::string> columns;
    std::string primary_key;  ///< "tenant_id, id"
};

/// Those that others refer to come first.
[[nodiscard]] std::vector<AppTable> list_tables(pg::BlockingConnection& connection);

}  // namespace pz::archive
