#pragma once

#include <pz/crypto/key.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// JSON Web Signature, compact serialisation only (RFC 7515), with the restrictions of RFC 8725.
namespace pz::crypto {

inline constexpr std::size_t max_jws_size = std::size_t{8} * 1024;
inline constexpr std::size_t max_kid_size = 64;

enum class JwsError : std::uint8_t {
    too_large,         ///< more than max_jws_size
    malformed,         ///< not three parts of canonical base64url
    bad_header,        ///< not a JSON object, duplicate members, alg/kid/typ absent or of a wrong type
    forbidden_header,  ///< jku, x5u, jwk, x5c (a key from the token) or crit, b64, zip, enc (another meaning)
    unsupported_algorithm,  ///< anything but exactly ES256, RS256, EdDSA; "none" and HS* in every spelling
};
BOOST_DESCRIBE_ENUM(JwsError, too_large, malformed, bad_header, forbidden_header, unsupported_algorithm)

/// A token taken apart and well-formed, but not yet verified: nothing in it may be believed.
struct CompactJws {
    Algorithm algorithm;
    std::string kid;                 ///< empty if the header has none
    std::string typ;                 ///< empty if the header has none
    std::string payload;             ///< decoded bytes
    std::string signature;           ///< decoded bytes
    std::string_view signing_input;  ///< a view into the token that was parsed
};

[[nodiscard]] std::expected<CompactJws, JwsError> parse_compact(std::string_view token);

/// True if the key made this signature with the key's own algorithm. The caller has chosen the key.
[[nodiscard]] bool verify(const CompactJws& jws, const PublicKey& key);

/// header {"alg","typ","kid"} from the key and `typ`; the payload is taken as it is.
[[nodiscard]] std::string sign_compact(std::string_view typ, std::string_view payload, const SigningKey& key);

}  // namespace pz::crypto
