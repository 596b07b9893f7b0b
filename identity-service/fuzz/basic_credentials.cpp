// A client's Basic header: what is read stands in the header, form-encoded behind base64, and nothing but the
// scheme Basic is read at all.
#include "token/basic_credentials.hpp"

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::string encode_base64(std::string_view bytes) {
    std::string text = pz::core::base64url_encode(bytes);
    for (char& c : text) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return text.append((4 - text.size() % 4) % 4, '=');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::identity::token;
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const auto read = parse_basic(bytes);
    PZ_CHECK(!read || (pz::core::is_utf8(read->id) && !read->id.contains('\0')));

    // The same bytes as a user and password: there is one way to read them, and it is found.
    const auto pair = parse_basic("bAsIc " + encode_base64(bytes));
    const std::size_t colon = bytes.find(':');
    PZ_CHECK(!pair || colon != std::string_view::npos);
    if (pair) {
        using enum pz::core::PercentDialect;
        PZ_CHECK(pair->id == pz::core::percent_decode(bytes.substr(0, colon), form));
        PZ_CHECK(pair->secret.reveal() == pz::core::percent_decode(bytes.substr(colon + 1), form));
    }
    PZ_CHECK(!parse_basic("Bearer " + encode_base64(bytes)));
    return 0;
}
