#include <pz/crypto/one_time_password.hpp>

#include <pz/core/check.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace pz::crypto {

std::int64_t totp_step(core::Timestamp time) noexcept {
    constexpr std::int64_t step_seconds = 30;
    return core::unix_seconds(time) / step_seconds;
}

std::string one_time_password(const core::SecretString& secret, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i) {
        counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
    }
    std::array<unsigned char, 20> mac{};
    unsigned size = 0;
    const unsigned char* made = HMAC(
        EVP_sha1(),
        secret.reveal().data(),
        static_cast<int>(secret.reveal().size()),
        counter.data(),
        counter.size(),
        mac.data(),
        &size
    );
    PZ_CHECK(made != nullptr && size == mac.size());
    // RFC 4226 section 5.3: the last four bits say where the 31 bits of the code are.
    const std::size_t at = mac.back() & 0x0F;
    const std::uint32_t number = (static_cast<std::uint32_t>(mac[at]) & 0x7F) << 24 |
                                 static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                                 static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
    const std::string digits = std::to_string(number % 1'000'000);
    return std::string(6 - digits.size(), '0') + digits;
}

std::string base32_encode(std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (count += 8; count >= 5; count -= 5) {
            text += alphabet[bits >> (count - 5) & 0x1F];
        }
    }
    if (count > 0) {
        text += alphabet[bits << (5 - count) & 0x1F];
    }
    return text;
}

}  // namespace pz::crypto
