#pragma once

#include <pz/core/secret.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pz::pg {

/// A set of migrations that must not be applied, or one that failed. what() is one sentence that names the
/// file.
class MigrationError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// One file database/migrations/NNNN_verb_object.sql: forward only, one transaction, never edited once it is
/// released.
struct Migration {
    int number = 0;    ///< 1, 2, 3 … without a gap
    std::string name;  ///< the file's name, "0001_create_tenants.sql"
    std::string sql;
    std::string checksum;  ///< SHA-256 of the file, lower-case hexadecimal
};

/// Reads every *.sql of a directory in order. Refuses another spelling of the name, a number used twice, and
/// a gap.
[[nodiscard]] std::vector<Migration> load_migrations(const std::filesystem::path& directory);

/// What migrate() found and did.
struct MigrationReport {
    std::vector<std::string> applied;  ///< names, in order; empty when the database was up to date
    int version = 0;                   ///< number of the newest migration now in the database
};

/// Brings a database to the newest of `migrations`, as the role of the connection string (pz_migrator). One
/// advisory lock lets only one migrator work at a time; the others wait and then find nothing to do. Each
/// file and its record are one transaction with row_security=off (a data migration under RLS raises instead
/// of silently changing nothing) and lock_timeout=2s (it gives up rather than queue every request of a
/// running system behind it).
///
/// Refuses, before it changes anything: a file whose content differs from what was applied, a database that
/// has a migration this program does not know, and a record with a gap. The record is
/// platform.schema_migration, so the first migration creates the schema platform. `on_apply` is called with
/// the name before each file.
MigrationReport migrate(
    const core::SecretString& connection_string,
    const std::vector<Migration>& migrations,
    const std::function<void(const std::string&)>& on_apply = {}
);

/// What is recorded in the database, without changing it: 0 for a database that was never migrated.
[[nodiscard]] int database_version(const core::SecretString& connection_string);

/// One file seed/<set>/N_what_as_<role>.sql: idempotent, brings its own transactions, run as the role of its
/// name.
struct SeedFile {
    std::string name;
    std::string role;
    std::string sql;
};

/// The files of a seed folder in order; throws MigrationError for a name without a role.
[[nodiscard]] std::vector<SeedFile> load_seed(const std::filesystem::path& directory);

/// The folder database/ with roles.sql, migrations/ and seed/: beside the program
/// (…/share/phasezero/database), or in the source tree that the program was built in. Throws MigrationError
/// that lists the places it looked at.
[[nodiscard]] std::filesystem::path find_database_folder();
/// $PZ_MIGRATIONS, else find_database_folder()/migrations.
[[nodiscard]] std::filesystem::path find_migrations();

}  // namespace pz::pg
