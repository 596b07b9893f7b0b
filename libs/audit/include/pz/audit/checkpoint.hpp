#pragma once

#include <pz/audit/merkle.hpp>
#include <pz/audit/verify.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// Signed words about where a chain stood. A chain inside a database alone cannot show that its end was cut
/// off or that all of it was written anew; a checkpoint outside does.
namespace pz::audit {

inline constexpr std::string_view checkpoint_type = "pz-audit-checkpoint";
/// The same words, and another meaning: the events up to there were there, and were removed on purpose.
inline constexpr std::string_view retirement_type = "pz-audit-retirement";

struct Checkpoint {
    core::Uuid chain;
    Place place;
    MerkleHash root{};  ///< of the tree over the events 1 to place.seq: what an inclusion proof ends in
    core::Timestamp time;
};

/// ES256 compact JWS over the canonical {"chain","head","root","seq","ts"}; head and root in hexadecimal.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key);

[[nodiscard]] std::string sign_retirement(const Checkpoint& last, const crypto::SigningKey& key);

enum class CheckpointError : std::uint8_t {
    malformed,    ///< no JWS of ours, or not these members
    unknown_key,  ///< none of the keys has its kid: perhaps the wrong keys were given
    forged,       ///< the key it names did not sign it
};
BOOST_DESCRIBE_ENUM(CheckpointError, malformed, unknown_key, forged)

[[nodiscard]] std::expected<Checkpoint, CheckpointError> verify_checkpoint(
    std::string_view jws, const crypto::KeySet& keys
);

[[nodiscard]] std::expected<Checkpoint, CheckpointError> verify_retirement(
    std::string_view jws, const crypto::KeySet& keys
);

/// Lower-case hexadecimal, and back; nullopt for anything but 64 digits.
[[nodiscard]] std::string to_hex(const crypto::Sha256Digest& digest);
[[nodiscard]] std::optional<crypto::Sha256Digest> digest_from_hex(std::string_view text);

}  // namespace pz::audit
