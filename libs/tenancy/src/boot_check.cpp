#include <pz/tenancy/boot_check.hpp>

#include <pz/core/config.hpp>
#include <pz/pg/blocking.hpp>

#include <spdlog/spdlog.h>

#include <future>
#include <string>

namespace pz::tenancy {

namespace {

// Membership counts at any depth and also without INHERIT, because SET ROLE would follow it.
constexpr const char* unsafe_role = R"sql(
    WITH RECURSIVE reachable AS (
      SELECT oid FROM pg_roles WHERE rolname = session_user
      UNION
      SELECT m.roleid FROM pg_auth_members m JOIN reachable r ON m.member = r.oid)
    SELECT session_user, r.rolname,
           CASE WHEN r.rolsuper THEN 'is a superuser'
                WHEN r.rolbypassrls THEN 'bypasses row level security'
                ELSE 'owns tables' END
      FROM pg_roles r JOIN reachable USING (oid)
     WHERE r.rolsuper OR r.rolbypassrls
        OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))
     LIMIT 1)sql";

}  // namespace

void refuse_unsafe_role(std::string_view setting, const core::SecretString& connection_string) {
    pg::TextResult result;
    try {
        pg::BlockingConnection connection(connection_string);
        result = connection.query(unsafe_role);
    } catch (const pg::BlockingError& error) {
        if (!error.sqlstate().starts_with("08")) {
            throw core::ConfigError(std::string{setting} + " does not work: " + error.what());
        }
        spdlog::warn("{}: the database cannot be reached yet: {}", setting, error.what());
        return;
    }
    if (result.rows.empty()) {
        return;
    }
    const pg::TextResult::Row& row = result.rows.front();
    const std::string login = row[0].value_or("");
    const std::string role = row[1].value_or("");
    throw core::ConfigError(
        std::string{setting} + " logs in as " + login + ", which " +
        (role == login ? "" : "is a member of " + role + ", which ") + row[2].value_or("") +
        ": row level security would not hold; use the service's own role"
    );
}

void refuse_unsafe_roles(const std::vector<LoginSetting>& settings) {
    std::vector<std::future<void>> checks;
    checks.reserve(settings.size());
    for (const LoginSetting& setting : settings) {
        checks.push_back(std::async(std::launch::async, [&setting] {
            refuse_unsafe_role(setting.name, setting.connection_string);
        }));
    }
    for (std::future<void>& check : checks) {
        check.get();  // the other futures wait for their threads when this throws
    }
}

}  // namespace pz::tenancy
