#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The character classes of RFC 9110 section 5.6 that the head, the chunk lines and our own header lines
/// share.
namespace pz::http::ascii {

inline constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

[[nodiscard]] constexpr bool is_token_character(char c) noexcept {
    return token_table[static_cast<unsigned char>(c)];
}

[[nodiscard]] constexpr bool is_white_space(char c) noexcept {
    return c == ' ' || c == '\t';
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// Control characters other than HTAB never belong in a line.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/// Written so that the compiler vectorises it: a token of a kilobyte arrives with every request.
[[nodiscard]] constexpr bool has_control(std::string_view text) noexcept {
    unsigned found = 0;
    for (const char c : text) {
        found |= static_cast<unsigned>(is_control(c));
    }
    return found != 0;
}

/// Length of the token at the start of the text; 0 if there is none.
[[nodiscard]] constexpr std::size_t token_size(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && is_token_character(text[size])) {
        ++size;
    }
    return size;
}

[[nodiscard]] constexpr std::string_view skip_white_space(std::string_view text) noexcept {
    while (!text.empty() && is_white_space(text.front())) {
        text.remove_prefix(1);
    }
    return text;
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    text = skip_white_space(text);
    while (!text.empty() && is_white_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace pz::http::ascii
