// Whatever is accepted stays within the limits that bound memory and time, and is the only spelling of its
// parts.
#include <pz/core/check.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/password_hasher.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

/// RFC 4648 section 4 without padding, as PHC strings have it.
std::string base64(std::string_view bytes) {
    std::string text = pz::core::base64url_encode(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::crypto;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto phc = parse_phc(text)) {
        PZ_CHECK(phc->cost.memory_kib >= 8 && phc->cost.memory_kib <= max_argon2_memory_kib);
        PZ_CHECK(phc->cost.iterations >= 1 && phc->cost.iterations <= max_argon2_iterations);
        PZ_CHECK(phc->salt.size() >= 8 && phc->salt.size() <= 48);
        PZ_CHECK(phc->hash.size() >= 16 && phc->hash.size() <= 64);
        std::string spelled = "$argon2id$v=19$m=" + std::to_string(phc->cost.memory_kib);
        spelled += ",t=" + std::to_string(phc->cost.iterations) + ",p=1";
        spelled += '$' + base64(phc->salt) + '$' + base64(phc->hash);
        PZ_CHECK(spelled == text);
    }
    return 0;
}
