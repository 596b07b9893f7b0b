// A set that is accepted prints public members only and reads back as itself.
#include <pz/core/check.hpp>
#include <pz/crypto/key.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::crypto;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto keys = KeySet::parse(text)) {
        PZ_CHECK(!keys->keys().empty() && keys->keys().size() <= 16);
        const auto again = KeySet::parse(keys->to_json());
        PZ_CHECK(again.has_value() && again->to_json() == keys->to_json());
        PZ_CHECK(!keys->keys().front().verify(text, text));
    }
    (void)PublicKey::parse(text);
    (void)SigningKey::parse(pz::core::SecretString{std::string{text}});
    return 0;
}
