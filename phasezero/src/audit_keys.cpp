#include "audit_keys.hpp"

#include "audit.hpp"
#include "encryption_keys.hpp"
#include "local_database.hpp"

#include <pz/audit/folder.hpp>
#include <pz/audit/retirement.hpp>
#include <pz/audit/signing_keys.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/config.hpp>

#include <fmt/format.h>

#include <functional>
#include <iostream>
#include <utility>
#include <vector>

namespace pz::command {

namespace {

std::string day_of(core::Timestamp time) {
    return core::to_string(time).substr(0, 10);
}

/// As pz_admin with product-core-api's ring, on the database that PZ_DATABASE_ADMIN names, else on the local
/// one.
void with_signer(
    const Workspace& workspace,
    const std::function<void(pg::BlockingConnection&, const crypto::FernetRing&)>& work
) {
    const auto run = [&](const core::SecretString& database, const core::SecretString& keys) {
        const crypto::FernetRing ring = parse_encryption_keys(keys);
        pg::BlockingConnection connection(database);
        work(connection, ring);
    };
    if (is_given("PZ_DATABASE_ADMIN")) {
        core::Config config = core::Config::from_environment();
        const core::SecretString database =
            config.required_secret("PZ_DATABASE_ADMIN", "libpq connection string of pz_admin");
        run(database, config.required_secret("PZ_ENCRYPTION_KEYS", "the ring of product-core-api"));
        return;
    }
    with_database(workspace, [&] {
        run(pg::cluster_connection_string(workspace.cluster(), "pz_admin", database_name),
            local_encryption_keys(workspace));
    });
}

}  // namespace

ExitCode print_audit_keys(const Workspace& workspace, bool table) {
    return answered([&] {
        with_backup(workspace, [&](pg::BlockingConnection& connection) {
            const std::vector<audit::StoredSigningKey> keys = audit::list_signing_keys(connection);
            if (!table) {
                std::vector<crypto::PublicKey> all;
                for (const audit::StoredSigningKey& stored : keys) {
                    all.push_back(stored.key);
                }
                std::cout << crypto::KeySet(std::move(all)).to_json() << '\n';
                return;
            }
            for (const audit::StoredSigningKey& stored : keys) {
                std::cout << fmt::format(
                    "{}  {}  {}\n",
                    stored.key.kid(),
                    day_of(stored.created_at),
                    stored.retired_at ? "signed until " + day_of(*stored.retired_at) : "signs"
                );
            }
        });
        return ExitCode::success;
    });
}

ExitCode rotate_audit_key(const Workspace& workspace, const Screen& screen) {
    return answered([&] {
        with_signer(workspace, [&](pg::BlockingConnection& connection, const crypto::FernetRing& ring) {
            const crypto::SigningKey key = audit::rotate_signing_key(connection, ring, core::SystemClock{});
            if (const auto folder = audit_folder(workspace)) {
                folder->publish({key.public_key()});
            }
            screen.note(fmt::format("{} signs the audit log now", key.public_key().kid()));
            screen.note("give auditors the new set: phasezero audit keys");
        });
        return ExitCode::success;
    });
}

ExitCode retire_audit_months(const Workspace& workspace, const Screen& screen, const std::string& month) {
    return answered([&] {
        const auto cut = core::parse_timestamp(month + "-01T00:00:00Z");
        if (!cut || *cut > audit::month_before(core::SystemClock{}.now(), 1)) {
            throw audit::VerifyError(
                month +
                " is no month (YYYY-MM) that all before it can be retired: the current and the last one stay"
            );
        }
        if (!screen.confirm(fmt::format(
                "This deletes every event of the audit log from before {} for good. Export the chains first "
                "if "
                "anybody may ask for them. Retire them?",
                day_of(*cut)
            ))) {
            throw CommandError(ExitCode::failure, "nothing was changed (--yes answers for you)");
        }
        with_signer(workspace, [&](pg::BlockingConnection& connection, const crypto::FernetRing& ring) {
            const core::SystemClock clock;
            const crypto::SigningKey key = audit::current_signing_key(connection, ring, clock);
            try {
                const audit::RetirementReport report = audit::retire_months(
                    connection,
                    key,
                    clock,
                    *cut,
                    audit_folder(workspace),
                    [](const audit::Checkpoint&, const std::string&) {}
                );
                screen.note(fmt::format(
                    "{} months retired: {} events of {} chains", report.months, report.events, report.chains
                ));
            } catch (const audit::RetirementError& error) {
                throw CommandError(ExitCode::failure, error.what());
            }
        });
        return ExitCode::success;
    });
}

}  // namespace pz::command
