#include "statements.hpp"

#include "attempt.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <set>

namespace pz::tests {

namespace {

/// PREPARE takes no transaction control.
bool is_transaction_control(const pg::Query& query) {
    return std::string_view{query.sql()}.starts_with("BEGIN");
}

std::string text_of(const boost::json::object& node, std::string_view member) {
    const auto* value = node.if_contains(member);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

/// The plan of a prepared statement, as JSON.
std::string explain(pg::BlockingConnection& connection, const pg::Query& query) {
    const std::string arguments = connection.value(
        "select coalesce('(' || repeat('null, ', nullif(cardinality(parameter_types), 0) - 1) || 'null)', '')"
        " from pg_prepared_statements where name = $1",
        {query.name()}
    );
    return connection.value(
        "explain (verbose, format json) execute " + pg::quote_identifier(query.name()) + arguments
    );
}

struct Plan {
    bool one_time_filter = false;
    bool reads_tenant_table = false;
    bool sorts = false;
    std::vector<std::string> loose_scans;
};

void inspect(const boost::json::object& node, Plan& plan) {
    const std::string type = text_of(node, "Node Type");
    plan.one_time_filter |= node.contains("One-Time Filter");
    plan.sorts |= type == "Sort" || type == "Incremental Sort";
    const std::string schema = text_of(node, "Schema");
    const bool of_tenants = schema == "app" || text_of(node, "Relation Name") == "idempotency_key";
    if (of_tenants && type != "ModifyTable") {
        plan.reads_tenant_table = true;
        const std::string condition =
            text_of(node, type == "Bitmap Heap Scan" ? "Recheck Cond" : "Index Cond");
        if (condition.find("tenant_id = ") == std::string::npos) {
            plan.loose_scans.push_back(type + " on " + text_of(node, "Relation Name") + " by " + condition);
        }
    }
    if (const auto* children = node.if_contains("Plans")) {
        for (const auto& child : children->get_array()) {
            inspect(child.get_object(), plan);
        }
    }
}

}  // namespace

Complaints prepare_all(pg::BlockingConnection& connection, const std::vector<pg::Query>& queries) {
    Complaints complaints;
    std::set<std::string> names;
    for (const pg::Query& query : queries) {
        if (!names.insert(query.name()).second) {
            complaints.push_back(std::string{query.name()} + ": the name is taken");
        } else if (!is_transaction_control(query)) {
            const TenantTransaction transaction{connection, testkit::acme};
            try {
                connection.execute_script(
                    "prepare " + pg::quote_identifier(query.name()) + " as " + query.sql()
                );
                explain(connection, query);  // parsing alone asks for no privilege
            } catch (const pg::BlockingError& error) {
                complaints.push_back(std::string{query.name()} + ": " + error.what());
            }
        }
    }
    return complaints;
}

Complaints explain_all(pg::BlockingConnection& connection, const std::vector<pg::Query>& queries) {
    Complaints complaints;
    const TenantTransaction transaction{connection, testkit::acme};
    // The test's tables are small enough for a sequential scan to be cheaper than any index.
    connection.execute_script("set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off"
    );
    for (const pg::Query& query : queries) {
        if (is_transaction_control(query)) {
            continue;
        }
        Plan plan;
        inspect(boost::json::parse(explain(connection, query)).at(0).at("Plan").get_object(), plan);
        for (const std::string& scan : plan.loose_scans) {
            complaints.push_back(std::string{query.name()} + ": " + scan);
        }
        if (plan.reads_tenant_table && plan.sorts) {
            complaints.push_back(std::string{query.name()} + ": sorts rows that no index brings in order");
        }
        if (plan.reads_tenant_table && !plan.one_time_filter) {
            complaints.push_back(std::string{query.name()} + ": the policy is evaluated for each row");
        }
    }
    return complaints;
}

}  // namespace pz::tests
