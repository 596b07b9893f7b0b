#pragma once

#include "lens.hpp"

#include <pz/pg/blocking.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// Where a fault is planted: a tenant table, a role that its policies hold, and that role's policy. All names
/// are quoted where they need it.
struct Site {
    std::string schema;
    std::string table;
    std::string tenant;  ///< the column
    std::string type;    ///< its type
    std::string policy;
    std::string role;
    std::string role_name;   ///< as pg_roles has it
    std::string other_role;  ///< another login that policies hold; the role itself where there is only one
    std::string owner;
    std::string setting;  ///< as a literal, with its quotes
    std::string setting_name;
};

/// One known way to break isolation. The rule or proof `id` has to notice it.
struct Fault {
    std::string_view id;
    std::string sql;
    /// A statement of the role's program beside the registered ones, for D6.
    std::string statement{};
    /// Not empty: the fault shows in new sessions only, so it is committed, and this takes it back.
    std::string undo{};
};

/// Throws CommandError (usage) when no table has a policy that reads the setting.
[[nodiscard]] Site find_site(pg::BlockingConnection& connection, const Lens& lens);

/// At least one for each rule and proof that can be broken from inside a database.
[[nodiscard]] std::vector<Fault> planted_faults(const Site& site);

}  // namespace pz::command::prove
