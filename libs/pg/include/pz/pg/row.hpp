#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/result.hpp>

#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Rows into C++: the members of a PZ_DESCRIBEd struct take the columns by position; any other type takes the
/// only column. Count and types are checked once per result, NULL and length per value; a misfit throws
/// RowError.
///
/// Uuid ← uuid; std::string ← text, varchar, name, json, jsonb; bool; int16_t ← int2; int32_t ← int2, int4;
/// int64_t ← int2, int4, int8; double ← float4, float8; Timestamp ← timestamptz; std::vector<uint8_t> ←
/// bytea; a described enum ← text; std::optional of each takes NULL.
namespace pz::pg {

namespace detail {

/// What a member can be filled from; the integer kinds say the widest column that fits.
enum class ColumnKind : std::uint8_t { uuid, text, boolean, int2, int4, int8, floating, timestamp, bytes };

/// Throws RowError unless the result's column can fill such a member.
void check_column(const Result& result, std::size_t column, ColumnKind kind);
void check_column_count(const Result& result, std::size_t wanted);
[[noreturn]] void throw_null(const Result& result, std::size_t column);
[[noreturn]] void throw_not_in_enumeration(const Result& result, std::size_t column);
[[noreturn]] void throw_malformed(const Result& result, std::size_t column);

/// True if a value of a column that fits the kind can have that many bytes: the server's word for the type is
/// no proof of the length.
[[nodiscard]] constexpr bool size_fits(ColumnKind kind, std::size_t size) noexcept {
    switch (kind) {
        case ColumnKind::uuid:
            return size == 16;
        case ColumnKind::boolean:
            return size == 1;
        case ColumnKind::int2:
            return size == 2;
        case ColumnKind::int4:
            return size == 2 || size == 4;
        case ColumnKind::int8:
            return size == 2 || size == 4 || size == 8;
        case ColumnKind::floating:
            return size == 4 || size == 8;
        case ColumnKind::timestamp:
            return size == 8;
        case ColumnKind::text:
        case ColumnKind::bytes:
            return true;
    }
    return false;
}

/// Each of these takes a value whose size fits.
[[nodiscard]] core::Uuid read_uuid(std::string_view bytes) noexcept;
[[nodiscard]] std::int64_t read_integer(std::string_view bytes) noexcept;
[[nodiscard]] double read_floating(std::string_view bytes) noexcept;
/// nullopt for a time that microseconds since 1970 cannot hold.
[[nodiscard]] std::optional<core::Timestamp> read_timestamp(std::string_view bytes) noexcept;
/// Drops the version byte in front of jsonb; throws RowError if it is another version.
[[nodiscard]] std::string_view read_text(const Result& result, std::size_t column, std::string_view bytes);

template <class T>
consteval ColumnKind kind_of() {
    if constexpr (core::is_optional<T>) {
        return kind_of<typename T::value_type>();
    } else if constexpr (std::is_same_v<T, core::Uuid>) {
        return ColumnKind::uuid;
    } else if constexpr (std::is_same_v<T, bool>) {
        return ColumnKind::boolean;
    } else if constexpr (std::signed_integral<T>) {
        return sizeof(T) == 2 ? ColumnKind::int2 : sizeof(T) == 4 ? ColumnKind::int4 : ColumnKind::int8;
    } else if constexpr (std::is_same_v<T, double>) {
        return ColumnKind::floating;
    } else if constexpr (std::is_same_v<T, core::Timestamp>) {
        return ColumnKind::timestamp;
    } else if constexpr (std::is_same_v<T, std::vector<std::uint8_t>>) {
        return ColumnKind::bytes;
    } else {
        static_assert(
            std::is_same_v<T, std::string> || core::DescribedEnum<T>,
            "row.hpp lists the types a column can fill"
        );
        return ColumnKind::text;
    }
}

template <class T>
void read_column(const Result& result, std::size_t row, std::size_t column, T& out) {
    if constexpr (core::is_optional<T>) {
        if (!result.is_null(row, column)) {
            read_column(result, row, column, out.emplace());
        }
    } else {
        const std::string_view bytes = result.bytes(row, column);
        // NULL has no bytes, so only of an empty value it is asked whether it is one.
        if (bytes.empty() && result.is_null(row, column)) [[unlikely]] {
            throw_null(result, column);
        }
        if (!size_fits(kind_of<T>(), bytes.size())) [[unlikely]] {
            throw_malformed(result, column);
        }
        if constexpr (std::is_same_v<T, core::Uuid>) {
            out = read_uuid(bytes);
        } else if constexpr (std::is_same_v<T, bool>) {
            out = bytes.front() != '\0';
        } else if constexpr (std::signed_integral<T>) {
            out = static_cast<T>(read_integer(bytes));
        } else if constexpr (std::is_same_v<T, double>) {
            out = read_floating(bytes);
        } else if constexpr (std::is_same_v<T, core::Timestamp>) {
            const auto time = read_timestamp(bytes);
            if (!time) [[unlikely]] {
                throw_malformed(result, column);
            }
            out = *time;
        } else if constexpr (std::is_same_v<T, std::vector<std::uint8_t>>) {
            out.assign(bytes.begin(), bytes.end());
        } else if constexpr (std::is_same_v<T, std::string>) {
            out = read_text(result, column, bytes);
        } else {
            const auto value = core::enum_from_text<T>(bytes);
            if (!value) [[unlikely]] {
                throw_not_in_enumeration(result, column);
            }
            out = *value;
        }
    }
}

template <class T>
void check_shape(const Result& result) {
    if constexpr (core::Described<T>) {
        check_column_count(result, boost::mp11::mp_size<core::MembersOf<T>>::value);
        std::size_t column = 0;
        boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto member) {
            using Member = std::remove_reference_t<decltype(std::declval<T&>().*member.pointer)>;
            check_column(result, column++, kind_of<Member>());
        });
    } else {
        check_column_count(result, 1);
        check_column(result, 0, kind_of<T>());
    }
}

template <class T>
void read_row(const Result& result, std::size_t row, T& out) {
    if constexpr (core::Described<T>) {
        std::size_t column = 0;
        boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto member) {
            read_column(result, row, column++, out.*member.pointer);
        });
    } else {
        read_column(result, row, 0, out);
    }
}

}  // namespace detail

template <class T>
[[nodiscard]] std::vector<T> rows_of(const Result& result) {
    detail::check_shape<T>(result);
    std::vector<T> rows(result.row_count());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        detail::read_row(result, row, rows[row]);
    }
    return rows;
}

/// nullopt without a row; more than one row is a bug of ours and throws RowError.
template <class T>
[[nodiscard]] std::optional<T> optional_row_of(const Result& result) {
    detail::check_shape<T>(result);
    if (result.row_count() > 1) {
        throw RowError("a statement for at most one row returned more");
    }
    std::optional<T> row;
    if (result.row_count() == 1) {
        detail::read_row(result, 0, row.emplace());
    }
    return row;
}

}  // namespace pz::pg
