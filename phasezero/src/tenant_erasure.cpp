#include "tenant_erasure.hpp"

#include "erasure_certificate.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

namespace pz::command {

namespace {

/// Rows that one transaction takes: some tens of milliseconds, so that nobody waits for its locks.
constexpr int batch = 5000;

/// quote_ident'ed names, as the server prints them: they need no quoting of ours. The audit log stays: its
/// events name ids, and what those and their commitments stood for is gone.
constexpr const char* tables_of_tenants = R"sql(
    SELECT c.oid::regclass::text
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE (n.nspname IN ('platform', 'identity', 'app') OR c.oid = 'audit.pii'::regclass)
       AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     ORDER BY 1)sql";

/// What the role may take rows out of, with the tables that refer to it: those have to be emptied first.
constexpr const char* tables_to_empty = R"sql(
    SELECT c.oid::regclass::text,
           coalesce((SELECT string_agg(DISTINCT k.conrelid::regclass::text, ' ')
                       FROM pg_constraint k
                      WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conrelid <> c.oid), '')
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
     WHERE n.nspname IN ('platform', 'app') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND has_table_privilege(c.oid, 'delete')
     ORDER BY 1)sql";

constexpr const char* due_tenants = R"sql(
    SELECT id, slug FROM platform.tenant
     WHERE state = 'deleting' OR (state = 'deletion_scheduled' AND deletion_due_at <= $1::timestamptz)
     ORDER BY id)sql";

constexpr const char* take_step = R"sql(
    SELECT platform.take_tenant_step($1::uuid, $2, $3, NULL, $4::timestamptz))sql";

constexpr const char* bury = R"sql(
    SELECT platform.bury_tenant($1::uuid, $2, $3::timestamptz))sql";

/// A transaction bound to a tenant, rolled back unless it is committed.
class Bound {
 public:
    Bound(pg::BlockingConnection& connection, const core::Uuid& tenant) : connection_(connection) {
        connection_.execute_script("BEGIN; SET LOCAL app.current_tenant = '" + tenant.to_string() + "'");
    }

    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;

    ~Bound() {
        if (!committed_) {
            try {
                connection_.execute_script("ROLLBACK");
            } catch (const pg::BlockingError& error) {
                spdlog::debug("the connection is gone, and the transaction with it: {}", error.what());
            }
        }
    }

    void commit() {
        connection_.execute_script("COMMIT");
        committed_ = true;
    }

 private:
    pg::BlockingConnection& connection_;
    bool committed_ = false;
};

std::int64_t affected(const pg::TextResult& result) {
    return std::stoll(result.command_tag.substr(result.command_tag.rfind(' ') + 1));
}

/// Tables in the order in which they can be emptied: who refers comes before what it refers to.
std::vector<std::string> in_order(const pg::TextResult& tables) {
    std::map<std::string, std::string> referring;
    for (const auto& row : tables.rows) {
        referring[row[0].value()] = ' ' + row[1].value() + ' ';
    }
    std::vector<std::string> order;
    while (!referring.empty()) {
        auto next = std::ranges::find_if(referring, [&](const auto& table) {
            return std::ranges::none_of(referring, [&](const auto& other) {
                return table.second.contains(' ' + other.first + ' ');
            });
        });
        if (next == referring.end()) {  // a circle: any of them, and the foreign key says which did not work
            next = referring.begin();
        }
        order.push_back(next->first);
        referring.erase(next);
    }
    return order;
}

void empty_tables(
    pg::BlockingConnection& connection, const core::Uuid& tenant, std::map<std::string, std::int64_t>& erased
) {
    for (const std::string& table : in_order(connection.query(tables_to_empty))) {
        const std::string sql = fmt::format(
            "DELETE FROM {0} WHERE tenant_id = $1::uuid AND ctid = ANY (ARRAY("
            "SELECT ctid FROM {0} WHERE tenant_id = $1::uuid LIMIT {1}))",
            table,
            batch
        );
        std::int64_t rows = 0;
        do {
            Bound transaction{connection, tenant};
            rows = affected(connection.query(sql, {tenant.to_string()}));
            transaction.commit();
            erased[table] += rows;
        } while (rows > 0);
    }
}

void step(
    pg::BlockingConnection& admin, const core::Uuid& tenant, const std::string& name, core::Timestamp now
) {
    admin.query(take_step, {tenant.to_string(), name, "thirty days have passed", core::to_string(now)});
}

boost::json::object words_of_certificate(
    const core::Uuid& tenant,
    const std::string& slug,
    const std::map<std::string, std::int64_t>& erased,
    const std::vector<TableCount>& left,
    core::Timestamp now
) {
    boost::json::array tables;
    for (const TableCount& count : left) {
        boost::json::object table{{"table", count.table}, {"rows_left", count.rows}};
        if (const auto found = erased.find(count.table); found != erased.end()) {
            table["rows_erased"] = found->second;
        }
        tables.push_back(std::move(table));
    }
    return {
        {"v", 1},
        {"tenant", tenant.to_string()},
        {"slug", slug},
        {"erased_at", core::to_string(now)},
        {"tables", std::move(tables)},
    };
}

}  // namespace

std::vector<TableCount> count_rows_of(pg::BlockingConnection& backup, const core::Uuid& tenant) {
    std::vector<TableCount> counts;
    for (const auto& row : backup.query(tables_of_tenants).rows) {
        const std::string& table = row[0].value();
        counts.push_back({
            .table = table,
            .rows = std::stoll(backup.value(
                "SELECT count(*) FROM " + table + " WHERE tenant_id = $1::uuid", {tenant.to_string()}
            )),
        });
    }
    return counts;
}

std::vector<DueTenant> list_due(pg::BlockingConnection& admin, core::Timestamp now) {
    std::vector<DueTenant> due;
    for (const auto& row : admin.query(due_tenants, {core::to_string(now)}).rows) {
        due.push_back({core::Uuid::parse(row[0].value()).value(), row[1].value()});
    }
    return due;
}

std::string erase_tenant(
    ErasureConnections& connections,
    const core::Uuid& tenant,
    const crypto::SigningKey& key,
    const core::Clock& clock
) {
    pg::BlockingConnection& admin = connections.admin;
    const pg::TextResult found =
        admin.query("SELECT state, slug FROM platform.tenant WHERE id = $1::uuid", {tenant.to_string()});
    if (found.rows.empty()) {
        throw ErasureError("there is no organization " + tenant.to_string());
    }
    const std::string slug = found.rows.front()[1].value();
    if (found.rows.front()[0] != "deleting") {
        Bound transaction{admin, core::public_tenant};
        step(admin, tenant, "begin_deletion", clock.now());
        transaction.commit();
    }
    std::map<std::string, std::int64_t> erased;
    empty_tables(connections.app, tenant, erased);
    for (const char* function : {"platform.erase_identity_of_tenant", "audit.erase_personal"}) {
        std::int64_t rows = 0;
        do {
            Bound transaction{admin, core::public_tenant};
            rows = std::stoll(admin.value(
                fmt::format("SELECT {}($1::uuid, $2::integer)", function),
                {tenant.to_string(), std::to_string(batch)}
            ));
            transaction.commit();
        } while (rows > 0);
    }
    empty_tables(admin, tenant, erased);

    const std::vector<TableCount> left = count_rows_of(connections.backup, tenant);
    for (const TableCount& count : left) {
        if (count.rows > 0) {
            throw ErasureError(fmt::format("{} rows are left in {}", count.rows, count.table));
        }
    }
    const core::Timestamp now = clock.now();
    std::string certificate = sign_certificate(words_of_certificate(tenant, slug, erased, left, now), key);
    Bound transaction{admin, core::public_tenant};
    step(admin, tenant, "finish_deletion", now);
    admin.query(bury, {tenant.to_string(), certificate, core::to_string(now)});
    transaction.commit();
    return certificate;
}

}  // namespace pz::command
