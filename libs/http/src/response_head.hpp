#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pz::http {

/// "OK", "Not Found"; "Unknown" for a status without a registered phrase.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// The Date line of every response of one thread (RFC 9110 section 6.6.1), rendered once per second.
class DateLine {
 public:
    DateLine() { update(std::chrono::system_clock::now()); }

    void update(std::chrono::system_clock::time_point now);

    /// "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n"
    [[nodiscard]] std::string_view text() const noexcept { return {line_.data(), line_.size()}; }

 private:
    std::chrono::sys_seconds second_;
    std::array<char, 37> line_{};
};

/// How a client finds the end of the body (RFC 9112 section 6.3).
enum class Framing : std::uint8_t { length, chunks, end_of_connection };

/// What a response head is made of. The views need to live for the call only.
struct ResponseHead {
    unsigned status = 500;
    std::string_view content_type;  ///< empty: none
    std::string_view fields;        ///< further header lines, each with its CRLF
    Framing framing = Framing::length;
    std::size_t content_length = 0;  ///< for Framing::length
    bool close = false;
};

/// True for the statuses that never have content: 1xx, 204, 304.
[[nodiscard]] bool has_no_content(unsigned status) noexcept;

void append_head(std::string& out, const ResponseHead& head, std::string_view date_line);

}  // namespace pz::http
