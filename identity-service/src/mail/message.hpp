#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Mail: what it says, how it is written on the wire, and how it goes out.
namespace pz::identity::mail {

/// What one person gets, as plain text with "\n" at line ends.
struct Letter {
    std::string to;  ///< is_address() holds
    std::string subject;
    std::string text;
};

/// Who a letter comes from: "Phase Zero <no-reply@example.com>", or the address alone.
struct Mailbox {
    std::string name;
    std::string address;

    [[nodiscard]] static std::optional<Mailbox> parse(std::string_view text);
};

/// An address as letters are sent to: RFC 5321's Mailbox without quoted strings, address literals and
/// anything that is not ASCII, at most 254 characters. What passes needs no escaping in any header.
[[nodiscard]] bool is_address(std::string_view text) noexcept;

/// A name that somebody chose, made fit for a line of a letter: no line ends, control characters or marks
/// that turn the direction of text around, at most `limit` code points.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit = 80);

/// The letter as RFC 5322 and MIME have it: ASCII, CRLF, lines of at most 76 characters (RFC 2045's
/// quoted-printable, RFC 2047's encoded words). Nothing in it can become a header that is not ours. Throws
/// std::invalid_argument unless `letter.to` is an address.
[[nodiscard]] std::string compose(
    const Letter& letter, const Mailbox& from, const core::Uuid& id, core::Timestamp date
);

}  // namespace pz::identity::mail
