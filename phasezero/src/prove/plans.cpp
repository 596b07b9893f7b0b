// D6: the plans of the programs' own statements.

#include "proofs.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace pz::command::prove {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& node, std::string_view member) {
    const json::value* value = node.if_contains(member);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// Which tables the policies of one role turn into a predicate.
struct Relations {
    std::set<std::string> tenant;       ///< "schema.table", as plans name them
    std::set<std::string> conditional;  ///< of these, those whose policy for the role reads the setting
    std::string column;
};

struct Plan {
    bool one_time_filter = false;
    bool reads_under_a_policy = false;
    std::vector<std::string> loose_scans;
};

/// Whether all index scans below (and in) a node compare the tenant column for equality.
bool is_bound(const json::object& node, const std::string& column) {
    const json::value* children = node.if_contains("Plans");
    if (children != nullptr && !children->get_array().empty()) {
        return std::ranges::all_of(children->get_array(), [&](const json::value& child) {
            return is_bound(child.get_object(), column);
        });
    }
    return text_of(node, "Index Cond").find(column + " = ") != std::string::npos;
}

void inspect(const json::object& node, const Relations& relations, Plan& plan) {
    const std::string type = text_of(node, "Node Type");
    const std::string relation = text_of(node, "Schema") + "." + text_of(node, "Relation Name");
    plan.one_time_filter |= node.contains("One-Time Filter");
    if (type != "ModifyTable" && relations.tenant.contains(relation)) {
        plan.reads_under_a_policy |= relations.conditional.contains(relation);
        const bool bound =
            type == "Bitmap Heap Scan"
                ? is_bound(node, relations.column)
                : text_of(node, "Index Cond").find(relations.column + " = ") != std::string::npos;
        if (!bound) {
            plan.loose_scans.push_back(
                fmt::format("{} of {} by ({})", type, relation, text_of(node, "Index Cond"))
            );
        }
    }
    if (const json::value* children = node.if_contains("Plans")) {
        for (const json::value& child : children->get_array()) {
            inspect(child.get_object(), relations, plan);
        }
    }
}

Relations relations_of(Stage& stage, const std::string& role) {
    Relations relations;
    const pg::TextResult found = stage.look_through_lens(fmt::format(
        R"sql(
        select n.nspname || '.' || c.relname, t.attname,
               exists (select from policy p cross join lens where p.polrelid = t.oid
                         and strpos(p.using_text, quote_literal(lens.setting)) > 0
                         and exists (select from unnest(p.polroles) x
                                      where x = 0 or pg_has_role({}, x, 'usage')))
          from tenant_table t join pg_class c on c.oid = t.oid join pg_namespace n on n.oid = c.relnamespace)sql",
        quote_literal(role)
    ));
    for (const pg::TextResult::Row& row : found.rows) {
        relations.tenant.insert(row[0].value_or(""));
        relations.column = row[1].value_or("");
        if (row[2] == "t") {
            relations.conditional.insert(row[0].value_or(""));
        }
    }
    return relations;
}

/// PREPARE takes no transaction control, and there is nothing in it to plan.
bool is_transaction_control(const std::string& sql) {
    return sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.starts_with("ROLLBACK");
}

}  // namespace

std::vector<Finding> prove_plans(Stage& stage, const Article& article) {
    std::vector<Finding> findings;
    for (const NamedStatement& statement : stage.statements()) {
        if (is_transaction_control(statement.sql)) {
            continue;
        }
        const auto report = [&](std::string message, std::string fix) {
            findings.push_back(
                {.article = &article,
                 .object = fmt::format("{} as {}", statement.name, statement.role),
                 .message = std::move(message),
                 .fix = std::move(fix)}
            );
        };
        const Actor actor{statement.role, pg::quote_identifier(statement.role)};
        if (stage.look("select from pg_roles where rolname = $1", {statement.role}).rows.empty()) {
            report("there is no such role", "name the role that sends it");
            continue;
        }
        const std::string name = pg::quote_identifier(statement.name);
        const std::string prepare = fmt::format("prepare {} as {}", name, statement.sql);
        const std::string generic =
            "set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; ";
        // A prepared statement outlives the savepoint that undoes all else.
        const Attempt arguments = stage.attempt(
            actor,
            Stage::Binding::bound,
            "select coalesce('(' || repeat('null, ', nullif(cardinality(parameter_types), 0) - 1) || "
            "'null)', '')"
            " from pg_prepared_statements where name = $1",
            {statement.name},
            "deallocate all; " + generic + prepare
        );
        if (!arguments.succeeded() || arguments.rows.empty()) {
            report("it does not fit the schema: " + arguments.message, "correct the statement, or migrate");
            continue;
        }
        const Attempt explained = stage.attempt(
            actor,
            Stage::Binding::bound,
            fmt::format(
                "explain (verbose, format json) execute {}{}", name, arguments.rows[0][0].value_or("")
            ),
            {},
            generic
        );
        if (!explained.succeeded()) {
            report(
                "the role may not run it: " + explained.message, "grant what it needs, or name the right role"
            );
            continue;
        }
        const json::value tree = json::parse(explained.rows.at(0).at(0).value_or("[]"));
        const Relations relations = relations_of(stage, statement.role);
        Plan plan;
        inspect(tree.at(0).at("Plan").get_object(), relations, plan);
        for (const std::string& scan : plan.loose_scans) {
            report(
                scan,
                fmt::format("say {} = $1 in it, and have an index that begins with it", relations.column)
            );
        }
        if (plan.reads_under_a_policy && !plan.one_time_filter) {
            report(
                "the policy is evaluated for each row", fmt::format("say {} = $1 in it", relations.column)
            );
        }
    }
    stage.look("deallocate all");
    return findings;
}

}  // namespace pz::command::prove
