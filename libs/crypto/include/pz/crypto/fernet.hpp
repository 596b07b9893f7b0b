#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/describe/enum.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Fernet (the published specification, version 0x80): AES-128-CBC with HMAC-SHA256, for secrets at rest.
namespace pz::crypto {

inline constexpr std::size_t max_fernet_plaintext = std::size_t{64} * 1024;

enum class FernetError : std::uint8_t {
    bad_key,    ///< not 32 bytes of padded base64url, the same key twice, or no key at all
    malformed,  ///< not a token: base64url, version or length
    not_ours,   ///< no key of the ring made it, or it was altered
    expired,    ///< older than the time to live
    too_new,    ///< from a clock more than a minute ahead of ours
};
BOOST_DESCRIBE_ENUM(FernetError, bad_key, malformed, not_ours, expired, too_new)

/// The encryption keys, newest first: the first encrypts, any decrypts. Immutable, safe to use from several
/// threads. Fernet has no associated data: whoever stores a token must put what it belongs to (tenant, row)
/// into the plaintext and check it after decryption.
class FernetRing {
 public:
    /// Keys as PZ_ENCRYPTION_KEYS has them: comma separated, at most 16.
    [[nodiscard]] static std::expected<FernetRing, FernetError> parse(const core::SecretString& keys);
    [[nodiscard]] static core::SecretString generate_key();

    /// Throws std::length_error above max_fernet_plaintext.
    [[nodiscard]] std::string encrypt(const core::SecretString& plaintext, core::Timestamp now) const;

    /// With a time to live, the token's own time must lie within it, and at most 60 s in the future.
    [[nodiscard]] std::expected<core::SecretString, FernetError> decrypt(
        std::string_view token,
        core::Timestamp now,
        std::optional<std::chrono::seconds> time_to_live = std::nullopt
    ) const;

    /// True if an older key than the first made the token: `phasezero keys reencrypt` renews those.
    [[nodiscard]] bool needs_reencryption(std::string_view token) const;

    /// One further secret per key of the ring, newest first, for a purpose that the label names: HMAC-SHA-256
    /// of the label under the key. Nothing leads from it back to the key.
    [[nodiscard]] std::vector<Sha256Digest> derive_keys(std::string_view label) const;

    /// For the vectors of the specification: an initialisation vector must never serve twice.
    [[nodiscard]] std::string encrypt_with_iv(
        const core::SecretString& plaintext, core::Timestamp now, const std::array<std::uint8_t, 16>& iv
    ) const;

 private:
    explicit FernetRing(std::vector<core::SecretString> keys) : keys_(std::move(keys)) {}

    std::vector<core::SecretString> keys_;  ///< 32 bytes each: signing key, then encryption key
};

}  // namespace pz::crypto
