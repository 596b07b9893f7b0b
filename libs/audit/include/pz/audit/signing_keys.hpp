#pragma once

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The keys that sign checkpoints: one at a time, in the table audit.signing_key, its private half as Fernet
/// ciphertext. A key that signs no more loses its private half and stays published for good, because what it
/// signed stays.
namespace pz::audit {

/// How many keys there may ever have been, in the table and in a set that is read: every one stays published,
/// so the limit is one of memory. A key a day is three years of them.
inline constexpr std::size_t most_signing_keys = 1'000;

/// A key that cannot be used as asked: what() is one sentence for the operator.
class KeyError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct StoredSigningKey {
    crypto::PublicKey key;
    core::Timestamp created_at;
    std::optional<core::Timestamp> retired_at{};  ///< absent: it signs
};

/// All keys there ever were, oldest first; `connection` as pz_admin or pz_backup. Throws KeyError when a row
/// is damaged.
[[nodiscard]] std::vector<StoredSigningKey> list_signing_keys(pg::BlockingConnection& connection);

/// The key that signs; the first call ever makes it. `connection` as pz_admin. Throws KeyError when the ring
/// does not open it.
[[nodiscard]] crypto::SigningKey current_signing_key(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
);

/// The keys of a set as `phasezero audit keys` or Folder::publish() wrote it: crypto::KeySet::parse() for up
/// to most_signing_keys, where that takes the few that an issuer has at a time.
[[nodiscard]] std::expected<crypto::KeySet, crypto::KeyError> parse_published_keys(std::string_view json);

/// A new key signs from now on, and nobody can sign with the former one any more. Throws KeyError when there
/// would be more than most_signing_keys.
crypto::SigningKey rotate_signing_key(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
);

}  // namespace pz::audit
