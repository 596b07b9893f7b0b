#include "tenant_archive.hpp"

#include <pz/core/json.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace pz::command {

namespace {

namespace json = boost::json;

constexpr int rows_at_a_time = 1000;
constexpr const char* manifest_name = "manifest.json";
constexpr const char* people_name = "people";

/// Tables of schema app, those that others refer to first, with the columns that carry data: not what is
/// generated, and not what only this installation can read. regclass prints names as SQL takes them.
constexpr const char* tables_of_app = R"sql(
    WITH RECURSIVE app_table AS (
      SELECT oid FROM pg_class
       WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition),
    depth AS (
      SELECT oid, 0 AS level FROM app_table
      UNION
      SELECT k.conrelid, d.level + 1
        FROM depth d
        JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = d.oid AND k.conrelid <> d.oid
        JOIN app_table t ON t.oid = k.conrelid
       WHERE d.level < 20)
    SELECT d.oid::regclass::text,
           (SELECT string_agg(quote_ident(a.attname), ' ' ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = d.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
               AND (d.oid::regclass::text, a.attname) NOT IN (
                     ('app.integration', 'secret_encrypted'), ('app.integration', 'secret_set_at')))
      FROM depth d
     GROUP BY d.oid
     ORDER BY max(d.level), 1)sql";

constexpr const char* tenant_row = R"sql(
    SELECT row_to_json(t)::text
      FROM (SELECT id, slug, name, plan, contact_email, time_zone, created_at FROM platform.tenant
             WHERE id = $1::uuid AND state NOT IN ('deleting', 'deleted')) t)sql";

constexpr const char* rows_of_people = R"sql(
    SELECT row_to_json(t)::text
      FROM (SELECT p.id, p.email, p.name, m.role, m.state, m.created_at
              FROM identity.membership m JOIN identity.person p ON p.id = m.person_id
             WHERE m.tenant_id = '{}' ORDER BY p.id) t)sql";

struct AppTable {
    std::string name;
    std::vector<std::string> columns;
};

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> all;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        all.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

std::vector<AppTable> list_tables(pg::BlockingConnection& connection) {
    std::vector<AppTable> tables;
    for (const auto& row : connection.query(tables_of_app).rows) {
        tables.push_back({row[0].value(), words(row[1].value())});
    }
    return tables;
}

/// SHA-256 of what comes in pieces.
class RunningHash {
 public:
    RunningHash() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }

    void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

    [[nodiscard]] std::string hex() {
        std::array<unsigned char, 32> digest{};
        EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
        return fmt::format("{:02x}", fmt::join(digest, ""));
    }

 private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// Writes the rows of a query as NAME/000001.ndjson and so on; its entry in the manifest.
json::object write_rows(
    pg::BlockingConnection& connection, TarWriter& tar, const std::string& name, const std::string& query
) {
    connection.execute_script("DECLARE export_rows NO SCROLL CURSOR FOR " + query);
    RunningHash hash;
    std::int64_t rows = 0;
    for (int part = 1;; ++part) {
        const pg::TextResult some =
            connection.query(fmt::format("FETCH {} FROM export_rows", rows_at_a_time));
        if (some.rows.empty()) {
            break;
        }
        std::string lines;
        for (const auto& row : some.rows) {
            (lines += row[0].value()) += '\n';
        }
        hash.add(lines);
        rows += static_cast<std::int64_t>(some.rows.size());
        tar.add(fmt::format("{}/{:06}.ndjson", name, part), lines);
    }
    connection.execute_script("CLOSE export_rows");
    return {{"table", name}, {"rows", rows}, {"sha256", hash.hex()}};
}

/// What an archive says of itself, after all of it was read and found to be so.
struct Manifest {
    json::object tenant;
    std::vector<std::pair<std::string, std::vector<std::string>>> tables;
    std::int64_t rows = 0;
};

std::string table_of(const std::string& entry) {
    return entry.substr(0, entry.find('/'));
}

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
    throw ArchiveError(file.string() + " " + why);
}

struct Found {
    std::int64_t rows = 0;
    RunningHash hash;
};

Manifest check_manifest(
    const std::filesystem::path& file, const std::string& text, std::map<std::string, Found>& found
) {
    Manifest manifest;
    try {
        const json::value document = json::parse(text);
        if (document.at("v").as_int64() != 1) {
            refuse(file, "is of a later version");
        }
        manifest.tenant = document.at("tenant").as_object();
        for (const auto& table : document.at("tables").as_array()) {
            const std::string name{table.at("table").as_string()};
            Found& rows = found[name];
            if (rows.rows != table.at("rows").as_int64() ||
                rows.hash.hex() != table.at("sha256").as_string()) {
                refuse(file, "is damaged: the rows of " + name + " are not those of its manifest");
            }
            found.erase(name);
            std::vector<std::string> columns;
            if (const auto* list = table.as_object().if_contains("columns")) {
                for (const auto& column : list->as_array()) {
                    columns.emplace_back(column.as_string());
                }
                manifest.rows += table.at("rows").as_int64();
                manifest.tables.emplace_back(name, std::move(columns));
            }
        }
    } catch (const ArchiveError&) {
        throw;
    } catch (const std::exception&) {
        refuse(file, "has a manifest that cannot be read");
    }
    if (!found.empty()) {
        refuse(file, "has rows of " + found.begin()->first + ", of which its manifest does not know");
    }
    return manifest;
}

/// Reads the whole archive.
Manifest check_archive(const std::filesystem::path& file) {
    TarReader tar(file);
    std::map<std::string, Found> found;
    std::optional<Manifest> manifest;
    while (auto entry = tar.next()) {
        if (manifest) {
            refuse(file, "goes on behind its manifest");
        }
        if (entry->name == manifest_name) {
            manifest = check_manifest(file, entry->content, found);
            continue;
        }
        Found& table = found[table_of(entry->name)];
        table.hash.add(entry->content);
        table.rows += std::ranges::count(entry->content, '\n');
    }
    if (!manifest) {
        refuse(file, "has no manifest");
    }
    return *std::move(manifest);
}

void require_schema(
    pg::BlockingConnection& app, const std::filesystem::path& file, const Manifest& manifest
) {
    std::map<std::string, std::vector<std::string>> here;
    for (AppTable& table : list_tables(app)) {
        here[table.name] = std::move(table.columns);
    }
    for (const auto& [name, columns] : manifest.tables) {
        const auto table = here.find(name);
        if (table == here.end()) {
            refuse(file, "has the table " + name + ", which this installation does not have");
        }
        for (const std::string& column : columns) {
            if (std::ranges::find(table->second, column) == table->second.end()) {
                refuse(
                    file,
                    fmt::format("has the column {}.{}, which this installation does not have", name, column)
                );
            }
        }
    }
}

void make_tenant(
    pg::BlockingConnection& admin, const std::filesystem::path& file, const json::object& tenant
) {
    const std::string row = json::serialize(tenant);
    const pg::TextResult standing = admin.query(
        "SELECT t.slug, t.id = n.id AND t.state = 'provisioning'"
        "  FROM platform.tenant t, json_populate_record(NULL::platform.tenant, $1::json) n"
        " WHERE t.id = n.id OR t.slug = n.slug",
        {row}
    );
    for (const auto& other : standing.rows) {
        if (other[1] != "t") {
            refuse(file, "is of an organization whose id or slug is taken here: " + other[0].value());
        }
    }
    if (standing.rows.empty()) {
        admin.query(
            "INSERT INTO platform.tenant (id, slug, name, plan, contact_email, time_zone, created_at, state)"
            " SELECT id, slug, name, plan, contact_email, coalesce(time_zone, 'UTC'), created_at, "
            "'provisioning'"
            "   FROM json_populate_record(NULL::platform.tenant, $1::json)",
            {row}
        );
    }
}

/// COPY FROM is refused where row level security holds, so rows come a thousand to a statement.
void insert_rows(
    pg::BlockingConnection& app,
    const std::string& table,
    const std::string& columns,
    const std::string& lines
) {
    std::string rows = lines;
    std::ranges::replace(rows, '\n', ',');
    rows.back() = ']';
    app.query(
        fmt::format(
            "INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_recordset(NULL::{0}, $1::json)",
            table,
            columns
        ),
        {'[' + rows}
    );
}

}  // namespace

ArchiveSummary export_tenant(
    pg::BlockingConnection& backup,
    const core::Uuid& tenant,
    const std::filesystem::path& file,
    const core::Clock& clock
) {
    backup.execute_script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const pg::TextResult row = backup.query(tenant_row, {tenant.to_string()});
    if (row.rows.empty()) {
        throw ArchiveError("there is no organization " + tenant.to_string());
    }
    ArchiveSummary summary;
    TarWriter tar(file);
    try {
        const json::object about = json::parse(row.rows.front()[0].value()).as_object();
        summary.slug = about.at("slug").as_string();
        json::array tables;
        for (const AppTable& table : list_tables(backup)) {
            json::object entry = write_rows(
                backup,
                tar,
                table.name,
                fmt::format(
                    "SELECT row_to_json(t)::text FROM (SELECT {} FROM {} WHERE tenant_id = '{}') t",
                    fmt::join(table.columns, ", "),
                    table.name,
                    tenant.to_string()
                )
            );
            entry["columns"] = json::array(table.columns.begin(), table.columns.end());
            summary.rows += entry.at("rows").as_int64();
            ++summary.tables;
            tables.push_back(std::move(entry));
        }
        tables.push_back(write_rows(backup, tar, people_name, fmt::format(rows_of_people, tenant.to_string()))
        );
        tar.add(
            manifest_name,
            json::serialize(json::object{
                {"v", 1},
                {"exported_at", core::to_string(clock.now())},
                {"tenant", about},
                {"tables", std::move(tables)}
            })
        );
        tar.finish();
        backup.execute_script("COMMIT");
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
        throw;
    }
    return summary;
}

ArchiveSummary import_tenant(
    pg::BlockingConnection& admin,
    pg::BlockingConnection& app,
    const std::filesystem::path& file,
    const core::Clock& clock
) {
    const Manifest manifest = check_archive(file);
    require_schema(app, file, manifest);
    const std::optional<core::Uuid> tenant = core::Uuid::parse(manifest.tenant.at("id").as_string());
    if (!tenant) {
        refuse(file, "has a manifest that cannot be read");
    }
    make_tenant(admin, file, manifest.tenant);

    std::map<std::string, std::string> columns;
    for (const auto& [name, list] : manifest.tables) {
        columns[name] = fmt::format("{}", fmt::join(list, ", "));
    }
    app.execute_script("BEGIN; SET LOCAL app.current_tenant = '" + tenant->to_string() + "'");
    TarReader tar(file);
    while (const auto entry = tar.next()) {
        const auto table = columns.find(table_of(entry->name));
        if (table != columns.end()) {
            insert_rows(app, table->first, table->second, entry->content);
        }
    }
    app.execute_script("COMMIT");

    admin.execute_script("BEGIN; SET LOCAL app.current_tenant = '" + core::public_tenant.to_string() + "'");
    admin.query(
        "SELECT platform.take_tenant_step($1::uuid, 'activate', 'imported', NULL, $2::timestamptz)",
        {tenant->to_string(), core::to_string(clock.now())}
    );
    admin.execute_script("COMMIT");
    return {
        .slug = std::string{manifest.tenant.at("slug").as_string()},
        .tables = static_cast<std::int64_t>(manifest.tables.size()),
        .rows = manifest.rows,
    };
}

}  // namespace pz::command
