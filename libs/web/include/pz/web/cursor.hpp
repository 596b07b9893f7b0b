#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/web/respond.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::web {

/// Where a page of a list ordered by (created_at, id), newest first, ended. Opaque to clients. It only
/// narrows a list that the tenant may read anyway, so a made-up one shows nothing new.
struct Cursor {
    core::Timestamp created_at;
    core::Uuid id;

    /// Before the first row: later than any timestamp that the service writes.
    [[nodiscard]] static Cursor start() noexcept;
    /// Absent text is the start. Throws 422 with loc query.cursor for anything that encode() did not make.
    [[nodiscard]] static Cursor parse(const std::optional<std::string>& text);
    [[nodiscard]] std::string encode() const;
};

/// Makes a page of at most `limit` rows from a query that asked for one more.
template <class T>
[[nodiscard]] Page<T> page_of(std::vector<T> rows, std::int32_t limit) {
    Page<T> page;
    const auto size = static_cast<std::size_t>(limit);
    if (rows.size() > size) {
        rows.resize(size);
        page.next_cursor = Cursor{rows.back().created_at, rows.back().id}.encode();
    }
    page.items = std::move(rows);
    return page;
}

}  // namespace pz::web
