#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/blocking.hpp>

#include <functional>
#include <string>

/// `phasezero keys`: the signing keys of identity-service and the ring that encrypts secrets at rest. The
/// rules are the service's own (identity-service/src/keys); these commands ask, confirm and print.
namespace pz::command {

/// Where the keys are, and what opens them.
struct KeyAccess {
    pg::BlockingConnection connection;  ///< as pz_identity
    crypto::FernetRing ring;
    core::SystemClock clock;
};

/// Runs `work` on the database that PZ_DATABASE_IDENTITY names with the ring in PZ_ENCRYPTION_KEYS, else on
/// the local one with its own.
void with_keys(const Workspace& workspace, const std::function<void(KeyAccess&)>& work);

/// The local one, whatever the environment names.
void with_local_keys(const Workspace& workspace, const std::function<void(KeyAccess&)>& work);

/// A table of all keys, or with --json one object a line.
[[nodiscard]] ExitCode list_keys(const Workspace& workspace, const Screen& screen);

/// Makes the staged key sign now. Asks first when verifiers may not have it yet.
[[nodiscard]] ExitCode rotate_keys(const Workspace& workspace, const Screen& screen);

/// Ends a key for good; `kid` may be the beginning of one. Asks first.
[[nodiscard]] ExitCode revoke_key(const Workspace& workspace, const Screen& screen, const std::string& kid);

/// Renews what an older key of the ring encrypted: locally everything, else what belongs to the services
/// whose databases the environment names. failure when something could not be decrypted.
[[nodiscard]] ExitCode reencrypt_secrets(const Workspace& workspace, const Screen& screen);

/// Prints a new Fernet key.
[[nodiscard]] ExitCode generate_key();

}  // namespace pz::command
