#pragma once

#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <optional>
#include <string_view>

/// How an API key is written: pzk_<id, 32 hexadecimal digits>_<secret, 43 characters><checksum, 6
/// characters>.
///
/// The prefix lets scanners of source code find a key that was committed
/// (`pzk_[0-9a-f]{32}_[A-Za-z0-9_-]{49}`). The checksum, base64url of the CRC-32 (IEEE 802.3, big endian) of
/// everything before it, lets them and us tell a key from a text that looks like one, without asking a
/// database.
namespace pz::identity::api_keys {

/// A key that was just made; the text exists here and with whoever it is shown to, and nowhere else.
struct NewKey {
    core::SecretString text;
    crypto::Sha256Digest secret_hash;
};

/// What somebody presents; nothing in it may be believed before the hashes are compared.
struct PresentedKey {
    core::Uuid id;
    crypto::Sha256Digest secret_hash;
};

/// 256 random bits for this id.
[[nodiscard]] NewKey make_key(const core::Uuid& id);
/// nullopt for anything that make_key() could not have made: mistyped, cut off, or something else.
[[nodiscard]] std::optional<PresentedKey> parse_key(std::string_view text);

}  // namespace pz::identity::api_keys
