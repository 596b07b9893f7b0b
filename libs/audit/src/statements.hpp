#pragma once

#include <pz/pg/query.hpp>

/// What this library says to the database on behalf of a request: always the functions of schema audit.
namespace pz::audit {

// The function is volatile and so runs once, whatever stands around it.
inline constexpr pg::Query append{"audit.append", R"sql(
    SELECT audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10))sql"};

// A transaction gets its number with its first write, and none without one.
inline constexpr pg::Query append_if_changed{"audit.append_if_changed", R"sql(
    SELECT audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     WHERE pg_current_xact_id_if_assigned() IS NOT NULL)sql"};

inline constexpr pg::Query keep_personal{"audit.keep_personal", R"sql(
    SELECT audit.keep_personal($1, $2, $3, $4, $5, $6, $7))sql"};

}  // namespace pz::audit
