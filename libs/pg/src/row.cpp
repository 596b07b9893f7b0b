#include <pz/pg/row.hpp>

#include "epoch.hpp"
#include "type_oids.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <limits>

namespace pz::pg::detail {

namespace {

bool fits(std::uint32_t type, ColumnKind kind) {
    switch (kind) {
        case ColumnKind::uuid:
            return type == oid::uuid;
        case ColumnKind::text:
            return type == oid::text || type == oid::varchar || type == oid::name || type == oid::json ||
                   type == oid::jsonb;
        case ColumnKind::boolean:
            return type == oid::boolean;
        case ColumnKind::int2:
            return type == oid::int2;
        case ColumnKind::int4:
            return type == oid::int2 || type == oid::int4;
        case ColumnKind::int8:
            return type == oid::int2 || type == oid::int4 || type == oid::int8;
        case ColumnKind::floating:
            return type == oid::float4 || type == oid::float8;
        case ColumnKind::timestamp:
            return type == oid::timestamptz;
        case ColumnKind::bytes:
            return type == oid::bytea;
    }
    return false;
}

/// PostgreSQL's binary format is big-endian.
template <class T>
T from_network(std::string_view bytes) {
    T value{};
    bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    if constexpr (std::endian::native == std::endian::little) {
        value = std::byteswap(value);
    }
    return value;
}

}  // namespace

void check_column(const Result& result, std::size_t column, ColumnKind kind) {
    if (!fits(result.column_type(column), kind)) [[unlikely]] {
        throw RowError(fmt::format(
            "column {} ({}) has type {}, which does not fit the member",
            column + 1,
            result.column_name(column),
            result.column_type(column)
        ));
    }
}

void check_column_count(const Result& result, std::size_t wanted) {
    if (result.column_count() != wanted) [[unlikely]] {
        throw RowError(
            fmt::format("the result has {} columns, the type wants {}", result.column_count(), wanted)
        );
    }
}

void throw_null(const Result& result, std::size_t column) {
    throw RowError(fmt::format(
        "column {} ({}) is NULL, the member is not optional", column + 1, result.column_name(column)
    ));
}

void throw_not_in_enumeration(const Result& result, std::size_t column) {
    throw RowError(fmt::format(
        "column {} ({}) holds a word that the enumeration lacks", column + 1, result.column_name(column)
    ));
}

void throw_malformed(const Result& result, std::size_t column) {
    throw RowError(fmt::format(
        "column {} ({}) holds a value that its type does not have", column + 1, result.column_name(column)
    ));
}

core::Uuid read_uuid(std::string_view bytes) noexcept {
    core::Uuid id;
    std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
    return id;
}

std::int64_t read_integer(std::string_view bytes) noexcept {
    switch (bytes.size()) {
        case 2:
            return from_network<std::int16_t>(bytes);
        case 4:
            return from_network<std::int32_t>(bytes);
        default:
            return from_network<std::int64_t>(bytes);
    }
}

double read_floating(std::string_view bytes) noexcept {
    if (bytes.size() == sizeof(float)) {
        return std::bit_cast<float>(from_network<std::uint32_t>(bytes));
    }
    return std::bit_cast<double>(from_network<std::uint64_t>(bytes));
}

std::optional<core::Timestamp> read_timestamp(std::string_view bytes) noexcept {
    const auto since = from_network<std::int64_t>(bytes);
    if (since == std::numeric_limits<std::int64_t>::max()) {  // 'infinity'
        return core::Timestamp::max();
    }
    if (since == std::numeric_limits<std::int64_t>::min()) {  // '-infinity'
        return core::Timestamp::min();
    }
    constexpr std::int64_t epoch = postgres_epoch.time_since_epoch().count();
    if (since >= std::numeric_limits<std::int64_t>::max() - epoch) {  // that sum would be infinity
        return std::nullopt;
    }
    return core::Timestamp{std::chrono::microseconds{epoch + since}};
}

std::string_view read_text(const Result& result, std::size_t column, std::string_view bytes) {
    if (result.column_type(column) == oid::jsonb) {
        if (!bytes.starts_with('\1')) [[unlikely]] {
            throw_malformed(result, column);
        }
        bytes.remove_prefix(1);
    }
    return bytes;
}

}  // namespace pz::pg::detail
