#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/fernet.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Second factors: authenticator apps (RFC 6238) and recovery codes.
namespace pz::identity::mfa {

/// 20 random bytes.
[[nodiscard]] core::SecretString make_secret();

/// Ciphertext with the person inside (crypto::place_secret): a row copied to somebody else opens nothing.
[[nodiscard]] std::string seal(
    const crypto::FernetRing& ring,
    const core::Uuid& person,
    const core::SecretString& secret,
    core::Timestamp now
);
/// nullopt if it was sealed for somebody else, or by no key of the ring.
[[nodiscard]] std::optional<core::SecretString> open(
    const crypto::FernetRing& ring, const core::Uuid& person, std::string_view sealed, core::Timestamp now
);

/// The step whose code this is: now, the one before or the one after, and later than every step that was
/// accepted before.
[[nodiscard]] std::optional<std::int64_t> find_step(
    const core::SecretString& secret, std::string_view code, core::Timestamp now, std::int64_t last_step
);

/// What an app reads as a QR code: otpauth://totp/Phase%20Zero:jo%40acme.example?secret=…
[[nodiscard]] std::string otpauth_uri(const core::SecretString& secret, std::string_view email);

inline constexpr int recovery_code_count = 10;

/// 80 random bits, as four groups of four letters and digits.
[[nodiscard]] std::string make_recovery_code();
/// What is stored and compared; spaces, hyphens and case do not matter. Every code is random, so a plain hash
/// is enough.
[[nodiscard]] crypto::Sha256Digest hash_recovery_code(const core::Uuid& person, std::string_view code);

}  // namespace pz::identity::mfa
