#include <pz/pg/result.hpp>

#include <libpq-fe.h>

#include <charconv>
#include <cstring>

namespace pz::pg {

void Result::Clear::operator()(pg_result* rows) const noexcept {
    PQclear(rows);
}

std::size_t Result::row_count() const noexcept {
    return static_cast<std::size_t>(PQntuples(rows_.get()));
}

std::size_t Result::column_count() const noexcept {
    return static_cast<std::size_t>(PQnfields(rows_.get()));
}

std::uint32_t Result::column_type(std::size_t column) const noexcept {
    return PQftype(rows_.get(), static_cast<int>(column));
}

std::string_view Result::column_name(std::size_t column) const noexcept {
    const char* name = PQfname(rows_.get(), static_cast<int>(column));
    return name == nullptr ? std::string_view{} : std::string_view{name};
}

bool Result::is_null(std::size_t row, std::size_t column) const noexcept {
    return PQgetisnull(rows_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Result::bytes(std::size_t row, std::size_t column) const noexcept {
    const int length = PQgetlength(rows_.get(), static_cast<int>(row), static_cast<int>(column));
    const char* data = PQgetvalue(rows_.get(), static_cast<int>(row), static_cast<int>(column));
    return {data, static_cast<std::size_t>(length)};
}

std::uint64_t Result::affected_rows() const noexcept {
    const char* text = PQcmdTuples(rows_.get());
    std::uint64_t count = 0;
    std::from_chars(text, text + std::strlen(text), count);
    return count;
}

}  // namespace pz::pg
