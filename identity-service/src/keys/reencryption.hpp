#pragma once

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/blocking.hpp>

#include <array>
#include <cstddef>
#include <string_view>

/// Secrets at rest and the ring that encrypts them. A new key in front of PZ_ENCRYPTION_KEYS encrypts what is
/// written from then on; an old one may leave the ring only after everything it encrypted was renewed.
namespace pz::identity::keys {

/// A column of Fernet tokens. The names come from here and never from outside.
struct EncryptedColumn {
    std::string_view what;   ///< for people: "signing keys"
    std::string_view table;  ///< with its schema
    std::string_view id;     ///< the column that names the row
    std::string_view column;
};

/// What identity-service's role and ring have encrypted. A table that gets such a column adds its line.
inline constexpr std::array encrypted_columns{
    EncryptedColumn{"signing keys", "identity.signing_key", "kid", "private_key_encrypted"},
    EncryptedColumn{"authenticators", "identity.totp", "person_id", "secret_encrypted"},
};

struct Reencryption {
    std::size_t entries = 0;     ///< that hold a secret
    std::size_t renewed = 0;     ///< that an older key had encrypted
    std::size_t unreadable = 0;  ///< that no key of the ring decrypts; left alone
};

/// Encrypts with the ring's first key what an older one encrypted. Each row is a change of its own that does
/// nothing if somebody else wrote the row meanwhile, so it may run beside the services, and again.
[[nodiscard]] Reencryption reencrypt(
    pg::BlockingConnection& connection,
    const EncryptedColumn& column,
    const crypto::FernetRing& ring,
    const core::Clock& clock
);

}  // namespace pz::identity::keys
