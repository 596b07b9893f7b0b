#include "tenants.hpp"

#include "audit.hpp"
#include "encryption_keys.hpp"
#include "erasure_certificate.hpp"
#include "local_database.hpp"
#include "tenant_erasure.hpp"

#include <pz/archive/export.hpp>
#include <pz/archive/import.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/config.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/pg/cluster.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>

namespace pz::command {

namespace {

/// Runs the work on the database that the environment names, else on the local one.
void with_tenants(const Workspace& workspace, const std::function<void(ErasureConnections&)>& work) {
    core::Config config = core::Config::from_environment();
    const auto admin = config.secret("PZ_DATABASE_ADMIN", "connection string of pz_admin");
    const auto app = config.secret("PZ_DATABASE_APP", "connection string of pz_app");
    const auto backup = config.secret("PZ_DATABASE_BACKUP", "connection string of pz_backup");
    if (admin && app && backup) {
        ErasureConnections connections{
            pg::BlockingConnection{*admin}, pg::BlockingConnection{*app}, pg::BlockingConnection{*backup}
        };
        work(connections);
        return;
    }
    if (admin || app || backup) {
        throw CommandError(
            ExitCode::usage,
            "PZ_DATABASE_ADMIN, PZ_DATABASE_APP and PZ_DATABASE_BACKUP are needed together, or none of them "
            "for the local database"
        );
    }
    with_database(workspace, [&] {
        static_cast<void>(migrate_local(workspace));
        const auto connect = [&](std::string_view role) {
            return pg::BlockingConnection{
                pg::cluster_connection_string(workspace.cluster(), role, database_name)
            };
        };
        ErasureConnections connections{connect("pz_admin"), connect("pz_app"), connect("pz_backup")};
        work(connections);
    });
}

/// The audit log's key, which product-core-api keeps under its ring.
crypto::SigningKey audit_key(const Workspace& workspace, pg::BlockingConnection& admin) {
    core::Config config = core::Config::from_environment();
    const core::SecretString keys =
        is_given("PZ_DATABASE_ADMIN")
            ? config.required_secret("PZ_ENCRYPTION_KEYS", "the ring of product-core-api")
            : local_encryption_keys(workspace);
    try {
        return audit::current_signing_key(admin, parse_encryption_keys(keys), core::SystemClock{});
    } catch (const audit::KeyError& error) {
        throw CommandError(ExitCode::usage, error.what());
    }
}

std::string read_certificate(const std::string& file) {
    std::string text = read_file(file);
    if (text.empty()) {
        throw CommandError(ExitCode::usage, file + " cannot be read");
    }
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    return text;
}

/// Where the public keys are: named, else kept outside the database.
std::string find_keys(const Workspace& workspace, const std::string& jwks_file) {
    const auto folder = audit_folder(workspace);
    if (!jwks_file.empty() || !folder || !std::filesystem::exists(folder->keys())) {
        return jwks_file;
    }
    return folder->keys();
}

std::string sha256_in_hex(std::string_view text) {
    return fmt::format("{:02x}", fmt::join(crypto::sha256(text), ""));
}

/// A new file, readable by its owner alone, that is whole or gone.
archive::Summary write_archive(
    pg::BlockingConnection& app, const core::Uuid& tenant, const std::filesystem::path& path
) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
        throw archive::ArchiveError(path.string() + ": " + std::strerror(errno));
    }
    ::close(descriptor);
    try {
        std::ofstream file{path, std::ios::binary};
        archive::Export leaving{app, {.tenant = tenant, .now = core::SystemClock{}.now()}};
        std::string piece;
        for (bool more = true; more && file; piece.clear()) {
            more = leaving.append_next(piece);
            file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        }
        file.close();
        if (!file) {
            throw archive::ArchiveError(path.string() + ": cannot be written");
        }
        return leaving.summary();
    } catch (...) {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        throw;
    }
}

}  // namespace

ExitCode purge_due_tenants(const Workspace& workspace, const Screen& screen, bool only_list) {
    with_tenants(workspace, [&](ErasureConnections& connections) {
        const core::SystemClock clock;
        const std::vector<DueTenant> due = list_due(connections.admin, clock.now());
        if (due.empty()) {
            screen.note("no deletion is due");
            return;
        }
        if (only_list) {
            for (const DueTenant& tenant : due) {
                std::cout << tenant.id.to_string() << ' ' << tenant.slug << '\n';
            }
            return;
        }
        const crypto::SigningKey key = audit_key(workspace, connections.admin);
        for (const DueTenant& tenant : due) {
            try {
                std::cout << erase_tenant(connections, tenant.id, key, clock) << '\n';
            } catch (const ErasureError& error) {
                throw CommandError(ExitCode::failure, tenant.slug + ": " + error.what());
            }
        }
    });
    return ExitCode::success;
}

ExitCode check_erasure_certificate(const std::string& certificate_file, const std::string& jwks_file) {
    return answered([&] {
        const std::string text = read_certificate(certificate_file);
        const crypto::KeySet keys = read_keys(jwks_file);
        try {
            const ErasureCertificate certificate = verify_certificate(text, keys);
            std::cout << fmt::format(
                "ok organization={} slug={} erased_at={} tables={} certificate_sha256={}\n",
                certificate.tenant.to_string(),
                certificate.slug,
                certificate.erased_at,
                certificate.tables,
                sha256_in_hex(text)
            );
            return ExitCode::success;
        } catch (const CertificateError& error) {
            std::cout << "not proved: " << certificate_file << ' ' << error.what() << '\n';
            return ExitCode::failure;
        }
    });
}

ExitCode prove_tenant_erased(
    const Workspace& workspace,
    const Screen&,
    const std::string& tenant,
    const std::string& certificate_file,
    const std::string& jwks_file
) {
    const std::optional<core::Uuid> id = core::Uuid::parse(tenant);
    if (!id) {
        throw CommandError(ExitCode::usage, "not an organization's id: " + tenant);
    }
    ExitCode code = ExitCode::success;
    const auto fail = [&](const std::string& sentence) {
        std::cout << "not erased: " << sentence << '\n';
        code = ExitCode::failure;
    };
    std::string given;
    if (!certificate_file.empty()) {
        given = read_certificate(certificate_file);
        const std::string keys = find_keys(workspace, jwks_file);
        if (keys.empty()) {
            throw CommandError(
                ExitCode::usage,
                "whose signature is on the certificate? --jwks names the audit log's public keys"
            );
        }
        const ExitCode genuine = answered([&] {
            try {
                if (verify_certificate(given, read_keys(keys)).tenant != *id) {
                    fail(certificate_file + " is of another organization");
                }
            } catch (const CertificateError& error) {
                fail(certificate_file + ' ' + error.what());
            }
            return code;
        });
        if (genuine != ExitCode::success) {
            return genuine;
        }
    }
    with_tenants(workspace, [&](ErasureConnections& connections) {
        const pg::TextResult found = connections.backup.query(
            "SELECT state, erasure_certificate FROM platform.tenant WHERE id = $1::uuid", {id->to_string()}
        );
        if (found.rows.empty()) {
            throw CommandError(ExitCode::usage, "there is no organization " + tenant);
        }
        const std::vector<TableCount> counts = count_rows_of(connections.backup, *id);
        for (const TableCount& count : counts) {
            if (count.rows > 0) {
                fail(fmt::format("{} rows in {}", count.rows, count.table));
            }
        }
        const std::optional<std::string>& certificate = found.rows.front()[1];
        if (found.rows.front()[0] != "deleted" || !certificate) {
            fail("the organization is " + found.rows.front()[0].value() + " and has no certificate");
            return;
        }
        if (!given.empty() && given != *certificate) {
            fail(certificate_file + " is not the certificate that was given out");
        }
        if (code == ExitCode::success) {
            std::cout << fmt::format(
                "ok tables={} rows=0 certificate_sha256={}\n", counts.size(), sha256_in_hex(*certificate)
            );
        }
    });
    return code;
}

ExitCode export_tenant_to(
    const Workspace& workspace, const Screen&, const std::string& tenant, const std::string& file
) {
    const std::optional<core::Uuid> id = core::Uuid::parse(tenant);
    if (!id) {
        throw CommandError(ExitCode::usage, "not an organization's id: " + tenant);
    }
    with_tenants(workspace, [&](ErasureConnections& connections) {
        try {
            const archive::Summary summary = write_archive(connections.app, *id, file);
            std::cout << fmt::format(
                "ok organization={} tables={} rows={} sha256={} file={}\n",
                summary.slug,
                summary.tables,
                summary.rows,
                summary.sha256,
                file
            );
        } catch (const archive::ArchiveError& error) {
            throw CommandError(ExitCode::failure, error.what());
        }
    });
    return ExitCode::success;
}

ExitCode import_tenant_from(const Workspace& workspace, const Screen& screen, const std::string& file) {
    with_tenants(workspace, [&](ErasureConnections& connections) {
        try {
            const archive::Imported summary =
                archive::import_tenant(connections.admin, connections.app, file, core::SystemClock{});
            std::cout << fmt::format(
                "ok organization={} tables={} rows={} people={}\n",
                summary.slug,
                summary.tables,
                summary.rows,
                summary.people
            );
        } catch (const archive::ArchiveError& error) {
            throw CommandError(ExitCode::failure, error.what());
        }
    });
    screen.note(
        "its people have no passwords here: each sets one by \"Forgotten password\" on the sign-in page"
    );
    return ExitCode::success;
}

}  // namespace pz::command
