#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct pg_result;

namespace pz::pg {

/// The rows of one statement, in PostgreSQL's binary format, read where libpq put them. row.hpp turns them
/// into structs.
class Result {
 public:
    Result() = default;

    /// Takes ownership of what PQgetResult() returned.
    explicit Result(pg_result* rows) : rows_(rows) {}

    [[nodiscard]] std::size_t row_count() const noexcept;
    [[nodiscard]] std::size_t column_count() const noexcept;
    /// PostgreSQL's type OID.
    [[nodiscard]] std::uint32_t column_type(std::size_t column) const noexcept;
    [[nodiscard]] std::string_view column_name(std::size_t column) const noexcept;
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const noexcept;
    /// Valid as long as this object; empty for NULL.
    [[nodiscard]] std::string_view bytes(std::size_t row, std::size_t column) const noexcept;
    /// Rows that INSERT, UPDATE, DELETE or SELECT reported in its command tag.
    [[nodiscard]] std::uint64_t affected_rows() const noexcept;

 private:
    struct Clear {
        void operator()(pg_result* rows) const noexcept;
    };

    std::unique_ptr<pg_result, Clear> rows_;
};

}  // namespace pz::pg
