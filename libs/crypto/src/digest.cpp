#include <pz/crypto/digest.hpp>

#include "openssl_handles.hpp"

#include <pz/core/check.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace pz::crypto {

namespace {

EvpMacContext make_hmac_sha256() {
    const EvpMac algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    PZ_CHECK(algorithm != nullptr);
    EvpMacContext context{EVP_MAC_CTX_new(algorithm.get())};
    char digest[] = "SHA2-256";
    const OSSL_PARAM parameters[]{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()
    };
    PZ_CHECK(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
    return context;
}

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
    // EVP_sha256() would look the implementation up for each call, which costs more than hashing a token.
    static const EvpMd algorithm{EVP_MD_fetch(nullptr, "SHA2-256", nullptr)};
    Sha256Digest digest;
    PZ_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm.get(), nullptr) == 1);
    return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
    // HMAC() would look two algorithms up and allocate five objects for each call, which costs more than
    // hashing a cursor or a refresh token.
    thread_local const EvpMacContext context = make_hmac_sha256();
    Sha256Digest mac;
    // Without a key OpenSSL would go on with the one before.
    const auto* key_bytes = as_bytes(key.empty() ? std::string_view{""} : key);
    PZ_CHECK(EVP_MAC_init(context.get(), key_bytes, key.size(), nullptr) == 1);
    PZ_CHECK(EVP_MAC_update(context.get(), as_bytes(message), message.size()) == 1);
    PZ_CHECK(EVP_MAC_final(context.get(), mac.data(), nullptr, mac.size()) == 1);
    return mac;
}

std::string_view bytes_of(const Sha256Digest& digest) noexcept {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pz::crypto
