// Accepted fields are few, decoded and UTF-8, and the form made of them again has the same fields in the same
// order.
#include <pz/core/check.hpp>
#include <pz/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            constexpr std::string_view hex = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', hex[byte >> 4], hex[byte & 0xF]};
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto fields = pz::core::parse_form(text);
    if (!fields) {
        return 0;
    }
    PZ_CHECK(fields->size() <= 64);
    std::string again;
    std::size_t decoded_size = 0;
    for (const auto& [name, value] : *fields) {
        for (const std::string& part : {name, value}) {
            PZ_CHECK(pz::core::is_utf8(part) && !part.contains('\0'));
            decoded_size += part.size();
        }
        append_encoded(again, name);
        again += '=';
        append_encoded(again, value);
        again += '&';
    }
    PZ_CHECK(decoded_size <= size);
    const auto same_fields = pz::core::parse_form(again);
    PZ_CHECK(same_fields && same_fields->size() == fields->size());
    for (std::size_t i = 0; i < fields->size(); ++i) {
        PZ_CHECK((*fields)[i].name == (*same_fields)[i].name);
        PZ_CHECK((*fields)[i].value == (*same_fields)[i].value);
    }
    return 0;
}
