#include "audit.hpp"

#include "local_database.hpp"

#include <pz/audit/chain.hpp>
#include <pz/audit/proof.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/config.hpp>
#include <pz/core/json.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdlib>
#include <filesystem>
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

/// Where the public keys and the checkpoints are; empty: there are none.
struct KeptOutside {
    std::string keys;
    std::string checkpoints;
};

KeptOutside find_outside(const Workspace& workspace, const AuditOptions& options) {
    KeptOutside kept{options.jwks_file, options.checkpoints_file};
    const auto folder = audit_folder(workspace);
    if (folder && kept.keys.empty() && !std::filesystem::exists(folder->keys()) &&
        is_given("PZ_AUDIT_FOLDER")) {
        // Whoever names the folder wants the signatures looked at, every night and unseen.
        throw audit::VerifyError(
            folder->keys().string() +
            " is not there: let PZ_AUDIT_FOLDER be the folder that product-core-api writes, or use --jwks "
            "FILE "
            "with what it answers at /.well-known/audit-keys.json"
        );
    }
    if (folder && kept.keys.empty() && std::filesystem::exists(folder->keys())) {
        kept.keys = folder->keys();
        if (kept.checkpoints.empty() && std::filesystem::exists(folder->checkpoints())) {
            kept.checkpoints = folder->checkpoints();
        }
    }
    return kept;
}

ExitCode tell(const audit::Report& report) {
    std::cout << report.to_string() << '\n';
    return report.breach ? ExitCode::failure : ExitCode::success;
}

}  // namespace

crypto::KeySet read_keys(const std::string& path) {
    auto keys = audit::parse_published_keys(read_all(path));
    if (!keys) {
        throw audit::VerifyError(
            path + " is no set of public keys (JWKS): " + std::string{core::enum_text(keys.error())}
        );
    }
    return std::move(*keys);
}

std::optional<audit::Folder> audit_folder(const Workspace& workspace) {
    const char* configured =
        std::getenv("PZ_AUDIT_FOLDER");  // NOLINT(concurrency-mt-unsafe): single-threaded
    if (configured != nullptr && *configured != '\0') {
        return audit::Folder(configured);
    }
    if (is_given("PZ_DATABASE_BACKUP") || is_given("PZ_DATABASE_ADMIN") ||
        !std::filesystem::exists(workspace.audit())) {
        return std::nullopt;
    }
    return audit::Folder(workspace.audit());
}

void with_backup(const Workspace& workspace, const std::function<void(pg::BlockingConnection&)>& work) {
    if (is_given("PZ_DATABASE_BACKUP")) {
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

ExitCode answered(const std::function<ExitCode()>& work) {
    try {
        return work();
    } catch (const audit::VerifyError& error) {
        throw CommandError(ExitCode::usage, error.what());
    } catch (const audit::KeyError& error) {
        throw CommandError(ExitCode::usage, error.what());
    } catch (const pg::BlockingError& error) {
        throw CommandError(ExitCode::usage, std::string{"the database refused: "} + error.what());
    } catch (const core::ConfigError& error) {
        throw CommandError(ExitCode::usage, error.what());
    }
}

ExitCode verify_audit(const Workspace& workspace, const AuditOptions& options) {
    return answered([&] {
        const std::optional<core::Uuid> chain = read_chain(options.chain);
        const KeptOutside kept = find_outside(workspace, options);
        std::optional<crypto::KeySet> keys;
        if (!kept.keys.empty()) {
            keys = read_keys(kept.keys);
        }
        audit::SignedPlaces outside;
        if (!kept.checkpoints.empty()) {
            if (!keys) {
                throw audit::VerifyError("checkpoints are verified with public keys: --jwks FILE");
            }
            std::ifstream lines = open(kept.checkpoints);
            outside = audit::read_checkpoints(lines, *keys);
        }
        audit::Report report;
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            report = audit::verify_database(connection, chain, keys ? &*keys : nullptr, std::move(outside));
        });
        if (!keys) {
            std::cerr
                << "signatures were not looked at: set PZ_AUDIT_FOLDER to the folder that product-core-api "
                   "writes, or use --jwks FILE with what it answers at /.well-known/audit-keys.json\n";
        }
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

ExitCode reconcile_support_session(const Workspace& workspace, const AuditOptions& options) {
    return answered([&] {
        if (!core::Uuid::parse(options.session)) {
            throw audit::VerifyError(options.session + " is no support session's id");
        }
        // The session's beginning and end are events, too, and no requests inside it.
        constexpr const char* compare = R"sql(
            SELECT i.request_count,
                   (SELECT count(*) FROM audit.event e
                     WHERE e.tenant_id = i.tenant_id AND e.impersonation_id = i.id AND e.outcome = 'success'
                       AND convert_from(e.body, 'UTF8')::jsonb ? 'on_behalf_of'
                       AND e.action !~ '^impersonation_session[.]')
              FROM platform.impersonation_session i WHERE i.id = $1::uuid)sql";
        std::string requests;
        std::string events;
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            const pg::TextResult result = connection.query(compare, {options.session});
            if (result.rows.empty()) {
                throw audit::VerifyError("there is no support session " + options.session);
            }
            requests = result.rows.front()[0].value();
            events = result.rows.front()[1].value();
        });
        const bool agree = requests == events;
        std::cout << (agree ? "ok" : "broken") << " session=" << options.session << " requests=" << requests
                  << " events=" << events << '\n';
        return agree ? ExitCode::success : ExitCode::failure;
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
