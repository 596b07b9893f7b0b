#include <pz/core/uuid.hpp>

#include <pz/core/text.hpp>

#include <array>
#include <cstring>
#include <string_view>

namespace pz::core {

namespace {

/// The two digits of each byte.
constexpr auto hex_pairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
        pairs[byte] = {digits[byte >> 4], digits[byte & 0xF]};
    }
    return pairs;
}();

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
    std::array<char, text_size> text;
    char* at = text.data();
    // Unrolled: a page of rows prints dozens of these, and the loop is half of the work.
#pragma clang loop unroll(full)
    for (std::size_t byte = 0; byte < 16; ++byte) {
        if (dash_before(byte)) {
            *at++ = '-';
        }
        std::memcpy(at, hex_pairs[bytes[byte]].data(), 2);
        at += 2;
    }
    out.append(text.data(), text.size());
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
