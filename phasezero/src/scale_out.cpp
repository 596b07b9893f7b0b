#include "scale_out.hpp"

#include "local_database.hpp"

#include <pz/core/config.hpp>
#include <pz/pg/cluster.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

namespace pz::command {

namespace {

constexpr const char* tables = R"sql(
    SELECT c.oid::regclass::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'app' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY 1)sql";

/// A worker sees its own rows only, so it can hold a promise within one tenant and no other.
constexpr const char* findings = R"sql(
    WITH app AS (
        SELECT c.oid, c.oid::regclass::text AS name, a.attnum AS tenant
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull AND NOT a.attisdropped
         WHERE n.nspname = 'app' AND c.relkind IN ('r', 'p') AND NOT c.relispartition)
    SELECT name || ' has no tenant_id that is NOT NULL' FROM app WHERE tenant IS NULL
    UNION ALL
    SELECT format('%s: the key %s does not contain tenant_id', app.name, i.indexrelid::regclass)
      FROM app JOIN pg_index i ON i.indrelid = app.oid
     WHERE (i.indisunique OR i.indisexclusion) AND app.tenant IS NOT NULL AND NOT app.tenant = ANY (i.indkey::smallint[])
    UNION ALL
    SELECT format('%s: the foreign key %s does not lead from tenant_id to tenant_id', app.name, k.conname)
      FROM app JOIN pg_constraint k ON k.conrelid = app.oid AND k.contype = 'f' JOIN app AS other ON other.oid = k.confrelid
     WHERE NOT EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (here, there)
                        WHERE pair.here = app.tenant AND pair.there = other.tenant)
    UNION ALL
    SELECT format('%s: the foreign key %s sets tenant_id, its distribution column', app.name, k.conname)
      FROM app JOIN pg_constraint k ON k.conrelid = app.oid AND k.contype = 'f'
     WHERE (k.confdeltype IN ('n', 'd') AND (k.confdelsetcols IS NULL OR app.tenant = ANY (k.confdelsetcols)))
        OR k.confupdtype <> 'a'
    UNION ALL
    SELECT format('%s refers to %s, which would be on other machines', k.conrelid::regclass, app.name)
      FROM pg_constraint k JOIN app ON app.oid = k.confrelid
     WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM app)
    UNION ALL
    SELECT format('%s: the policy %s is RESTRICTIVE, a word that Citus loses on the way to the workers', app.name, p.polname)
      FROM app JOIN pg_policy p ON p.polrelid = app.oid WHERE NOT p.polpermissive
    UNION ALL
    SELECT format('%s: the policy %s has a sub-select', app.name, p.polname)
      FROM app JOIN pg_policy p ON p.polrelid = app.oid
     WHERE concat(p.polqual::text, p.polwithcheck::text) LIKE '%{SUBLINK %'
    UNION ALL
    SELECT format('%s: the trigger %s, which Citus does not run', app.name, t.tgname)
      FROM app JOIN pg_trigger t ON t.tgrelid = app.oid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT format('%s: the column %s is numbered by a sequence, of which each machine would have its own', app.name, a.attname)
      FROM app JOIN pg_attribute a ON a.attrelid = app.oid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR pg_get_serial_sequence(app.name, a.attname) IS NOT NULL)
    ORDER BY 1)sql";

/// Keys to what stays on the coordinator: no worker could look there.
constexpr const char* keys_to_the_coordinator = R"sql(
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname)
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_class o ON o.oid = k.confrelid JOIN pg_namespace m ON m.oid = o.relnamespace
     WHERE k.contype = 'f' AND n.nspname = 'app' AND m.nspname <> 'app' AND k.conparentid = 0
     ORDER BY 1)sql";

/// Which table refers to which other one.
constexpr const char* references = R"sql(
    SELECT DISTINCT k.conrelid::regclass::text, k.confrelid::regclass::text
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND n.nspname = 'app' AND k.conrelid <> k.confrelid)sql";

std::vector<std::string> column(const pg::TextResult& result) {
    std::vector<std::string> values;
    std::ranges::transform(result.rows, std::back_inserter(values), [](const pg::TextResult::Row& row) {
        return row.front().value();
    });
    return values;
}

std::string quote_literal(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? "''" : std::string{c};
    }
    return quoted + "'";
}

/// A table may be distributed when what it refers to is. Tables that refer to each other in a circle come
/// last, in the order of their names: Citus says what it thinks of them.
std::vector<std::string> in_order_of_reference(
    std::vector<std::string> names, const std::vector<pg::TextResult::Row>& pairs
) {
    std::vector<std::string> ordered;
    const auto waits = [&](const std::string& name) {
        return std::ranges::any_of(pairs, [&](const pg::TextResult::Row& pair) {
            return pair.at(0) == name && std::ranges::find(names, pair.at(1).value()) != names.end();
        });
    };
    while (!names.empty()) {
        auto next = std::ranges::find_if_not(names, waits);
        if (next == names.end()) {
            next = names.begin();
        }
        ordered.push_back(std::move(*next));
        names.erase(next);
    }
    return ordered;
}

void apply(pg::BlockingConnection& connection, const CitusPlan& plan) {
    if (connection.query("SELECT FROM pg_extension WHERE extname = 'citus'").rows.empty()) {
        throw CommandError(
            ExitCode::failure,
            "the extension citus is not in this database: install it on every node, with citus in "
            "shared_preload_libraries, and CREATE EXTENSION citus"
        );
    }
    connection.execute_script("BEGIN");
    for (const std::string& statement : plan.statements) {
        connection.execute_script(statement);
        std::cout << statement << ";\n";
    }
    connection.execute_script("COMMIT");
}

}  // namespace

CitusPlan plan_citus(pg::BlockingConnection& connection) {
    CitusPlan plan{.statements = {}, .findings = column(connection.query(findings))};
    // SET LOCAL app.current_tenant has to reach the workers, in the transaction that it is for.
    plan.statements.push_back(fmt::format(
        "ALTER DATABASE {} SET citus.propagate_set_commands = 'local'",
        pg::quote_identifier(connection.value("SELECT current_database()"))
    ));
    std::ranges::move(column(connection.query(keys_to_the_coordinator)), std::back_inserter(plan.statements));
    const std::vector<std::string> ordered =
        in_order_of_reference(column(connection.query(tables)), connection.query(references).rows);
    for (const std::string& table : ordered) {
        const std::string beside = table == ordered.front() ? "none" : ordered.front();
        plan.statements.push_back(fmt::format(
            "SELECT create_distributed_table({}, 'tenant_id', colocate_with => {})",
            quote_literal(table),
            quote_literal(beside)
        ));
    }
    return plan;
}

ExitCode scale_out_with_citus(const Workspace& workspace, CitusAction action) {
    const auto work = [&](const core::SecretString& database) {
        pg::BlockingConnection connection{database};
        const CitusPlan plan = plan_citus(connection);
        for (const std::string& finding : plan.findings) {
            std::cerr << finding << '\n';
        }
        if (!plan.findings.empty()) {
            return ExitCode::failure;
        }
        if (action == CitusAction::apply) {
            apply(connection, plan);
            return ExitCode::success;
        }
        std::cout << "BEGIN;\n";
        for (const std::string& statement : plan.statements) {
            std::cout << statement << ";\n";
        }
        std::cout << "COMMIT;\n";
        return ExitCode::success;
    };
    core::Config config = core::Config::from_environment();
    if (is_given("PZ_DATABASE_MIGRATOR")) {
        return work(config.required_secret("PZ_DATABASE_MIGRATOR", "connection string of pz_migrator"));
    }
    ExitCode code = ExitCode::success;
    with_database(workspace, [&] {
        code = work(pg::cluster_connection_string(workspace.cluster(), "pz_migrator", database_name));
    });
    return code;
}

}  // namespace pz::command
