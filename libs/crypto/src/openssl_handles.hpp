#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string_view>

/// Owning pointers for OpenSSL's objects.
namespace pz::crypto {

template <auto free_function>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const noexcept {
        free_function(object);
    }
};

template <class T, auto free_function>
using OpensslHandle = std::unique_ptr<T, OpensslDeleter<free_function>>;

using EvpPkey = OpensslHandle<EVP_PKEY, EVP_PKEY_free>;
using EvpPkeyContext = OpensslHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using EvpMd = OpensslHandle<EVP_MD, EVP_MD_free>;
using EvpMdContext = OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EvpMac = OpensslHandle<EVP_MAC, EVP_MAC_free>;
using EvpMacContext = OpensslHandle<EVP_MAC_CTX, EVP_MAC_CTX_free>;
using EvpCipherContext = OpensslHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using BigNumber = OpensslHandle<BIGNUM, BN_clear_free>;
using EcdsaSignature = OpensslHandle<ECDSA_SIG, ECDSA_SIG_free>;
using ParamBuilder = OpensslHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = OpensslHandle<OSSL_PARAM, OSSL_PARAM_free>;

/// OpenSSL leaves the reasons of a failure in a queue of the thread, where the next user of the thread
/// (libpq, libcurl) would take them for its own. Every function that lets OpenSSL fail on input holds one of
/// these.
struct ErrorQueueGuard {
    ErrorQueueGuard() = default;
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;

    ~ErrorQueueGuard() { ERR_clear_error(); }
};

[[nodiscard]] inline const unsigned char* as_bytes(std::string_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace pz::crypto
