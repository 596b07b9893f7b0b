#include <pz/auth/support_principal.hpp>

#include <pz/crypto/digest.hpp>

#include <algorithm>
#include <string>

namespace pz::auth {

core::Uuid support_principal(const core::Uuid& tenant) {
    std::string message = "phasezero support principal v1";
    message.append(tenant.bytes.begin(), tenant.bytes.end());
    const crypto::Sha256Digest digest = crypto::sha256(message);
    core::Uuid id;
    std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);  // version 8
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);  // variant
    return id;
}

}  // namespace pz::auth
