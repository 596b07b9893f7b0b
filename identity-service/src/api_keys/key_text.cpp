#include "api_keys/key_text.hpp"

#include <pz/core/text.hpp>

#include <boost/crc.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace pz::identity::api_keys {

namespace {

constexpr std::string_view prefix = "pzk_";
constexpr std::size_t id_size = 32;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_size = 43;
constexpr std::size_t checksum_size = 6;
constexpr std::size_t key_size = prefix.size() + id_size + 1 + secret_size + checksum_size;

std::string checksum_of(std::string_view text) {
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(crc.checksum() >> shift & 0xFF);
    }
    return core::base64url_encode(bytes);
}

std::string digits_of(const core::Uuid& id) {
    std::string digits = id.to_string();
    std::erase(digits, '-');
    return digits;
}

/// Lower case only: a key has one spelling.
std::optional<core::Uuid> id_of(std::string_view digits) {
    std::string text{digits};
    for (const std::size_t dash : {20U, 16U, 12U, 8U}) {
        text.insert(dash, 1, '-');
    }
    const std::optional<core::Uuid> id = core::Uuid::parse(text);
    return id && digits_of(*id) == digits ? id : std::nullopt;
}

}  // namespace

NewKey make_key(const core::Uuid& id) {
    std::string bytes(secret_bytes, '\0');
    core::random_bytes(bytes.data(), bytes.size());
    const core::SecretString secret{std::move(bytes)};
    std::string text;
    text.reserve(key_size);
    text += prefix;
    text += digits_of(id);
    text += '_';
    text += core::base64url_encode(secret.reveal());
    text += checksum_of(text);
    return {.text = core::SecretString{std::move(text)}, .secret_hash = crypto::sha256(secret.reveal())};
}

std::optional<PresentedKey> parse_key(std::string_view text) {
    if (text.size() != key_size || !text.starts_with(prefix) || text[prefix.size() + id_size] != '_' ||
        checksum_of(text.substr(0, key_size - checksum_size)) != text.substr(key_size - checksum_size)) {
        return std::nullopt;
    }
    const std::optional<core::Uuid> id = id_of(text.substr(prefix.size(), id_size));
    auto bytes = core::base64url_decode(text.substr(prefix.size() + id_size + 1, secret_size));
    if (!id || !bytes) {
        return std::nullopt;
    }
    const core::SecretString secret{std::move(*bytes)};
    return PresentedKey{.id = *id, .secret_hash = crypto::sha256(secret.reveal())};
}

}  // namespace pz::identity::api_keys
