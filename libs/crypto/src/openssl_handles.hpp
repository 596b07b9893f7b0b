#pragma once

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

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
using EvpCipher = OpensslHandle<EVP_CIPHER, EVP_CIPHER_free>;
using EvpCipherContext = OpensslHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using BigNumber = OpensslHandle<BIGNUM, BN_clear_free>;
using EcdsaSignature = OpensslHandle<ECDSA_SIG, ECDSA_SIG_free>;
using ParamBuilder = OpensslHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = OpensslHandle<OSSL_PARAM, OSSL_PARAM_free>;

}  // namespace pz::crypto
