#pragma once

#include <pz/testkit/accounts.hpp>
#include <pz/testkit/database.hpp>

#include <string>
#include <string_view>

namespace pz::tests {

/// SQLSTATEs that the tests expect.
inline constexpr std::string_view insufficient_privilege = "42501";
inline constexpr std::string_view undefined_object = "42704";  // a setting that was never set
inline constexpr std::string_view invalid_text = "22P02";      // '' is not a UUID
inline constexpr std::string_view foreign_key_violation = "23503";
inline constexpr std::string_view read_only_transaction = "25006";

/// Runs statements; the SQLSTATE of the first that is refused, or "00000".
inline std::string sqlstate_of(pg::BlockingConnection& connection, const std::string& sql) {
    try {
        connection.execute_script(sql);
        return "00000";
    } catch (const pg::BlockingError& error) {
        return error.sqlstate();
    }
}

/// A transaction bound to a tenant, as libs/tenancy opens it; rolled back at the end of its scope.
class TenantTransaction {
 public:
    TenantTransaction(pg::BlockingConnection& connection, std::string_view tenant) : connection_(connection) {
        connection_.execute_script("begin; set local app.current_tenant = '" + std::string{tenant} + "'");
    }

    TenantTransaction(const TenantTransaction&) = delete;
    TenantTransaction& operator=(const TenantTransaction&) = delete;

    ~TenantTransaction() { sqlstate_of(connection_, "rollback"); }

 private:
    pg::BlockingConnection& connection_;
};

/// The outcome of statements that leave nothing behind, whatever it is: without a tenant, and with one.
inline std::string attempt(pg::BlockingConnection& connection, const std::string& sql) {
    connection.execute_script("begin");
    std::string outcome = sqlstate_of(connection, sql);
    connection.execute_script("rollback");
    return outcome;
}

inline std::string attempt_as_tenant(
    pg::BlockingConnection& connection, std::string_view tenant, const std::string& sql
) {
    const TenantTransaction transaction{connection, tenant};
    return sqlstate_of(connection, sql);
}

}  // namespace pz::tests
