#pragma once

#include <pz/pg/blocking.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command::prove {

/// How a database tells its tenants apart.
struct Lens {
    std::vector<std::string> schemas{};  ///< empty: all but PostgreSQL's own
    std::string tenant_column = "tenant_id";
    std::string setting = "app.current_tenant";  ///< the session's tenant, as the policies read it

    /// $1, $2, $3 of common_tables.
    [[nodiscard]] std::vector<std::optional<std::string>> parameters() const;
};

/// The WITH clause in front of every rule: names for what the rules talk about.
///
/// - lens (schemas, tenant_column, setting), our_schema: what is looked at
/// - candidate: tables and partitions that have the tenant column; tenant_table: those with row security on
/// - secured: every table with row security or policies, with or without the column
/// - acting: roles that can be logged in as, or reached from a login, and may touch a candidate; no
/// superusers
/// - governed: acting, and held by policies (no BYPASSRLS, no power of an owner): what applications log in as
/// - policy: the policies of secured tables, with their expressions as text
///
/// The column `name` is qualified and quoted, because the session's search_path is pg_catalog.
extern const std::string_view common_tables;

/// Makes a session fit for looking: it can change nothing by accident, waits for nobody and reads names in
/// full. Refuses servers older than 15.
void prepare_session(pg::BlockingConnection& connection);

/// 'text' as an SQL literal, for the statements that take no parameter.
[[nodiscard]] std::string quote_literal(std::string_view text);
/// A setting's name for SET: each part quoted.
[[nodiscard]] std::string quote_setting(std::string_view name);

}  // namespace pz::command::prove
