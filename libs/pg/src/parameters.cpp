#include <pz/pg/parameters.hpp>

#include "epoch.hpp"
#include "type_oids.hpp"

#include <pz/core/check.hpp>
#include <pz/pg/error.hpp>

#include <array>
#include <bit>
#include <charconv>

namespace pz::pg {

namespace {

/// PostgreSQL's binary format is big-endian.
std::array<char, 8> network_order(std::uint64_t value) {
    if constexpr (std::endian::native == std::endian::little) {
        value = std::byteswap(value);
    }
    return std::bit_cast<std::array<char, 8>>(value);
}

}  // namespace

void Parameters::add_bytes(std::string_view bytes, std::uint32_t type, bool binary) {
    PZ_CHECK(values_.size() < limit);
    values_.push_back(
        {.offset = static_cast<std::uint32_t>(bytes_.size()),
         .size = static_cast<std::int32_t>(bytes.size()),
         .type = type,
         .binary = binary}
    );
    bytes_.append(bytes);
    bytes_ += '\0';
}

void Parameters::add(std::nullptr_t) {
    PZ_CHECK(values_.size() < limit);
    values_.push_back({.size = null_size});
}

void Parameters::add(const core::Uuid& value) {
    const auto bytes = std::bit_cast<std::array<char, 16>>(value.bytes);
    add_bytes({bytes.data(), bytes.size()}, oid::uuid, /*binary=*/true);
}

void Parameters::add(bool value) {
    const char byte = value ? '\1' : '\0';
    add_bytes({&byte, 1}, oid::boolean, /*binary=*/true);
}

void Parameters::add(core::Timestamp value) {
    std::int64_t since = value.time_since_epoch().count();  // Timestamp::max() and min() are the infinities
    if (value != core::Timestamp::max() && value != core::Timestamp::min()) {
        since -= postgres_epoch.time_since_epoch().count();
    }
    const auto bytes = network_order(std::bit_cast<std::uint64_t>(since));
    add_bytes({bytes.data(), bytes.size()}, oid::timestamptz, /*binary=*/true);
}

void Parameters::add(double value) {
    const auto bytes = network_order(std::bit_cast<std::uint64_t>(value));
    add_bytes({bytes.data(), bytes.size()}, oid::float8, /*binary=*/true);
}

void Parameters::add(std::string_view value) {
    // libpq measures text with strlen(): what stands behind a NUL would be cut off in silence.
    if (value.contains('\0')) {
        throw Error("22021", {}, {}, "text with a NUL character");
    }
    add_bytes(value, 0, /*binary=*/false);
}

void Parameters::add(const std::vector<std::uint8_t>& value) {
    add_bytes({reinterpret_cast<const char*>(value.data()), value.size()}, oid::bytea, /*binary=*/true);
}

void Parameters::add_integer(std::int64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    add_bytes({digits.data(), end}, 0, /*binary=*/false);
}

}  // namespace pz::pg
