#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace pz::http {

enum class ChunkedError : std::uint8_t { bad_size, bad_extension, bad_line_end, bad_trailer, body_too_large };

/// Decodes a chunked body (RFC 9112 section 7.1) piece by piece, in constant memory: size lines of at most 16
/// digits, extensions of at most 64 bytes (checked, then ignored), trailers of at most 1 KiB (checked, then
/// dropped: they never become headers, and one that names a framing, routing or credential field is refused).
class ChunkedReader {
 public:
    static constexpr std::size_t max_size_digits = 16;
    static constexpr std::size_t max_extension_bytes = 64;
    static constexpr std::size_t max_trailer_bytes = 1024;

    /// @param limit most bytes of decoded body
    explicit ChunkedReader(std::size_t limit = 0) : limit_(limit) {}

    /// Takes bytes from the front of `input`, appends what they decode to `body` (null: counts and drops it)
    /// and returns how many it took: all of them, unless the body ended before. After an error the reader
    /// must not be used again.
    [[nodiscard]] std::expected<std::size_t, ChunkedError> read(std::string_view input, std::string* body);

    /// True once the last chunk and its trailers were read.
    [[nodiscard]] bool done() const noexcept { return state_ == State::done; }

    /// Bytes of body decoded so far.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
    enum class State : std::uint8_t { size_line, data, data_end, trailer_line, done };

    [[nodiscard]] std::expected<void, ChunkedError> end_line();
    [[nodiscard]] std::expected<void, ChunkedError> end_size_line(std::string_view line);
    [[nodiscard]] std::expected<void, ChunkedError> end_trailer_line(std::string_view line);
    [[nodiscard]] std::size_t line_limit() const noexcept;
    [[nodiscard]] ChunkedError overlong_line() const noexcept;

    std::size_t limit_;
    std::size_t size_ = 0;
    std::uint64_t chunk_left_ = 0;
    State state_ = State::size_line;
    std::uint16_t trailer_bytes_ = 0;
    std::uint16_t line_size_ = 0;
    std::array<char, max_trailer_bytes + 2> line_{};  ///< the line being read, up to and including its LF
};

}  // namespace pz::http
