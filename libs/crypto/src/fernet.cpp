#include <pz/crypto/fernet.hpp>

#include "openssl_handles.hpp"

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace pz::crypto {

namespace {

// Version | Timestamp | IV | Ciphertext | HMAC
constexpr char version = '\x80';
constexpr std::size_t time_size = 8;
constexpr std::size_t block_size = 16;  // of AES, and so of the initialisation vector
constexpr std::size_t mac_size = 32;
constexpr std::size_t header_size = 1 + time_size + block_size;
constexpr std::size_t overhead = header_size + mac_size;
constexpr std::size_t key_half = 16;
constexpr std::size_t max_keys = 16;
constexpr std::size_t max_token_size = (overhead + max_fernet_plaintext + block_size + 2) / 3 * 4;
constexpr std::uint64_t max_clock_difference = 60;  // seconds, as the reference implementations have it

/// Fernet pads its base64url; apart from that our strict decoder's rules hold.
std::string encode_padded(std::string_view bytes) {
    std::string text = core::base64url_encode(bytes);
    text.resize((text.size() + 3) / 4 * 4, '=');
    return text;
}

std::optional<std::string> decode_padded(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int i = 0; i < 2 && text.ends_with('='); ++i) {
        text.remove_suffix(1);
    }
    return core::base64url_decode(text);
}

/// One token taken apart; the views point into `bytes`.
struct Parts {
    std::string bytes;

    [[nodiscard]] std::string_view authenticated() const {
        return std::string_view{bytes}.substr(0, bytes.size() - mac_size);
    }

    [[nodiscard]] std::string_view mac() const {
        return std::string_view{bytes}.substr(bytes.size() - mac_size);
    }

    [[nodiscard]] std::string_view iv() const {
        return std::string_view{bytes}.substr(1 + time_size, block_size);
    }

    [[nodiscard]] std::string_view ciphertext() const { return authenticated().substr(header_size); }

    [[nodiscard]] std::uint64_t seconds() const {
        std::uint64_t value = 0;
        for (const char c : std::string_view{bytes}.substr(1, time_size)) {
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }

    [[nodiscard]] bool made_by(const core::SecretString& key) const {
        const std::string_view signing_key = std::string_view{key.reveal()}.substr(0, key_half);
        return equal_in_constant_time(bytes_of(hmac_sha256(signing_key, authenticated())), mac());
    }
};

std::optional<Parts> take_apart(std::string_view token) {
    if (token.size() > max_token_size) {
        return std::nullopt;
    }
    auto bytes = decode_padded(token);
    if (!bytes || bytes->size() < overhead + block_size || (bytes->size() - overhead) % block_size != 0 ||
        bytes->front() != version) {
        return std::nullopt;
    }
    return Parts{std::move(*bytes)};
}

enum class Direction : std::uint8_t { decrypt, encrypt };

/// AES-128-CBC with PKCS #7 padding; nullopt for a wrong padding.
std::optional<core::SecretString> run_cipher(
    Direction direction, const core::SecretString& key, std::string_view iv, std::string_view in
) {
    const ErrorQueueGuard guard;
    const EvpCipherContext context{EVP_CIPHER_CTX_new()};
    PZ_CHECK(
        EVP_CipherInit_ex2(
            context.get(),
            EVP_aes_128_cbc(),
            as_bytes(key.reveal()) + key_half,
            as_bytes(iv),
            static_cast<int>(direction),
            nullptr
        ) == 1
    );
    std::string out(in.size() + block_size, '\0');
    auto* bytes = reinterpret_cast<unsigned char*>(out.data());
    int size = 0;
    int tail = 0;
    const bool good =
        EVP_CipherUpdate(context.get(), bytes, &size, as_bytes(in), static_cast<int>(in.size())) == 1 &&
        EVP_CipherFinal_ex(context.get(), bytes + size, &tail) == 1;
    if (!good) {
        core::wipe(out.data(), out.size());
        return std::nullopt;
    }
    out.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(tail));
    return core::SecretString{std::move(out)};
}

std::uint64_t seconds_of(core::Timestamp time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(core::unix_seconds(time), 0));
}

}  // namespace

std::expected<FernetRing, FernetError> FernetRing::parse(const core::SecretString& text) {
    std::vector<core::SecretString> keys;
    std::string_view rest = text.reveal();
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        auto key = decode_padded(rest.substr(0, comma));
        const auto is_same = [&](const core::SecretString& other) { return other.reveal() == *key; };
        if (!key || key->size() != 2 * key_half || keys.size() == max_keys ||
            std::ranges::any_of(keys, is_same)) {
            return std::unexpected(FernetError::bad_key);
        }
        keys.emplace_back(std::move(*key));
        more = comma != std::string_view::npos;
        rest.remove_prefix(more ? comma + 1 : rest.size());
    }
    return FernetRing{std::move(keys)};
}

core::SecretString FernetRing::generate_key() {
    std::string bytes(2 * key_half, '\0');
    core::random_bytes(bytes.data(), bytes.size());
    core::SecretString key{encode_padded(bytes)};
    core::wipe(bytes.data(), bytes.size());
    return key;
}

std::string FernetRing::encrypt(const core::SecretString& plaintext, core::Timestamp now) const {
    std::array<std::uint8_t, block_size> iv{};
    core::random_bytes(iv.data(), iv.size());
    return encrypt_with_iv(plaintext, now, iv);
}

std::string FernetRing::encrypt_with_iv(
    const core::SecretString& plaintext, core::Timestamp now, const std::array<std::uint8_t, 16>& iv
) const {
    if (plaintext.reveal().size() > max_fernet_plaintext) {
        throw std::length_error("a secret of more than 64 KB cannot be stored");
    }
    const std::string_view iv_bytes{reinterpret_cast<const char*>(iv.data()), iv.size()};
    const auto ciphertext = run_cipher(Direction::encrypt, keys_.front(), iv_bytes, plaintext.reveal());
    PZ_CHECK(ciphertext.has_value());
    std::string token{version};
    const std::uint64_t seconds = seconds_of(now);
    for (int shift = 56; shift >= 0; shift -= 8) {
        token += static_cast<char>(seconds >> shift & 0xFF);
    }
    token += iv_bytes;
    token += ciphertext->reveal();
    const Sha256Digest mac = hmac_sha256(std::string_view{keys_.front().reveal()}.substr(0, key_half), token);
    token += bytes_of(mac);
    return encode_padded(token);
}

std::expected<core::SecretString, FernetError> FernetRing::decrypt(
    std::string_view token, core::Timestamp now, std::optional<std::chrono::seconds> time_to_live
) const {
    const auto parts = take_apart(token);
    if (!parts) {
        return std::unexpected(FernetError::malformed);
    }
    const auto key =
        std::ranges::find_if(keys_, [&](const auto& candidate) { return parts->made_by(candidate); });
    if (key == keys_.end()) {
        return std::unexpected(FernetError::not_ours);
    }
    if (time_to_live) {
        const std::uint64_t made = parts->seconds();
        const std::uint64_t present = seconds_of(now);
        if (made > present && made - present > max_clock_difference) {
            return std::unexpected(FernetError::too_new);
        }
        if (present > made && present - made > static_cast<std::uint64_t>(time_to_live->count())) {
            return std::unexpected(FernetError::expired);
        }
    }
    auto plaintext = run_cipher(Direction::decrypt, *key, parts->iv(), parts->ciphertext());
    if (!plaintext) {
        return std::unexpected(FernetError::malformed);
    }
    return std::move(*plaintext);
}

bool FernetRing::needs_reencryption(std::string_view token) const {
    const auto parts = take_apart(token);
    return parts && !parts->made_by(keys_.front());
}

std::vector<Sha256Digest> FernetRing::derive_keys(std::string_view label) const {
    std::vector<Sha256Digest> derived;
    derived.reserve(keys_.size());
    for (const core::SecretString& key : keys_) {
        derived.push_back(hmac_sha256(key.reveal(), label));
    }
    return derived;
}

}  // namespace pz::crypto
