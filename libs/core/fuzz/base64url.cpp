// Whatever the strict decoder accepts has exactly one spelling.
#include <pz/core/check.hpp>
#include <pz/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto bytes = pz::core::base64url_decode(text)) {
        PZ_CHECK(pz::core::base64url_encode(*bytes) == text);
    }
    PZ_CHECK(pz::core::base64url_decode(pz::core::base64url_encode(text)) == text);
    return 0;
}
