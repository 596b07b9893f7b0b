// No input verifies: the fuzzer does not have the key. What is taken apart must be the only spelling of its
// parts.
#include <pz/crypto/jws.hpp>

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::crypto;
    static const SigningKey key = SigningKey::generate();
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto jws = parse_compact(text)) {
        PZ_CHECK(size <= max_jws_size && jws->kid.size() <= max_kid_size);
        std::string spelled{jws->signing_input};
        spelled += '.' + pz::core::base64url_encode(jws->signature);
        PZ_CHECK(spelled == text);
        PZ_CHECK(spelled.contains('.' + pz::core::base64url_encode(jws->payload) + '.'));
        PZ_CHECK(!verify(*jws, key.public_key()));
    }
    // The header is JSON inside base64url, which a fuzzer hardly finds: hand it the inside as well.
    (void)parse_compact(pz::core::base64url_encode(text) + ".e30.AAAA");
    return 0;
}
