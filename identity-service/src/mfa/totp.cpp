#include "mfa/totp.hpp"

#include <pz/core/text.hpp>
#include <pz/crypto/one_time_password.hpp>
#include <pz/crypto/placed_secret.hpp>

#include <algorithm>

namespace pz::identity::mfa {

namespace {

constexpr std::size_t secret_bytes = 20;
constexpr std::size_t recovery_bytes = 10;

std::string random_string(std::size_t size) {
    std::string bytes(size, '\0');
    core::random_bytes(bytes.data(), bytes.size());
    return bytes;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4], digits[byte & 0xF]};
        }
    }
    return encoded;
}

/// A factor is its person's in every organization.
crypto::SecretPlace place_of(const core::Uuid& person) noexcept {
    return {.column = "identity.totp.secret_encrypted", .tenant = core::public_tenant, .row = person};
}

}  // namespace

core::SecretString make_secret() {
    return core::SecretString{random_string(secret_bytes)};
}

std::string seal(
    const crypto::FernetRing& ring,
    const core::Uuid& person,
    const core::SecretString& secret,
    core::Timestamp now
) {
    return crypto::place_secret(ring, place_of(person), secret, now);
}

std::optional<core::SecretString> open(
    const crypto::FernetRing& ring, const core::Uuid& person, std::string_view sealed, core::Timestamp now
) {
    auto opened = crypto::take_secret(ring, place_of(person), sealed, now);
    if (!opened) {
        return std::nullopt;
    }
    return *std::move(opened);
}

std::optional<std::int64_t> find_step(
    const core::SecretString& secret, std::string_view code, core::Timestamp now, std::int64_t last_step
) {
    std::optional<std::int64_t> found;
    const std::int64_t middle = crypto::totp_step(now);
    for (const std::int64_t step : {middle - 1, middle, middle + 1}) {
        const bool right = crypto::equal_in_constant_time(crypto::one_time_password(secret, step), code);
        if (right && step > last_step) {
            found = step;
        }
    }
    return found;
}

std::string otpauth_uri(const core::SecretString& secret, std::string_view email) {
    return "otpauth://totp/Phase%20Zero:" + percent_encode(email) +
           "?secret=" + crypto::base32_encode(secret.reveal()) +
           "&issuer=Phase%20Zero&algorithm=SHA1&digits=6&period=30";
}

std::string make_recovery_code() {
    const std::string text = crypto::base32_encode(random_string(recovery_bytes));
    std::string code;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && i % 4 == 0) {
            code += '-';
        }
        code += text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    }
    return code;
}

crypto::Sha256Digest hash_recovery_code(const core::Uuid& person, std::string_view code) {
    std::string message = person.to_string();
    for (const char c : code) {
        if (c != '-' && c != ' ') {
            message += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
    }
    return crypto::sha256(message);
}

}  // namespace pz::identity::mfa
