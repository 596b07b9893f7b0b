#include "audit_log/cursor.hpp"

#include <pz/audit/checkpoint.hpp>

#include <charconv>

namespace pz::product::audit_log {

namespace {

constexpr char separator = '.';

/// Cuts what stands in front of the first separator off.
std::string_view take_part(std::string_view& text) noexcept {
    const std::size_t size = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return part;
}

std::optional<std::int64_t> read_number(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{number} : std::nullopt;
}

}  // namespace

std::string pack(const Position& position) {
    return std::to_string(position.at.time_since_epoch().count()) + separator + std::to_string(position.seq);
}

std::optional<Position> unpack_position(std::string_view text) noexcept {
    const std::optional<std::int64_t> at = read_number(take_part(text));
    const std::optional<std::int64_t> seq = read_number(text);
    if (!at || !seq) {
        return std::nullopt;
    }
    return Position{core::Timestamp{std::chrono::microseconds{*at}}, *seq};
}

std::string pack(const Mark& mark) {
    return audit::to_hex(mark.hash) + separator + pack(mark.position);
}

std::optional<Mark> unpack_mark(std::string_view text) noexcept {
    const auto hash = audit::digest_from_hex(take_part(text));
    const std::optional<Position> position = unpack_position(text);
    if (!hash || !position) {
        return std::nullopt;
    }
    return Mark{*position, *hash};
}

}  // namespace pz::product::audit_log
