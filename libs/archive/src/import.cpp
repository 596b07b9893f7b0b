#include <pz/archive/import.hpp>

#include "catalog.hpp"
#include "running_hash.hpp"

#include <pz/archive/tar.hpp>
#include <pz/core/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace pz::archive {

namespace {

namespace json = boost::json;

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

/// Lines of JSON as one array.
std::string as_array(const std::string& lines) {
    std::string array = '[' + lines;
    std::ranges::replace(array, '\n', ',');
    array.back() = ']';
    return array;
}

/// COPY FROM is refused where row level security holds, so rows come a thousand to a statement.
void insert_rows(
    pg::BlockingConnection& app,
    const std::string& table,
    const std::string& columns,
    const std::string& lines
) {
    app.query(
        fmt::format(
            "INSERT INTO {0} ({1}) SELECT {1} FROM json_populate_recordset(NULL::{0}, $1::json)",
            table,
            columns
        ),
        {as_array(lines)}
    );
}

std::int64_t take_people_in(
    pg::BlockingConnection& admin,
    const std::filesystem::path& file,
    const core::Uuid& tenant,
    const std::string& lines,
    core::Timestamp now
) {
    try {
        return std::stoll(admin.value(
            "SELECT platform.take_people_in($1::uuid, $2::jsonb, $3::timestamptz)",
            {tenant.to_string(), as_array(lines), core::to_string(now)}
        ));
    } catch (const pg::BlockingError& error) {
        if (error.constraint() == "person_pkey") {
            refuse(file, "has a person whose id is somebody else's here");
        }
        throw;
    }
}

}  // namespace

Imported import_tenant(
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
    std::vector<std::string> people;
    TarReader tar(file);
    while (auto entry = tar.next()) {
        const std::string name = table_of(entry->name);
        const auto table = columns.find(name);
        if (table != columns.end()) {
            insert_rows(app, table->first, table->second, entry->content);
        } else if (name == people_name) {
            people.push_back(std::move(entry->content));
        }
    }
    app.execute_script("COMMIT");

    admin.execute_script("BEGIN; SET LOCAL app.current_tenant = '" + core::public_tenant.to_string() + "'");
    std::int64_t taken = 0;
    for (const std::string& lines : people) {
        taken += take_people_in(admin, file, *tenant, lines, clock.now());
    }
    admin.query(
        "SELECT platform.take_tenant_step($1::uuid, 'activate', 'imported', NULL, $2::timestamptz)",
        {tenant->to_string(), core::to_string(clock.now())}
    );
    admin.execute_script("COMMIT");
    return {
        .slug = std::string{manifest.tenant.at("slug").as_string()},
        .tables = static_cast<std::int64_t>(manifest.tables.size()),
        .rows = manifest.rows,
        .people = taken,
    };
}

}  // namespace pz::archive
