#pragma once

#include <pz/core/secret.hpp>

#include <boost/describe/enum.hpp>
#include <boost/json/fwd.hpp>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Signature keys as JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037). Parsing happens once; a key is
/// then shared by all threads.
namespace pz::crypto {

/// The signature algorithms we accept. A key has exactly one; a token cannot choose.
enum class Algorithm : std::uint8_t { es256, rs256, eddsa };

/// The name in JOSE headers: "ES256", "RS256", "EdDSA".
[[nodiscard]] std::string_view algorithm_name(Algorithm algorithm) noexcept;

enum class KeyError : std::uint8_t {
    malformed,    ///< not the JSON that RFC 7517 asks for, a wrong type, length or base64url spelling
    too_large,    ///< more than 64 KB, or more than 16 keys in a set
    unsupported,  ///< another key type, curve or algorithm, or a key that is not meant for signatures
    not_public,   ///< a private or symmetric member where public keys are expected
    not_private,  ///< no private part where a signing key is expected
    weak,         ///< RSA below 2048 bits, a small exponent, or a modulus that the ROCA weakness marks
    invalid,      ///< values that are not a key: a point off the curve, a private part of another public key
    ambiguous,    ///< a set with the same kid twice, or a key without kid
    nothing_usable,  ///< a set without a single key we could use
};
BOOST_DESCRIBE_ENUM(
    KeyError,
    malformed,
    too_large,
    unsupported,
    not_public,
    not_private,
    weak,
    invalid,
    ambiguous,
    nothing_usable
)

/// A verification key. Immutable, cheap to copy, safe to use from several threads at once.
class PublicKey {
 public:
    /// Reads one public JWK: P-256 (ES256), Ed25519 (EdDSA) or RSA of 2048 to 4096 bits (RS256). "alg", "use"
    /// and "key_ops" must agree if present; a private member is refused.
    [[nodiscard]] static std::expected<PublicKey, KeyError> parse(std::string_view jwk);

    [[nodiscard]] Algorithm algorithm() const noexcept;
    /// The JWK's own kid (at most 64 bytes), or the thumbprint if it had none.
    [[nodiscard]] const std::string& kid() const noexcept;
    /// RFC 7638, SHA-256, base64url.
    [[nodiscard]] std::string thumbprint() const;
    /// The public JWK as it stands in a JWKS: required members, then alg, use and kid.
    [[nodiscard]] std::string to_jwk() const;

    /// Checks a signature in its JOSE form (RFC 7518: ECDSA is r || s, exactly 64 bytes; not DER).
    [[nodiscard]] bool verify(std::string_view signed_bytes, std::string_view signature) const;

 private:
    friend class KeySet;
    struct State;

    explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

    [[nodiscard]] static std::expected<PublicKey, KeyError> read(const boost::json::object& jwk);

    std::shared_ptr<const State> state_;
};

/// A private key with its public half. Immutable, cheap to copy, safe to use from several threads at once.
class SigningKey {
 public:
    /// A new ES256 key; kid = thumbprint.
    [[nodiscard]] static SigningKey generate();
    /// Reads a private JWK of the same kinds as PublicKey::parse; RSA needs all of n e d p q dp dq qi.
    [[nodiscard]] static std::expected<SigningKey, KeyError> parse(const core::SecretString& jwk);

    /// Valid as long as this key.
    [[nodiscard]] const PublicKey& public_key() const noexcept;
    /// The private JWK, for storage under encryption only (FernetRing).
    [[nodiscard]] core::SecretString to_jwk() const;

    /// The signature in its JOSE form. Throws std::runtime_error if OpenSSL fails, which is never the input's
    /// fault.
    [[nodiscard]] std::string sign(std::string_view bytes) const;

 private:
    struct State;

    explicit SigningKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

    std::shared_ptr<const State> state_;
};

/// The keys of one issuer, found by kid. A value; at most 16 keys.
class KeySet {
 public:
    /// Reads a JWK set (RFC 7517 section 5) of at most 64 KB. Keys of kinds we do not use are passed over, as
    /// the RFC asks; a set with a private or symmetric member, a malformed key, a key without kid or a kid
    /// twice is refused whole.
    [[nodiscard]] static std::expected<KeySet, KeyError> parse(std::string_view json);
    /// The kids must differ.
    explicit KeySet(std::vector<PublicKey> keys);

    /// Null if there is no such key; valid as long as the set.
    [[nodiscard]] const PublicKey* find(std::string_view kid) const noexcept;

    [[nodiscard]] const std::vector<PublicKey>& keys() const noexcept { return keys_; }

    /// {"keys":[…]} with public members only.
    [[nodiscard]] std::string to_json() const;

 private:
    std::vector<PublicKey> keys_;
};

}  // namespace pz::crypto
