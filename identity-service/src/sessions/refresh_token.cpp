#include "sessions/refresh_token.hpp"

#include <pz/core/text.hpp>

#include <algorithm>

namespace pz::identity::sessions {

namespace {

constexpr std::size_t counter_bytes = 4;
constexpr std::size_t token_bytes = 16 + counter_bytes + 32;

std::string big_endian(std::int32_t counter) {
    const auto value = static_cast<std::uint32_t>(counter);
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(value >> shift & 0xFF);
    }
    return bytes;
}

crypto::Sha256Digest mac(
    const crypto::Sha256Digest& key,
    const core::Uuid& session,
    const std::vector<std::uint8_t>& nonce,
    std::int32_t counter
) {
    std::string message(session.bytes.begin(), session.bytes.end());
    message.append(nonce.begin(), nonce.end());
    message += big_endian(counter);
    return crypto::hmac_sha256(crypto::bytes_of(key), message);
}

}  // namespace

RefreshTokenCodec::RefreshTokenCodec(const std::vector<core::SecretString>& ring) {
    for (const core::SecretString& key : ring) {
        keys_.push_back(crypto::hmac_sha256(key.reveal(), "phasezero refresh token v1"));
    }
}

std::string RefreshTokenCodec::make(
    const core::Uuid& session, const std::vector<std::uint8_t>& nonce, std::int32_t counter
) const {
    std::string bytes(session.bytes.begin(), session.bytes.end());
    bytes += big_endian(counter);
    bytes += crypto::bytes_of(mac(keys_.front(), session, nonce, counter));
    return core::base64url_encode(bytes);
}

std::optional<RefreshToken> RefreshTokenCodec::parse(std::string_view text) {
    const auto bytes = core::base64url_decode(text);
    if (!bytes || bytes->size() != token_bytes) {
        return std::nullopt;
    }
    RefreshToken token;
    std::ranges::copy(bytes->substr(0, 16), token.session.bytes.begin());
    std::uint32_t counter = 0;
    for (std::size_t i = 0; i < counter_bytes; ++i) {
        counter = counter << 8 | static_cast<unsigned char>((*bytes)[16 + i]);
    }
    if (counter > 0x7FFF'FFFF) {
        return std::nullopt;
    }
    token.counter = static_cast<std::int32_t>(counter);
    std::ranges::copy(bytes->substr(16 + counter_bytes), token.mac.begin());
    return token;
}

bool RefreshTokenCodec::verify(const RefreshToken& token, const std::vector<std::uint8_t>& nonce) const {
    bool good = false;
    for (const crypto::Sha256Digest& key : keys_) {
        const crypto::Sha256Digest expected = mac(key, token.session, nonce, token.counter);
        good |= crypto::equal_in_constant_time(crypto::bytes_of(expected), crypto::bytes_of(token.mac));
    }
    return good;
}

}  // namespace pz::identity::sessions
