#include <pz/core/uuid.hpp>

#include <pz/core/text.hpp>

#include <cstring>

namespace pz::core {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

constexpr bool dash_before(std::size_t byte) noexcept {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
    if (text.size() != text_size) {
        return std::nullopt;
    }
    Uuid id;
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < id.bytes.size(); ++byte) {
        if (dash_before(byte) && text[at++] != '-') {
            return std::nullopt;
        }
        const int high = hex_value(text[at]);
        const int low = hex_value(text[at + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        id.bytes[byte] = static_cast<std::uint8_t>(high << 4 | low);
        at += 2;
    }
    return id;
}

Uuid Uuid::v7(const Clock& clock) {
    Uuid id;
    random_bytes(id.bytes.data(), id.bytes.size());
    const auto milliseconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(clock.now()).time_since_epoch().count()
    );
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
    }
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x70);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

void Uuid::append_to(std::string& out) const {
    const std::size_t start = out.size();
    out.resize(start + text_size);
    char* at = out.data() + start;
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
        if (dash_before(byte)) {
            *at++ = '-';
        }
        *at++ = hex_digits[bytes[byte] >> 4];
        *at++ = hex_digits[bytes[byte] & 0xF];
    }
}

std::string Uuid::to_string() const {
    std::string text;
    append_to(text);
    return text;
}

}  // namespace pz::core

std::size_t std::hash<pz::core::Uuid>::operator()(const pz::core::Uuid& id) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes.data(), sizeof high);
    std::memcpy(&low, id.bytes.data() + sizeof high, sizeof low);
    return static_cast<std::size_t>(high * 0x9E3779B97F4A7C15ULL ^ low);
}
