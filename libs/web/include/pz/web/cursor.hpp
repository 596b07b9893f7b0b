#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/web/respond.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Pages by key: a list is ordered by one column and the id, and the next page begins behind the last row's
/// values of these two. The client gets them as a cursor: signed, and good for this tenant, this list, this
/// filter and this sort only.
namespace pz::web {

/// Signs and opens cursors: base64url(key | HMAC-SHA-256(secret, tenant | list | filter | sort | key), cut to
/// 16 bytes). Immutable; shared by all threads.
class CursorKeys {
 public:
    /// One secret is derived from each key of the ring: the newest signs, any is accepted.
    explicit CursorKeys(const crypto::FernetRing& ring);

    [[nodiscard]] std::string seal(std::string_view key, const core::Uuid& tenant, std::string_view list)
        const;
    /// The key inside, or nullopt for anything that seal() did not make for the same tenant and list.
    [[nodiscard]] std::optional<std::string> open(
        std::string_view cursor, const core::Uuid& tenant, std::string_view list
    ) const noexcept;

 private:
    std::vector<crypto::Sha256Digest> secrets_;
};

/// Where a list stands: the sort column's value and the row's id. Timestamps, integers and text.
template <class Value>
struct Key {
    Value value;
    core::Uuid id;

    [[nodiscard]] std::string pack() const;
    /// nullopt for bytes that no row of such a list can have.
    [[nodiscard]] static std::optional<Key> unpack(std::string_view bytes) noexcept;
};

extern template struct Key<core::Timestamp>;
extern template struct Key<std::int64_t>;
extern template struct Key<std::string>;

namespace detail {

template <class T>
struct MemberPointer;

template <class Owner, class Member>
struct MemberPointer<Member Owner::*> {
    using Class = Owner;
    using Type = Member;
};

/// "created_at" for &Item::created_at.
template <auto Member>
consteval std::string_view member_name() {
    using Row = typename MemberPointer<decltype(Member)>::Class;
    std::string_view name;
    boost::mp11::mp_for_each<core::MembersOf<Row>>([&](auto d) {
        if constexpr (std::is_same_v<std::remove_cv_t<decltype(d.pointer)>, decltype(Member)>) {
            if (d.pointer == Member) {
                name = d.name;
            }
        }
    });
    return name;
}

[[noreturn]] void refuse_cursor();

/// Rows of a query that asked for one more than the limit.
template <auto Member, bool descending>
struct Order {
    using Row = typename MemberPointer<decltype(Member)>::Class;
    using Column = typename MemberPointer<decltype(Member)>::Type;
    using Value = std::conditional_t<std::integral<Column>, std::int64_t, Column>;
    static constexpr std::string_view column = member_name<Member>();
    static constexpr bool is_descending = descending;
    static constexpr bool is_folded = false;

    static_assert(!core::is_optional<Column>, "a list is ordered by a column that is never null");
    static_assert(
        !descending || !std::is_same_v<Column, std::string>,
        "text has no last value: a list by text is ascending"
    );

    /// The key behind which the page begins: the one in the (opened) cursor, or the list's start. Throws 422
    /// with loc query.cursor.
    [[nodiscard]] static Key<Value> after(const std::optional<std::string>& cursor) {
        if (!cursor) {
            return start();
        }
        if (auto key = Key<Value>::unpack(*cursor)) {
            return *std::move(key);
        }
        refuse_cursor();
    }

    /// A page of at most `limit` rows from a query that asked for one more.
    [[nodiscard]] static Page<Row> page(std::vector<Row> rows, std::int32_t limit) {
        Page<Row> page;
        const auto size = static_cast<std::size_t>(limit);
        if (rows.size() > size) {
            rows.resize(size);
            page.next_key = Key<Value>{rows.back().*Member, rows.back().id}.pack();
        }
        page.items = std::move(rows);
        return page;
    }

 private:
    /// Before the first row, whatever rows there are.
    static Key<Value> start() {
        Key<Value> key;
        if constexpr (descending) {
            key.id.bytes.fill(0xFF);
        }
        if constexpr (std::is_same_v<Value, core::Timestamp>) {
            const std::chrono::year year{descending ? 9999 : 1};
            key.value =
                descending ? std::chrono::sys_days{year / 12 / 31} : std::chrono::sys_days{year / 1 / 1};
        } else if constexpr (std::integral<Value>) {
            using Limits = std::numeric_limits<Column>;
            key.value = descending ? Limits::max() : Limits::min();
        }
        return key;
    }
};

}  // namespace detail

/// The order of a list by one of the row's members, then by id: Descending<&Item::created_at> is newest
/// first.
template <auto Member>
struct Descending : detail::Order<Member, /*descending=*/true> {};

template <auto Member>
struct Ascending : detail::Order<Member, /*descending=*/false> {};

/// Text in any case: the order of the stored column "<member>_folded", which holds lower(<member>).
template <auto Member>
struct Folded : detail::Order<Member, /*descending=*/false> {
    static constexpr bool is_folded = true;
};

}  // namespace pz::web
