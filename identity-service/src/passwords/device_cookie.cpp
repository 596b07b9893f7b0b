#include "passwords/device_cookie.hpp"

#include <pz/core/text.hpp>

#include <algorithm>

namespace pz::identity::passwords {

namespace {

constexpr std::size_t device_bytes = 16;
constexpr std::size_t time_bytes = 8;
constexpr std::size_t cookie_bytes = device_bytes + time_bytes + 32;

crypto::Sha256Digest mac(const crypto::Sha256Digest& key, std::string_view head, std::string_view email) {
    return crypto::hmac_sha256(crypto::bytes_of(key), std::string{head}.append(email));
}

}  // namespace

std::string DeviceCookies::make(const core::Uuid& device, std::string_view email, core::Timestamp now) const {
    std::string bytes(device.bytes.begin(), device.bytes.end());
    const auto seconds = static_cast<std::uint64_t>(core::unix_seconds(now));
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(seconds >> shift & 0xFF);
    }
    const crypto::Sha256Digest code = mac(keys_.front(), bytes, email);
    return core::base64url_encode(bytes.append(crypto::bytes_of(code)));
}

std::optional<core::Uuid> DeviceCookies::find(
    std::string_view cookie, std::string_view email, core::Timestamp now
) const {
    const std::optional<std::string> bytes = core::base64url_decode(cookie);
    if (!bytes || bytes->size() != cookie_bytes) {
        return std::nullopt;
    }
    const std::string_view head = std::string_view{*bytes}.substr(0, device_bytes + time_bytes);
    bool good = false;
    for (const crypto::Sha256Digest& key : keys_) {
        const crypto::Sha256Digest expected = mac(key, head, email);
        good |= crypto::equal_in_constant_time(
            crypto::bytes_of(expected), std::string_view{*bytes}.substr(head.size())
        );
    }
    std::uint64_t seconds = 0;
    for (const char c : head.substr(device_bytes)) {
        seconds = seconds << 8 | static_cast<unsigned char>(c);
    }
    // Only what we made has a time that fits: the code has been checked by then.
    if (!good || core::Timestamp{std::chrono::seconds{seconds}} + lifetime <= now) {
        return std::nullopt;
    }
    core::Uuid device;
    std::ranges::copy(head.substr(0, device_bytes), device.bytes.begin());
    return device;
}

}  // namespace pz::identity::passwords
