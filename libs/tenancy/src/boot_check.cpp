#include <pz/tenancy/boot_check.hpp>

#include <pz/core/config.hpp>
#include <pz/pg/connection_target.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace pz::tenancy {

namespace {

/// $1: the logins, $2: 't' for each that is to see one tenant only. One row: the worst fault (kind, place of
/// its login, object, why), if any, and the database's migration.
constexpr const char* find_fault = R"sql(
    WITH RECURSIVE login AS (
      SELECT * FROM unnest($1::text[], $2::boolean[]) WITH ORDINALITY AS l (name, one_tenant, place)),
    -- Membership counts at any depth and also without INHERIT, because SET ROLE would follow it.
    reachable AS (
      SELECT l.place, r.oid FROM login l JOIN pg_catalog.pg_roles r ON r.rolname = l.name
      UNION
      SELECT reachable.place, m.roleid FROM pg_catalog.pg_auth_members m JOIN reachable ON m.member = reachable.oid),
    tenant_table AS (
      SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS held
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND n.nspname <> 'identity' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
    fault AS (
      SELECT 'missing' AS kind, l.place, l.name AS object, '' AS why, 1 AS weight FROM login l
       WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = l.name)
      UNION ALL
      SELECT 'role', reachable.place, r.rolname,
             CASE WHEN r.rolsuper THEN 'is a superuser' WHEN r.rolbypassrls THEN 'bypasses row level security'
                  ELSE 'owns tables' END, 2
        FROM reachable JOIN pg_catalog.pg_roles r USING (oid)
       WHERE r.rolsuper OR r.rolbypassrls
          OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))
      UNION ALL
      SELECT 'reach', reachable.place, t.name, '', 3
        FROM login l JOIN reachable USING (place) CROSS JOIN tenant_table t
        JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid AND (reachable.oid = ANY (p.polroles) OR 0 = ANY (p.polroles))
       WHERE l.one_tenant AND p.polpermissive AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true'
      UNION ALL
      SELECT 'table', 0, t.name, '', 4 FROM tenant_table t WHERE NOT t.held)
    SELECT fault.kind, fault.place, fault.object, fault.why, applied.number
      FROM (SELECT coalesce(max(number), 0) AS number FROM platform.schema_migration) applied
      LEFT JOIN fault ON true
     ORDER BY fault.weight, fault.place, fault.object LIMIT 1)sql";

constexpr int built_for = PZ_MIGRATION_LEVEL;

/// An array for the server; names of roles may hold anything.
std::string to_array(const std::vector<std::string>& elements) {
    std::string out = "{";
    for (const std::string& element : elements) {
        out += out.size() > 1 ? ",\"" : "\"";
        for (const char c : element) {
            out += c == '"' || c == '\\' ? "\\" : "";
            out += c;
        }
        out += '"';
    }
    return out + "}";
}

[[noreturn]] void refuse(const LoginSetting& setting, const std::string& why) {
    throw core::ConfigError(std::string{setting.name} + " " + why);
}

[[noreturn]] void refuse_login(
    const LoginSetting& setting,
    const std::string& login,
    const std::string& kind,
    const pg::TextResult::Row& row
) {
    const std::string object = row[2].value_or("");
    if (kind == "missing") {
        refuse(setting, "logs in as " + login + ", and there is no such role");
    }
    if (kind == "reach") {
        refuse(
            setting,
            "logs in as " + login + ", which sees all tenants' rows of " + object +
                "; use a role that sees one"
        );
    }
    refuse(
        setting,
        "logs in as " + login + ", which " +
            (object == login ? "" : "is a member of " + object + ", which ") + row[3].value_or("") +
            ": row level security would not hold; use the service's own role"
    );
}

void judge(
    const pg::TextResult::Row& row,
    const std::vector<const LoginSetting*>& settings,
    const std::vector<std::string>& logins
) {
    const std::string kind = row[0].value_or("");
    if (kind == "table") {
        throw core::ConfigError(
            "the table " + row[2].value_or("") +
            " has a tenant_id, but its row level security is not enabled and forced; phasezero prove says "
            "more"
        );
    }
    if (!kind.empty()) {
        const std::size_t place = std::stoul(row[1].value_or("1")) - 1;
        refuse_login(*settings.at(place), logins.at(place), kind, row);
    }
    const int applied = std::stoi(row[4].value_or("0"));
    if (applied < built_for) {
        throw core::ConfigError(
            "the database is at migration " + std::to_string(applied) + ", and this program needs " +
            std::to_string(built_for) + ": run phasezero migrate"
        );
    }
    if (applied > built_for) {
        spdlog::warn(
            "the database is at migration {}, and this program was built for {}: it is an older release",
            applied,
            built_for
        );
    }
}

void check(pg::BlockingConnection& connection, const std::vector<const LoginSetting*>& settings) {
    std::vector<std::string> logins;
    std::vector<std::string> one_tenant;
    for (const LoginSetting* setting : settings) {
        logins.push_back(pg::parse_connection_string(setting->connection_string).user);
        one_tenant.emplace_back(setting->reach == Reach::one_tenant ? "t" : "f");
    }
    if (settings.size() == 1 && logins.front().empty()) {
        logins.front() = connection.value("SELECT session_user");  // libpq's own default
    }
    try {
        judge(
            connection.query(find_fault, {to_array(logins), to_array(one_tenant)}).rows.at(0),
            settings,
            logins
        );
    } catch (const pg::BlockingError& error) {
        constexpr std::string_view undefined_table = "42P01";
        if (error.sqlstate() == undefined_table) {
            throw core::ConfigError(
                std::string{settings.front()->name} +
                " leads to a database that was never migrated: run phasezero migrate"
            );
        }
        refuse(*settings.front(), std::string{"does not work: "} + error.what());
    }
}

/// Those whose answers one connection can give: the same database, by the same words.
std::vector<std::vector<const LoginSetting*>> group_by_database(const std::vector<LoginSetting>& settings) {
    std::vector<std::vector<const LoginSetting*>> groups;
    std::vector<pg::ConnectionTarget> targets;
    for (const LoginSetting& setting : settings) {
        pg::ConnectionTarget target;
        try {
            target = pg::parse_connection_string(setting.connection_string);
        } catch (const pg::BlockingError& error) {
            refuse(setting, std::string{"does not work: "} + error.what());
        }
        const bool named = !target.user.empty();
        target.user.clear();
        const auto known = std::ranges::find(targets, target);
        if (named && known != targets.end()) {
            groups[static_cast<std::size_t>(known - targets.begin())].push_back(&setting);
        } else {
            groups.push_back({&setting});
            targets.push_back(target);
        }
    }
    return groups;
}

}  // namespace

void refuse_unsafe_database(pg::BlockingConnection& connection, const std::vector<LoginSetting>& settings) {
    std::vector<const LoginSetting*> all;
    all.reserve(settings.size());
    for (const LoginSetting& setting : settings) {
        all.push_back(&setting);
    }
    check(connection, all);
}

void refuse_unsafe_database(const std::vector<LoginSetting>& settings) {
    for (const std::vector<const LoginSetting*>& group : group_by_database(settings)) {
        const LoginSetting& first = *group.front();
        try {
            pg::BlockingConnection connection(first.connection_string);
            check(connection, group);
        } catch (const pg::BlockingError& error) {
            if (!error.sqlstate().starts_with("08")) {
                refuse(first, std::string{"does not work: "} + error.what());
            }
            spdlog::warn("{}: the database cannot be reached yet: {}", first.name, error.what());
        }
    }
}

}  // namespace pz::tenancy
