#include <pz/core/secret.hpp>

#include <openssl/crypto.h>

namespace pz::core {

void wipe(void* data, std::size_t size) noexcept {
    OPENSSL_cleanse(data, size);
}

}  // namespace pz::core
