// Whatever is accepted stays within the limits that bound memory and time.
#include <pz/core/check.hpp>
#include <pz/crypto/password_hasher.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::crypto;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto phc = parse_phc(text)) {
        PZ_CHECK(phc->cost.memory_kib >= 8 && phc->cost.memory_kib <= max_argon2_memory_kib);
        PZ_CHECK(phc->cost.iterations >= 1 && phc->cost.iterations <= max_argon2_iterations);
        PZ_CHECK(phc->salt.size() >= 8 && phc->salt.size() <= 48);
        PZ_CHECK(phc->hash.size() >= 16 && phc->hash.size() <= 64);
    }
    return 0;
}
