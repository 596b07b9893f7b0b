#include <pz/crypto/digest.hpp>

#include "openssl_handles.hpp"

#include <pz/core/check.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace pz::crypto {

Sha256Digest sha256(std::string_view bytes) {
    // EVP_sha256() would look the implementation up for each call, which costs more than hashing a token.
    static const EvpMd algorithm{EVP_MD_fetch(nullptr, "SHA2-256", nullptr)};
    Sha256Digest digest;
    PZ_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm.get(), nullptr) == 1);
    return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
    Sha256Digest mac;
    const auto* data = reinterpret_cast<const unsigned char*>(message.data());
    PZ_CHECK(
        HMAC(
            EVP_sha256(),
            key.empty() ? "" : key.data(),
            static_cast<int>(key.size()),
            data,
            message.size(),
            mac.data(),
            nullptr
        ) != nullptr
    );
    return mac;
}

std::string_view bytes_of(const Sha256Digest& digest) noexcept {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pz::crypto
