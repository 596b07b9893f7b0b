#include <pz/pg/migrator.hpp>

#include <pz/pg/blocking.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

namespace pz::pg {

namespace fs = std::filesystem;

namespace {

/// pg_advisory_lock's key: "pz migr" in ASCII, so that it is recognisable in pg_locks.
constexpr std::string_view lock_key = "31655908946733938";

std::string read_text_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        throw MigrationError("could not read " + path.string());
    }
    return text;
}

std::string sha256_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw MigrationError("could not compute a checksum");
    }
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        out += fmt::format("{:02x}", digest[i]);
    }
    return out;
}

std::vector<fs::path> sql_files(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        if (entry.path().extension() == ".sql") {
            files.push_back(entry.path());
        }
    }
    if (error) {
        throw MigrationError("could not read the folder " + directory.string() + ": " + error.message());
    }
    std::ranges::sort(files);
    return files;
}

/// The number of "0007_add_thing.sql"; nullopt for any other spelling.
std::optional<int> number_of(std::string_view name) {
    constexpr std::size_t digits = 4;
    int number = 0;
    const auto [end, error] =
        std::from_chars(name.begin(), name.begin() + std::min(digits, name.size()), number);
    const bool four_digits = error == std::errc{} && end == name.begin() + digits && name.front() != '-';
    const std::string_view rest = four_digits ? name.substr(digits) : std::string_view{};
    const bool words =
        rest.size() > std::string_view{"_.sql"}.size() && rest.front() == '_' &&
        rest.substr(0, rest.size() - 4).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
            std::string_view::npos;
    return words ? std::optional{number} : std::nullopt;
}

struct Applied {
    std::string name;
    std::string checksum;
};

/// The record of a database, by number; empty when it was never migrated.
std::map<int, Applied> read_record(BlockingConnection& connection) {
    std::map<int, Applied> record;
    if (connection.value("SELECT to_regclass('platform.schema_migration') IS NOT NULL") == "f") {
        return record;
    }
    const TextResult result =
        connection.query("SELECT number, name, checksum FROM platform.schema_migration ORDER BY number");
    for (const TextResult::Row& row : result.rows) {
        record.emplace(std::stoi(row[0].value()), Applied{row[1].value(), row[2].value()});
    }
    return record;
}

/// Everything that must hold before the first statement of a migration runs.
void refuse_mismatch(const std::map<int, Applied>& record, const std::vector<Migration>& migrations) {
    const int known = migrations.empty() ? 0 : migrations.back().number;
    if (!record.empty() && record.rbegin()->first > known) {
        throw MigrationError(fmt::format(
            "the database is at migration {} ({}), but this program only knows {}: run the newer release, or "
            "restore a "
            "backup from before it",
            record.rbegin()->first,
            record.rbegin()->second.name,
            known
        ));
    }
    int expected = 0;
    for (const auto& [number, applied] : record) {
        if (number != ++expected) {
            throw MigrationError(fmt::format(
                "the database's record has a gap: migration {} is missing before {}", expected, applied.name
            ));
        }
        const Migration& migration = migrations[static_cast<std::size_t>(number - 1)];
        if (migration.checksum != applied.checksum) {
            throw MigrationError(fmt::format(
                "{} was changed after it was applied to this database: restore the file, and put the change "
                "into a new "
                "migration",
                migration.name
            ));
        }
    }
}

/// One file and its record, in one transaction. The record's table comes with the first file, whose schema it
/// lives in.
void apply(BlockingConnection& connection, const Migration& migration) {
    connection.execute_script("BEGIN");
    try {
        constexpr const char* transaction_id = "SELECT pg_current_xact_id()::text";
        const std::string transaction = connection.value(transaction_id);
        connection.execute_script(migration.sql);
        if (connection.value(transaction_id) != transaction) {
            throw MigrationError(
                migration.name + " ends its own transaction; COMMIT and ROLLBACK have no place there"
            );
        }
        connection.execute_script(R"sql(
            CREATE TABLE IF NOT EXISTS platform.schema_migration (
                number integer PRIMARY KEY CHECK (number > 0),
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now());
            GRANT SELECT ON platform.schema_migration TO PUBLIC)sql");
        connection.query(
            "INSERT INTO platform.schema_migration (number, name, checksum) VALUES ($1, $2, $3)",
            {std::to_string(migration.number), migration.name, migration.checksum}
        );
        connection.execute_script("COMMIT");
    } catch (const BlockingError& error) {
        // Nothing of the file stays. A connection that died has rolled back already.
        try {
            connection.execute_script("ROLLBACK");
        } catch (const BlockingError&) {
            throw MigrationError(migration.name + " failed, the connection was lost: " + error.what());
        }
        throw MigrationError(fmt::format(
            "{} failed and left nothing behind: {} (SQLSTATE {})",
            migration.name,
            error.what(),
            error.sqlstate()
        ));
    }
}

}  // namespace

std::vector<Migration> load_migrations(const fs::path& directory) {
    std::vector<Migration> migrations;
    for (const fs::path& path : sql_files(directory)) {
        const std::string name = path.filename();
        const std::optional<int> number = number_of(name);
        if (!number) {
            throw MigrationError(name + " is not named NNNN_verb_object.sql (four digits, lower case)");
        }
        const int expected = static_cast<int>(migrations.size()) + 1;
        if (*number == expected - 1) {
            throw MigrationError(fmt::format("{} and {} have the same number", migrations.back().name, name));
        }
        if (*number != expected) {
            throw MigrationError(fmt::format("migration {:04} is missing before {}", expected, name));
        }
        std::string sql = read_text_file(path);
        std::string checksum = sha256_hex(sql);
        migrations.push_back({*number, name, std::move(sql), std::move(checksum)});
    }
    if (migrations.empty()) {
        throw MigrationError("there are no migrations in " + directory.string());
    }
    return migrations;
}

MigrationReport migrate(
    const core::SecretString& connection_string,
    const std::vector<Migration>& migrations,
    const std::function<void(const std::string&)>& on_apply
) {
    BlockingConnection connection{connection_string};
    // lock_timeout counts for advisory locks too, and waiting for another migrator is right: so it is set
    // afterwards.
    connection.execute_script("SET lock_timeout = 0");
    connection.query("SELECT pg_advisory_lock($1)", {std::string{lock_key}});
    connection.execute_script("SET row_security = off; SET lock_timeout = '2s'");

    const std::map<int, Applied> record = read_record(connection);
    refuse_mismatch(record, migrations);

    MigrationReport report{.applied = {}, .version = static_cast<int>(record.size())};
    for (std::size_t next = record.size(); next < migrations.size(); ++next) {
        const Migration& migration = migrations[next];
        if (on_apply) {
            on_apply(migration.name);
        }
        apply(connection, migration);
        report.applied.push_back(migration.name);
        report.version = migration.number;
    }
    return report;
}

int database_version(const core::SecretString& connection_string) {
    BlockingConnection connection{connection_string};
    const std::map<int, Applied> record = read_record(connection);
    return record.empty() ? 0 : record.rbegin()->first;
}

std::vector<SeedFile> load_seed(const fs::path& directory) {
    std::vector<SeedFile> files;
    for (const fs::path& path : sql_files(directory)) {
        const std::string stem = path.stem();
        const std::size_t as = stem.rfind("_as_");
        if (as == std::string::npos) {
            throw MigrationError(
                path.filename().string() + " does not say who runs it: N_what_as_<role>.sql"
            );
        }
        files.push_back({path.filename(), stem.substr(as + 4), read_text_file(path)});
    }
    if (files.empty()) {
        throw MigrationError("there is no seed in " + directory.string());
    }
    return files;
}

fs::path find_database_folder() {
    const fs::path program = fs::read_symlink("/proc/self/exe");
    for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
        for (const fs::path& candidate : {folder / "database", folder / "share/phasezero/database"}) {
            std::error_code ignored;
            if (fs::is_regular_file(candidate / "roles.sql", ignored)) {
                return candidate;
            }
        }
    }
    throw MigrationError(
        "there is no folder database/ (or share/phasezero/database) above " + program.string() +
        ": set PZ_MIGRATIONS or use --migrations DIR"
    );
}

fs::path find_migrations() {
    const char* configured = std::getenv("PZ_MIGRATIONS");  // NOLINT(concurrency-mt-unsafe): read at start-up
    return configured != nullptr && *configured != '\0' ? fs::path{configured}
                                                        : find_database_folder() / "migrations";
}

}  // namespace pz::pg
