#include <pz/web/cursor.hpp>

#include <pz/core/error.hpp>
#include <pz/core/text.hpp>

#include <algorithm>
#include <cstdint>

namespace pz::web {

namespace {

constexpr std::size_t encoded_bytes = sizeof(std::int64_t) + 16;

}  // namespace

Cursor Cursor::start() noexcept {
    Cursor cursor;
    cursor.created_at = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
    cursor.id.bytes.fill(0xFF);
    return cursor;
}

Cursor Cursor::parse(const std::optional<std::string>& text) {
    if (!text) {
        return start();
    }
    const auto bytes = core::base64url_decode(*text);
    if (!bytes || bytes->size() != encoded_bytes) {
        throw core::invalid("query.cursor", "is not a cursor that this API gave out", "wrong_format");
    }
    std::uint64_t microseconds = 0;
    for (std::size_t i = 0; i < sizeof microseconds; ++i) {
        microseconds = microseconds << 8 | static_cast<unsigned char>((*bytes)[i]);
    }
    Cursor cursor;
    cursor.created_at = core::Timestamp{std::chrono::microseconds{static_cast<std::int64_t>(microseconds)}};
    // PostgreSQL's own range ends earlier than 64 bits do.
    if (cursor.created_at < core::Timestamp{} || cursor.created_at > start().created_at) {
        throw core::invalid("query.cursor", "is not a cursor that this API gave out", "wrong_format");
    }
    std::ranges::copy(bytes->substr(sizeof microseconds), cursor.id.bytes.begin());
    return cursor;
}

std::string Cursor::encode() const {
    std::string bytes;
    const auto microseconds = static_cast<std::uint64_t>(created_at.time_since_epoch().count());
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(microseconds >> shift & 0xFF);
    }
    bytes.append(id.bytes.begin(), id.bytes.end());
    return core::base64url_encode(bytes);
}

}  // namespace pz::web
