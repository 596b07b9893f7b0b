#pragma once

#include "workspace.hpp"

#include <pz/core/secret.hpp>
#include <pz/crypto/fernet.hpp>

#include <filesystem>

namespace pz::command {

/// The file that PZ_ENCRYPTION_KEYS_FILE names: one Fernet key, 0600, made at the first call. It encrypts the
/// signing keys in the database, so it lives and dies with the cluster (`phasezero reset` removes both).
[[nodiscard]] std::filesystem::path ensure_encryption_keys(const Workspace& workspace);

/// What is in it: the local services' PZ_ENCRYPTION_KEYS.
[[nodiscard]] core::SecretString local_encryption_keys(const Workspace& workspace);

/// product-core-api's ring. Throws core::ConfigError for what is none.
[[nodiscard]] crypto::FernetRing parse_encryption_keys(const core::SecretString& keys);

}  // namespace pz::command
