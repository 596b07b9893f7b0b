// An accepted identifier has 36 characters and prints as them, in lower case; any 16 bytes print as text that
// is accepted.
#include <pz/core/uuid.hpp>

#include <pz/core/check.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using pz::core::Uuid;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto id = Uuid::parse(text)) {
        std::string lower{text};
        std::ranges::transform(lower, lower.begin(), [](char c) {
            return c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c;
        });
        PZ_CHECK(id->to_string() == lower && size == Uuid::text_size);
    }
    Uuid made;
    std::copy_n(data, std::min(size, made.bytes.size()), made.bytes.begin());
    PZ_CHECK(Uuid::parse(made.to_string()) == made);
    return 0;
}
