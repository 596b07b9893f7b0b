#include <pz/http/chunked_reader.hpp>

#include "ascii.hpp"

#include <pz/http/head_parser.hpp>

#include <algorithm>

namespace pz::http {

namespace {

int hex_digit(char c) noexcept {
    const char low = ascii::lower(c);
    if (ascii::is_digit(c)) {
        return c - '0';
    }
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Size of the quoted-string at the start of the text, quotes included; 0 if it is not one.
std::size_t quoted_size(std::string_view text) noexcept {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            return i + 1;
        }
        if (text[i] == '\\') {
            ++i;
        }
    }
    return 0;
}

/// chunk-ext of RFC 9112 section 7.1.1, complete: *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string
/// ) ] )
bool is_extension(std::string_view text) noexcept {
    if (ascii::has_control(text)) {
        return false;
    }
    while (!text.empty()) {
        text = ascii::skip_white_space(text);
        if (!text.starts_with(';')) {
            return false;
        }
        text = ascii::skip_white_space(text.substr(1));
        const std::size_t name = ascii::token_size(text);
        if (name == 0) {
            return false;
        }
        text.remove_prefix(name);
        const std::string_view after_name = ascii::skip_white_space(text);
        if (after_name.starts_with('=')) {
            text = ascii::skip_white_space(after_name.substr(1));
            const std::size_t value = text.starts_with('"') ? quoted_size(text) : ascii::token_size(text);
            if (value == 0) {
                return false;
            }
            text.remove_prefix(value);
        }
    }
    return true;
}

/// Fields that a trailer may not carry even though we drop it: whoever sends them tries to reach a peer that
/// merges trailers into the head (RFC 9110 section 6.5.1).
bool is_refused_trailer(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 14> refused{
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    };
    return std::ranges::any_of(refused, [name](std::string_view other) {
        return same_field_name(name, other);
    });
}

bool is_trailer(std::string_view line) noexcept {
    const std::size_t name = ascii::token_size(line);
    return name != 0 && name < line.size() && line[name] == ':' && !ascii::has_control(line) &&
           !is_refused_trailer(line.substr(0, name));
}

}  // namespace

std::expected<std::size_t, ChunkedError> ChunkedReader::read(std::string_view input, std::string* body) {
    std::size_t taken = 0;
    while (taken < input.size() && state_ != State::done) {
        if (state_ == State::data) {
            const std::size_t part = std::min<std::uint64_t>(chunk_left_, input.size() - taken);
            if (body != nullptr) {
                body->append(input.substr(taken, part));
            }
            taken += part;
            size_ += part;
            chunk_left_ -= part;
            if (chunk_left_ == 0) {
                state_ = State::data_end;
            }
            continue;
        }
        const char next = input[taken++];
        // CR and LF come only together, and nothing else comes between chunks; said at once rather than at
        // the line's end.
        const bool after_carriage_return = line_size_ > 0 && line_[line_size_ - 1U] == '\r';
        const bool wrong_byte = state_ == State::data_end && !after_carriage_return && next != '\r';
        if ((next == '\n') != after_carriage_return || wrong_byte) {
            return std::unexpected{ChunkedError::bad_line_end};
        }
        line_[line_size_++] = next;
        if (next == '\n') {
            if (auto ended = end_line(); !ended) {
                return std::unexpected{ended.error()};
            }
            line_size_ = 0;
        } else if (line_size_ >= line_limit()) {
            return std::unexpected{overlong_line()};
        }
    }
    return taken;
}

std::size_t ChunkedReader::line_limit() const noexcept {
    constexpr std::size_t line_end = 2;
    switch (state_) {
        case State::size_line:
            return max_size_digits + max_extension_bytes + line_end;
        case State::trailer_line:
            return max_trailer_bytes - trailer_bytes_ +
                   line_end;  // the empty line that ends them is not one of them
        default:
            return line_end;
    }
}

ChunkedError ChunkedReader::overlong_line() const noexcept {
    switch (state_) {
        case State::size_line:
            return ChunkedError::bad_extension;
        case State::trailer_line:
            return ChunkedError::bad_trailer;
        default:
            return ChunkedError::bad_line_end;
    }
}

std::expected<void, ChunkedError> ChunkedReader::end_line() {
    const std::string_view line{line_.data(), line_size_ - 2U};
    switch (state_) {
        case State::size_line:
            return end_size_line(line);
        case State::data_end:
            state_ = State::size_line;
            return {};
        default:
            return end_trailer_line(line);
    }
}

std::expected<void, ChunkedError> ChunkedReader::end_size_line(std::string_view line) {
    std::size_t digits = 0;
    std::uint64_t size = 0;
    for (; digits < line.size() && hex_digit(line[digits]) >= 0; ++digits) {
        if (digits == max_size_digits) {
            return std::unexpected{ChunkedError::bad_size};
        }
        size = size * 16 + static_cast<std::uint64_t>(hex_digit(line[digits]));
    }
    if (digits == 0) {
        return std::unexpected{ChunkedError::bad_size};
    }
    const std::string_view extension = line.substr(digits);
    if (extension.size() > max_extension_bytes || !is_extension(extension)) {
        return std::unexpected{ChunkedError::bad_extension};
    }
    if (size > limit_ - size_) {
        return std::unexpected{ChunkedError::body_too_large};
    }
    chunk_left_ = size;
    state_ = size == 0 ? State::trailer_line : State::data;
    return {};
}

std::expected<void, ChunkedError> ChunkedReader::end_trailer_line(std::string_view line) {
    if (line.empty()) {
        state_ = State::done;
        return {};
    }
    trailer_bytes_ = static_cast<std::uint16_t>(trailer_bytes_ + line_size_);
    if (!is_trailer(line)) {
        return std::unexpected{ChunkedError::bad_trailer};
    }
    return {};
}

}  // namespace pz::http
