#pragma once

#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// The signed word that an organization was erased: {"certificate":{…},"jws":"…"}, one line, where the JWS
/// (ES256, typ pz-erasure-certificate) is over the canonical form of the first member. The audit log's key
/// signs it, so whoever has that log's public keys can tell a true one from one that was written later.
namespace pz::command {

/// Not a certificate, or not as it was signed; what() says which, for a sentence that begins with the file's
/// name.
class CertificateError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct ErasureCertificate {
    core::Uuid tenant;
    std::string slug;
    std::string erased_at;  ///< RFC 3339
    std::int64_t tables = 0;
};

[[nodiscard]] std::string sign_certificate(const boost::json::object& words, const crypto::SigningKey& key);

/// Needs nothing but the public keys. Throws CertificateError.
[[nodiscard]] ErasureCertificate verify_certificate(std::string_view text, const crypto::KeySet& keys);

}  // namespace pz::command
