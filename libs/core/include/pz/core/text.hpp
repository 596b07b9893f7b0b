#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::core {

/// RFC 4648 section 5 without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
/// Strict: no padding, no white space, no character outside the alphabet, no non-zero trailing bits (so that
/// every value has exactly one spelling). nullopt otherwise.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

/// True if the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;
/// Number of code points in well-formed UTF-8.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// Percent-decoding of one component; '+' becomes a space only in the form dialect. nullopt for a broken
/// escape, a NUL, or a result that is not UTF-8.
enum class PercentDialect : std::uint8_t { uri, form };
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PercentDialect dialect);

/// One name=value pair of a query string or an application/x-www-form-urlencoded body, decoded.
struct FormField {
    std::string name;
    std::string value;
};

/// At most 64 fields; nullopt when a pair cannot be decoded or there are more.
[[nodiscard]] std::optional<std::vector<FormField>> parse_form(std::string_view text);

/// Cryptographically random bytes from the operating system's generator (getrandom via OpenSSL).
void random_bytes(void* out, std::size_t size);
[[nodiscard]] std::string random_token(std::size_t bytes);

}  // namespace pz::core
