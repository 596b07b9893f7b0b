// No input decrypts that the ring did not make; the MAC is computed for the fuzzer, so that the rest is
// reached too.
#include <pz/crypto/fernet.hpp>

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace pz;

const core::SecretString key{std::string(43, 'A') + '='};
constexpr core::Timestamp now{std::chrono::seconds{499'162'800}};

/// The input behind the version byte, with a right MAC.
std::string authenticated(std::string_view input) {
    std::string token = '\x80' + std::string{input};
    const std::string keys = core::base64url_decode(std::string_view{key.reveal()}.substr(0, 43)).value();
    const crypto::Sha256Digest mac = crypto::hmac_sha256(std::string_view{keys}.substr(0, 16), token);
    token += crypto::bytes_of(mac);
    std::string text = core::base64url_encode(token);
    text.resize((text.size() + 3) / 4 * 4, '=');
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto ring = crypto::FernetRing::parse(key);
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    PZ_CHECK(!ring->decrypt(text, now).has_value());
    (void)ring->decrypt(authenticated(text), now, std::chrono::seconds{60});
    (void)ring->needs_reencryption(text);
    (void)crypto::FernetRing::parse(core::SecretString{std::string{text}});
    if (size <= crypto::max_fernet_plaintext) {
        const std::string token = ring->encrypt(core::SecretString{std::string{text}}, now);
        PZ_CHECK(ring->decrypt(token, now)->reveal() == text);
    }
    return 0;
}
