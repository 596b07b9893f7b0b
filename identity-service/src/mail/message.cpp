#include "mail/message.hpp"

#include <pz/core/text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace pz::identity::mail {

namespace {

constexpr std::size_t line_limit = 76;

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322's dot-atom.
bool is_dot_atom(std::string_view text) noexcept {
    constexpr std::string_view more = "!#$%&'*+-/=?^_`{|}~";
    bool after_dot = true;
    for (const char c : text) {
        if (c == '.' ? after_dot : !is_alphanumeric(c) && !more.contains(c)) {
            return false;
        }
        after_dot = c == '.';
    }
    return !after_dot;
}

bool is_domain(std::string_view text) noexcept {
    while (true) {
        const std::string_view label = text.substr(0, text.find('.'));
        const bool good = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                          label.back() != '-' &&
                          std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
        if (!good) {
            return false;
        }
        if (label.size() == text.size()) {
            return true;
        }
        text.remove_prefix(label.size() + 1);
    }
}

std::size_t length_of_code_point(char first) noexcept {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Control characters, line ends by any name, and what reorders the text around it or hides in it.
bool is_unfit_for_a_line(std::string_view code_point) noexcept {
    const auto first = static_cast<unsigned char>(code_point.front());
    if (code_point.size() == 1) {
        return first < 0x20 || first == 0x7F;
    }
    return (first == 0xC2 && static_cast<unsigned char>(code_point[1]) < 0xA0) ||  // U+0080 to U+009F
           code_point == "\u061C" || (code_point >= "\u200B" && code_point <= "\u200F") ||
           (code_point >= "\u2028" && code_point <= "\u202E") ||
           (code_point >= "\u2060" && code_point <= "\u206F") || code_point == "\uFEFF";
}

/// Standard base64 with padding.
std::string base64(std::string_view bytes) {
    std::string text = core::base64url_encode(bytes);
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

/// RFC 2047: one encoded word a line.
std::string encoded_words(std::string_view text) {
    constexpr std::size_t bytes_of_a_word = 45;  // 75 characters with "=?UTF-8?B?" and "?="
    std::string words;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size() && size + length_of_code_point(text[size]) <= bytes_of_a_word) {
            size += length_of_code_point(text[size]);
        }
        size = std::min(size, text.size());
        words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, size)) + "?=";
        text.remove_prefix(size);
    }
    return words;
}

/// Text of a header: as it is when that is plain and short, else encoded.
std::string header_text(std::string_view text) {
    const bool plain = text.size() <= 60 && !text.contains("=?") && !text.starts_with(' ') &&
                       !text.ends_with(' ') &&
                       std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    return plain ? std::string{text} : encoded_words(text);
}

/// RFC 5322's display name. Letters, digits and spaces need no quotes; anything else is encoded.
std::string display_name(std::string_view name) {
    const bool plain =
        name.size() <= 60 && std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == ' '; });
    return plain ? std::string{name} : encoded_words(name);
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            out += "\r\n";
            column = 0;
            continue;
        }
        const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
        // A dot that begins a line ends the message in SMTP.
        const bool plain =
            (c > ' ' && c <= '~' && c != '=' && (c != '.' || column > 0)) || (c == ' ' && !at_end);
        const std::size_t width = plain ? 1 : 3;
        if (column + width > line_limit - 1) {
            out += "=\r\n";
            column = 0;
        }
        if (plain && (c != '.' || column > 0)) {
            out += c;
            ++column;
        } else {
            out += fmt::format("={:02X}", static_cast<unsigned char>(c));
            column += 3;
        }
    }
    return out + "\r\n";
}

}  // namespace

std::optional<Mailbox> Mailbox::parse(std::string_view text) {
    const std::size_t bracket = text.find('<');
    if (bracket == std::string_view::npos) {
        return is_address(text) ? std::optional{Mailbox{{}, std::string{text}}} : std::nullopt;
    }
    if (!text.ends_with('>')) {
        return std::nullopt;
    }
    std::string_view name = text.substr(0, bracket);
    while (name.ends_with(' ')) {
        name.remove_suffix(1);
    }
    const std::string_view address = text.substr(bracket + 1, text.size() - bracket - 2);
    if (!is_address(address) || !core::is_utf8(name) || one_line(name, name.size()) != name) {
        return std::nullopt;
    }
    return Mailbox{std::string{name}, std::string{address}};
}

bool is_address(std::string_view text) noexcept {
    const std::size_t at = text.rfind('@');
    return text.size() <= 254 && at != std::string_view::npos && at <= 64 &&
           is_dot_atom(text.substr(0, at)) && is_domain(text.substr(at + 1));
}

std::string one_line(std::string_view text, std::size_t limit) {
    std::string line;
    std::size_t count = 0;
    while (!text.empty()) {
        const std::string_view code_point = text.substr(0, length_of_code_point(text.front()));
        if (!is_unfit_for_a_line(code_point)) {
            if (++count > limit) {
                return line + "…";
            }
            line += code_point;
        } else if (!line.empty() && !line.ends_with(' ')) {
            line += ' ';
            ++count;
        }
        text.remove_prefix(code_point.size());
    }
    return line;
}

std::string compose(const Letter& letter, const Mailbox& from, const core::Uuid& id, core::Timestamp date) {
    if (!is_address(letter.to)) {
        throw std::invalid_argument("not an address that letters can be sent to");
    }
    const std::string sender =
        from.name.empty() ? from.address : display_name(from.name) + " <" + from.address + '>';
    return fmt::format(
               "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n"
               "From: {}\r\n"
               "To: <{}>\r\n"
               "Subject: {}\r\n"
               "Message-ID: <{}@{}>\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "MIME-Version: 1.0\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n"
               "\r\n",
               std::chrono::floor<std::chrono::seconds>(date),
               sender,
               letter.to,
               header_text(one_line(letter.subject, 150)),
               id.to_string(),
               from.address.substr(from.address.rfind('@') + 1)
           ) +
           quoted_printable(letter.text);
}

}  // namespace pz::identity::mail
