#pragma once

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <vector>

namespace pz::identity::keys {

/// The service's signing keys, as the table has them.
struct SigningKeys {
    crypto::SigningKey active;
    /// next, active and retiring: what the JWKS shows.
    std::vector<crypto::PublicKey> published;
};

/// Reads the keys, and makes the first one if there is none; an advisory lock lets one of several starting
/// instances do so. Private keys are decrypted with the ring and must belong to the row they stand in.
/// @throws core::ConfigError when the ring cannot decrypt them, pg::BlockingError when the database fails
[[nodiscard]] SigningKeys load_or_create(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
);

}  // namespace pz::identity::keys
