#include "audit.hpp"

#include "local_database.hpp"

#include <pz/audit/chain.hpp>
#include <pz/audit/proof.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/config.hpp>
#include <pz/core/json.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

namespace pz::command {

namespace {

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw audit::VerifyError(path + " cannot be read");
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

std::ifstream open(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw audit::VerifyError(path + " cannot be read");
    }
    return file;
}

crypto::KeySet read_keys(const std::string& path) {
    auto keys = crypto::KeySet::parse(read_all(path));
    if (!keys) {
        throw audit::VerifyError(
            path + " is no set of public keys (JWKS): " + std::string{core::enum_text(keys.error())}
        );
    }
    return std::move(*keys);
}

std::optional<core::Uuid> read_chain(const std::string& name) {
    if (name.empty()) {
        return std::nullopt;
    }
    const auto chain = audit::parse_chain(name);
    if (!chain) {
        throw audit::VerifyError(name + " is no chain: it is \"platform\" or an organization's id");
    }
    return chain;
}

/// As pz_backup, which sees every organization's rows and writes none: on the database that
/// PZ_DATABASE_BACKUP names, else on the local one.
void with_backup(const Workspace& workspace, const std::function<void(pg::BlockingConnection&)>& work) {
    const auto is_set = [](const char* name) {
        return std::getenv(name) != nullptr;  // NOLINT(concurrency-mt-unsafe): single-threaded
    };
    if (is_set("PZ_DATABASE_BACKUP") || is_set("PZ_DATABASE_BACKUP_FILE")) {
        core::Config config = core::Config::from_environment();
        pg::BlockingConnection connection(
            config.required_secret("PZ_DATABASE_BACKUP", "libpq connection string of pz_backup")
        );
        work(connection);
        return;
    }
    with_database(workspace, [&] {
        pg::BlockingConnection connection(
            pg::cluster_connection_string(workspace.cluster(), "pz_backup", database_name)
        );
        work(connection);
    });
}

ExitCode tell(const audit::Report& report) {
    std::cout << report.to_string() << '\n';
    return report.breach ? ExitCode::failure : ExitCode::success;
}

/// What cannot be found out is one sentence and exit code 2.
ExitCode answered(const std::function<ExitCode()>& work) {
    try {
        return work();
    } catch (const audit::VerifyError& error) {
        throw CommandError(ExitCode::usage, error.what());
    } catch (const pg::BlockingError& error) {
        throw CommandError(ExitCode::usage, std::string{"the database refused: "} + error.what());
    } catch (const core::ConfigError& error) {
        throw CommandError(ExitCode::usage, error.what());
    }
}

}  // namespace

ExitCode verify_audit(const Workspace& workspace, const AuditOptions& options) {
    return answered([&] {
        const std::optional<core::Uuid> chain = read_chain(options.chain);
        std::optional<crypto::KeySet> keys;
        if (!options.jwks_file.empty()) {
            keys = read_keys(options.jwks_file);
        }
        audit::SignedPlaces outside;
        if (!options.checkpoints_file.empty()) {
            if (!keys) {
                throw audit::VerifyError("checkpoints are verified with public keys: --jwks FILE");
            }
            std::ifstream lines = open(options.checkpoints_file);
            outside = audit::read_checkpoints(lines, *keys);
        }
        audit::Report report;
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            report = audit::verify_database(connection, chain, keys ? &*keys : nullptr, std::move(outside));
        });
        return tell(report);
    });
}

ExitCode verify_audit_export(const AuditOptions& options) {
    return answered([&] {
        if (options.jwks_file.empty()) {
            throw audit::VerifyError("an export is verified with public keys: --jwks FILE");
        }
        const crypto::KeySet keys = read_keys(options.jwks_file);
        std::ifstream lines = open(options.export_file);
        return tell(audit::verify_export(lines, read_chain(options.chain), keys));
    });
}

ExitCode export_audit(const Workspace& workspace, const AuditOptions& options) {
    return answered([&] {
        const core::Uuid chain = read_chain(options.chain).value();
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            audit::write_export(connection, chain, std::cout);
        });
        return ExitCode::success;
    });
}

ExitCode prove_event(const Workspace& workspace, const AuditOptions& options) {
    return answered([&] {
        const core::Uuid chain = read_chain(options.chain).value();
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            std::cout << audit::prove_event(connection, chain, options.seq).to_json() << '\n';
        });
        return ExitCode::success;
    });
}

ExitCode check_proof(const AuditOptions& options) {
    return answered([&] {
        const audit::EventProof proof = audit::EventProof::parse(read_all(options.proof_file));
        const bool holds = audit::verify_proof(proof, read_keys(options.jwks_file));
        std::cout << (holds ? "ok seq=" : "broken seq=") << proof.seq << '\n';
        return holds ? ExitCode::success : ExitCode::failure;
    });
}

}  // namespace pz::command
