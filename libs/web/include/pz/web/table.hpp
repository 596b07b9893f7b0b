#pragma once

#include <pz/core/check.hpp>
#include <pz/core/json.hpp>
#include <pz/pg/error.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/extract.hpp>
#include <pz/web/fixed_string.hpp>
#include <pz/web/respond.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// The statements that nearly every table of a tenant needs (list, find, insert, update, delete), written by
/// the compiler from the described types of the feature. They are constants like any other pg::Query:
/// prepared, explained and checked by the same tests. Whatever is special is written by hand, beside these.
namespace pz::web {

/// The query of a list that is neither filtered nor sorted.
struct PageQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
};
PZ_DESCRIBE(
    PageQuery, (limit, range(1, 100)), (cursor, length(1, 2000), text("next_cursor of the page before"))
)

/// Value `Choice` of the query's `sort` means this order: Sort<ItemSort::newest,
/// Descending<&Item::created_at>>. A table without Sort is listed newest first.
template <auto Choice, class By>
struct Sort {
    static constexpr auto choice = Choice;
    using Order = By;
};

/// `q` finds the rows whose text begins with it, in any case: the stored column "<member>_folded" holds
/// lower(<member>).
template <auto Member>
struct Prefix {
    static constexpr std::string_view column = detail::member_name<Member>();
};

/// A column that the service fills, not the client: one more argument of insert().
template <FixedString Column>
struct Stamp {
    static constexpr std::string_view column = Column.view();
};

/// The constraint's violation is the client's 409.
template <FixedString Constraint, FixedString Message>
struct ConflictOn {
    static void translate(const pg::Error& error) {
        error.on_constraint(Constraint.view(), core::conflict(std::string{Message.view()}));
    }
};

/// The foreign key's violation is the client's 422: the row that the body's member names is not there, or is
/// another tenant's, which looks the same.
template <FixedString Constraint, FixedString Member, FixedString Message>
struct MissingOn {
    static void translate(const pg::Error& error) {
        error.on_constraint(
            Constraint.view(),
            core::invalid("body." + std::string{Member.view()}, std::string{Message.view()}, "not_found")
        );
    }
};

namespace detail {

/// A text that the compiler puts together. (libstdc++ 12's std::string is not constexpr under clang.)
class StaticText {
 public:
    /// Strings, and numbers for placeholders: add("$", 4).
    template <class... Parts>
    constexpr void add(const Parts&... parts) {
        (append(parts), ...);
    }

    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

    [[nodiscard]] constexpr std::string_view view() const { return {text_.data(), size_}; }

 private:
    constexpr void append(std::string_view part) {
        std::ranges::copy(part, text_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += part.size();
    }

    constexpr void append(const StaticText& part) { append(part.view()); }

    constexpr void append(std::size_t number) {
        if (number > 9) {
            append(number / 10);
        }
        text_[size_++] = static_cast<char>('0' + number % 10);
    }

    std::array<char, 4096> text_{};
    std::size_t size_ = 0;
};

/// What Write() returns, as an array that ends with a NUL and lives as long as the program.
template <auto Write>
inline constexpr auto static_array = [] {
    constexpr StaticText text = Write();
    std::array<char, text.view().size() + 1> array{};
    std::ranges::copy(text.view(), array.begin());
    return array;
}();

template <class T>
constexpr StaticText columns_of() {
    StaticText text;
    boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto d) { text.add(text.empty() ? "" : ", ", d.name); });
    return text;
}

template <class T>
struct IsSort : std::false_type {};

template <auto Choice, class By>
struct IsSort<Sort<Choice, By>> : std::true_type {};

template <class T>
struct IsStamp : std::false_type {};

template <FixedString Column>
struct IsStamp<Stamp<Column>> : std::true_type {};

template <class T>
struct IsPrefix : std::false_type {};

template <auto Member>
struct IsPrefix<Prefix<Member>> : std::true_type {};

/// Descriptor of a member of a Query that narrows the list.
template <class Descriptor>
struct IsFilter
    : std::bool_constant<
          std::string_view{Descriptor::name} != "limit" && std::string_view{Descriptor::name} != "cursor" &&
          std::string_view{Descriptor::name} != "sort"> {};

template <class Option>
void translate(const pg::Error& error) {
    if constexpr (requires { Option::translate(error); }) {
        Option::translate(error);
    }
}

/// The type that a filter's parameter has in SQL, where nothing else says it.
template <class T>
consteval std::string_view sql_type() {
    if constexpr (std::is_same_v<T, core::Uuid>) {
        return "uuid";
    } else if constexpr (std::is_same_v<T, bool>) {
        return "boolean";
    } else if constexpr (std::is_same_v<T, core::Timestamp>) {
        return "timestamptz";
    } else if constexpr (std::integral<T>) {
        return "bigint";
    } else {
        return "text";
    }
}

template <class Descriptor>
struct IsChangeMember
    : std::bool_constant<
          core::is_change<typename MemberPointer<std::remove_cv_t<decltype(Descriptor::pointer)>>::Type>> {};

/// Whether each enumerator of Query::sort has exactly one of the Sort options.
template <class Query, class Sorts>
consteval bool sorts_every_choice() {
    if constexpr (requires(Query query) { query.sort; }) {
        bool good = true;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<decltype(Query::sort)>>([&](auto d) {
            std::size_t found = 0;
            boost::mp11::mp_for_each<Sorts>([&](auto sort) { found += sort.choice == d.value ? 1 : 0; });
            good = good && found == 1;
        });
        return good;
    }
    return false;
}

/// A row as an update left it, or as it stands with another version than expected.
template <class Row>
struct WrittenRow : Row {
    bool done = false;
    BOOST_DESCRIBE_CLASS(WrittenRow, (Row), (done), (), ())
};

}  // namespace detail

/// A table of schema app: `Name` with its schema; Row, Create, Update and Query are described structs whose
/// members are called like the columns. Every such table has tenant_id, id, created_at, updated_at and
/// version.
/// - Row: what a client sees.
/// - Create: what it sends for a new row.
/// - Update: Change<…> members; what is absent stays as it is.
/// - Query: limit and cursor; as filters any members of Row, as std::optional; `q` with Prefix; `sort` with
/// Sort.
/// - Options: Sort, Prefix, Stamp, ConflictOn, MissingOn, in any order.
template <FixedString Name, class Row, class Create, class Update, class Query, class... Options>
class Table {
 public:
    [[nodiscard]] static boost::asio::awaitable<Page<Row>> list(tenancy::TenantDb db, Query query) {
        if constexpr (boost::mp11::mp_empty<Sorts>::value) {
            return list_by<Newest>(db, std::move(query));
        } else {
            std::optional<boost::asio::awaitable<Page<Row>>> page;
            boost::mp11::mp_for_each<Sorts>([&](auto sort) {
                if (query.sort == sort.choice) {
                    page.emplace(list_by<typename decltype(sort)::Order>(db, std::move(query)));
                }
            });
            PZ_CHECK(page.has_value());  // checked below for every enumerator
            return *std::move(page);
        }
    }

    /// nullopt when there is no such row in this tenant.
    [[nodiscard]] static boost::asio::awaitable<std::optional<Row>> find(
        tenancy::TenantDb db, core::Uuid id
    ) {
        return db.finish_optional<Row>(find_query, id);
    }

    /// `stamps`: the values of the Stamp columns, in their order.
    template <class... Stamps>
    [[nodiscard]] static boost::asio::awaitable<Created<Row>> insert(
        tenancy::TenantDb db, core::Uuid id, Create values, Stamps... stamps
    ) {
        static_assert(
            sizeof...(Stamps) == boost::mp11::mp_size<StampOptions>::value,
            "insert() takes one value for each Stamp of the table"
        );
        return created(std::apply(
            [&](const auto&... members) { return db.finish<Row>(insert_query, id, members..., stamps...); },
            members_of<core::MembersOf<Create>>(values)
        ));
    }

    [[nodiscard]] static boost::asio::awaitable<Updated<Row>> update(
        tenancy::TenantDb db, core::Uuid id, IfMatch match, Update values
    ) {
        // Each Change<…> is two parameters: whether it is there, and its value.
        const auto arguments = std::apply(
            [](const auto&... changes) {
                return std::tuple_cat(std::tie(changes.present, changes.value)...);
            },
            members_of<core::MembersOf<Update>>(values)
        );
        return updated(std::apply(
            [&](const auto&... parts) {
                return db.finish_optional<WrittenRow>(update_query, id, match.versions_text(), parts...);
            },
            arguments
        ));
    }

    /// Without `match` whatever the version is.
    [[nodiscard]] static boost::asio::awaitable<Removed<Row>> remove(
        tenancy::TenantDb db, core::Uuid id, std::optional<IfMatch> match
    ) {
        const std::optional<std::string> versions = match ? match->versions_text() : std::nullopt;
        return removed(db.finish_optional<bool>(remove_query, id, versions));
    }

    /// Every statement above, for StatementRegistry and its tests.
    [[nodiscard]] static std::span<const pg::Query> queries() {
        static constexpr auto all = []<class... By>(boost::mp11::mp_list<By...>) {
            if constexpr (has_filters) {
                return std::array{
                    find_query,
                    insert_query,
                    update_query,
                    remove_query,
                    list_query<By, false>...,
                    list_query<By, true>...
                };
            } else {
                return std::array{
                    find_query, insert_query, update_query, remove_query, list_query<By, false>...
                };
            }
        }(Orders{});
        return all;
    }

 private:
    using Newest = Descending<&Row::created_at>;
    using WrittenRow = detail::WrittenRow<Row>;
    using OptionList = boost::mp11::mp_list<Options...>;
    using Sorts = boost::mp11::mp_copy_if<OptionList, detail::IsSort>;
    using StampOptions = boost::mp11::mp_copy_if<OptionList, detail::IsStamp>;
    using PrefixOptions = boost::mp11::mp_copy_if<OptionList, detail::IsPrefix>;
    using Filters = boost::mp11::mp_copy_if<core::MembersOf<Query>, detail::IsFilter>;
    static constexpr bool has_filters = !boost::mp11::mp_empty<Filters>::value;

    template <class S>
    using OrderOf = typename S::Order;
    using Orders = boost::mp11::mp_if<
        boost::mp11::mp_empty<Sorts>,
        boost::mp11::mp_list<Newest>,
        boost::mp11::mp_rename<boost::mp11::mp_transform<OrderOf, Sorts>, boost::mp11::mp_list>>;

    /// References to the members that the descriptors name, in their order.
    template <class Descriptors, class T>
    static auto members_of(const T& object) {
        return [&]<template <class...> class List, class... D>(List<D...>*) {
            return std::tie(object.*D::pointer...);
        }(static_cast<Descriptors*>(nullptr));
    }

    template <class By>
    static boost::asio::awaitable<Page<Row>> list_by(tenancy::TenantDb db, Query query) {
        const auto after = By::after(query.cursor);
        const std::int32_t wanted = query.limit + 1;
        const auto filters = members_of<Filters>(query);
        const bool filtered =
            std::apply([](const auto&... filter) { return (filter.has_value() || ...); }, filters);
        if (!filtered) {
            return page<By>(
                db.finish<Row>(list_query<By, false>, after.value, after.id, wanted), query.limit
            );
        }
        return page<By>(
            std::apply(
                [&](const auto&... filter) {
                    return db.finish<Row>(
                        list_query<By, has_filters>, after.value, after.id, wanted, filter...
                    );
                },
                filters
            ),
            query.limit
        );
    }

    template <class By>
    static boost::asio::awaitable<Page<Row>> page(
        boost::asio::awaitable<std::vector<Row>> work, std::int32_t limit
    ) {
        std::vector<Row> rows = co_await std::move(work);
        co_return By::page(std::move(rows), limit);
    }

    static boost::asio::awaitable<Created<Row>> created(boost::asio::awaitable<std::vector<Row>> work) {
        try {
            std::vector<Row> rows = co_await std::move(work);
            co_return Created<Row>{std::move(rows.at(0))};
        } catch (const pg::Error& error) {
            (detail::translate<Options>(error), ...);
            throw;
        }
    }

    static boost::asio::awaitable<Updated<Row>> updated(boost::asio::awaitable<std::optional<WrittenRow>> work
    ) {
        try {
            std::optional<WrittenRow> row = co_await std::move(work);
            if (!row) {
                co_return Updated<Row>{};
            }
            const WriteOutcome outcome = row->done ? WriteOutcome::done : WriteOutcome::stale;
            co_return Updated<Row>{outcome, static_cast<Row&&>(*row)};
        } catch (const pg::Error& error) {
            (detail::translate<Options>(error), ...);
            throw;
        }
    }

    static boost::asio::awaitable<Removed<Row>> removed(boost::asio::awaitable<std::optional<bool>> work) {
        try {
            const std::optional<bool> done = co_await std::move(work);
            if (!done) {
                co_return Removed<Row>{};
            }
            co_return Removed<Row>{*done ? WriteOutcome::done : WriteOutcome::stale};
        } catch (const pg::Error& error) {
            (detail::translate<Options>(error), ...);
            throw;
        }
    }

    // The texts. $1 is always the tenant, bound by TenantDb; the policy proves it.

    using Text = detail::StaticText;
    static constexpr std::string_view table = Name.view();
    static constexpr std::string_view this_row = " WHERE tenant_id = $1 AND id = $2";
    static constexpr std::string_view this_version =
        " AND ($3::integer[] IS NULL OR version = ANY ($3::integer[]))";

    static constexpr Text columns() { return detail::columns_of<Row>(); }

    static constexpr Text write_find() {
        Text sql;
        sql.add("SELECT ", columns(), " FROM ", table, this_row);
        return sql;
    }

    static constexpr Text write_insert() {
        Text names;
        Text values;
        std::size_t number = 3;
        const auto add = [&](std::string_view column) {
            names.add(", ", column);
            values.add(", $", number++);
        };
        boost::mp11::mp_for_each<core::MembersOf<Create>>([&](auto d) { add(d.name); });
        boost::mp11::mp_for_each<StampOptions>([&](auto stamp) { add(stamp.column); });
        Text sql;
        sql.add("INSERT INTO ", table, " (tenant_id, id", names, ") VALUES ($1, $2", values, ") RETURNING ");
        sql.add(columns());
        return sql;
    }

    // One statement tells "done", "has another version" and "is not there" apart, so that a conditional write
    // is one round trip. Its second half reads the row as it was when the statement began.
    static constexpr Text write_update() {
        Text sql;
        sql.add("WITH written AS (UPDATE ", table, " SET ");
        std::size_t number = 4;
        boost::mp11::mp_for_each<core::MembersOf<Update>>([&](auto d) {
            sql.add(d.name, " = CASE WHEN $", number, " THEN $", number + 1, " ELSE ", d.name, " END, ");
            number += 2;
        });
        sql.add(
            "version = version + 1, updated_at = now()", this_row, this_version, " RETURNING ", columns()
        );
        sql.add(
            ") SELECT ", columns(), ", true FROM written UNION ALL SELECT ", columns(), ", false FROM ", table
        );
        sql.add(this_row, " AND NOT EXISTS (SELECT FROM written)");
        return sql;
    }

    static constexpr Text write_remove() {
        Text sql;
        sql.add("WITH written AS (DELETE FROM ", table, this_row, this_version, " RETURNING id)");
        sql.add(" SELECT true FROM written UNION ALL SELECT false FROM ", table);
        sql.add(this_row, " AND NOT EXISTS (SELECT FROM written)");
        return sql;
    }

    template <class Descriptor>
    static constexpr void add_filter(Text& sql, std::size_t number) {
        constexpr std::string_view member{Descriptor::name};
        using Value = typename detail::MemberPointer<std::remove_cv_t<decltype(Descriptor::pointer)>>::Type;
        static_assert(core::is_optional<Value>, "a filter is a std::optional member of the query");
        sql.add(" AND ($", number, "::", detail::sql_type<typename Value::value_type>(), " IS NULL OR ");
        if constexpr (member == "q") {
            static_assert(boost::mp11::mp_size<PrefixOptions>::value == 1, "a query with q needs one Prefix");
            sql.add(boost::mp11::mp_front<PrefixOptions>::column, "_folded ^@ lower($", number, "))");
        } else {
            sql.add(member, " = $", number, ")");
        }
    }

    template <class By>
    static constexpr Text sort_column() {
        Text column;
        column.add(By::column, By::is_folded ? "_folded" : "");
        return column;
    }

    template <class By, bool filtered>
    static constexpr Text write_list() {
        constexpr std::string_view direction = By::is_descending ? " DESC" : "";
        const Text column = sort_column<By>();
        Text sql;
        sql.add("SELECT ", columns(), " FROM ", table, " WHERE tenant_id = $1 AND (", column, ", id) ");
        sql.add(By::is_descending ? "< (" : "> (", By::is_folded ? "lower($2::text)" : "$2", ", $3)");
        if constexpr (filtered) {
            std::size_t number = 5;
            boost::mp11::mp_for_each<Filters>([&](auto d) { add_filter<decltype(d)>(sql, number++); });
        }
        sql.add(" ORDER BY ", column, direction, ", id", direction, " LIMIT $4");
        return sql;
    }

    template <class By, bool filtered>
    static constexpr Text list_name() {
        Text name;
        name.add(
            table, ".list_", sort_column<By>(), By::is_descending ? "_desc" : "", filtered ? "_filtered" : ""
        );
        return name;
    }

    template <FixedString Verb>
    static constexpr Text name_of() {
        Text name;
        name.add(table, ".", Verb.view());
        return name;
    }

    template <auto WriteName, auto WriteText>
    static constexpr pg::Query statement{
        detail::static_array<WriteName>.data(), detail::static_array<WriteText>.data()
    };

    static constexpr pg::Query find_query = statement<&name_of<"find">, &write_find>;
    static constexpr pg::Query insert_query = statement<&name_of<"insert">, &write_insert>;
    static constexpr pg::Query update_query = statement<&name_of<"update">, &write_update>;
    static constexpr pg::Query remove_query = statement<&name_of<"remove">, &write_remove>;
    template <class By, bool filtered>
    static constexpr pg::Query list_query = statement<&list_name<By, filtered>, &write_list<By, filtered>>;

    // The mistakes that would otherwise show as an error of the server, or as a wrong list.
    static_assert(
        boost::mp11::mp_all_of<core::MembersOf<Update>, detail::IsChangeMember>::value,
        "each member of an update is a core::Change<…>, so that what is absent stays as it is"
    );
    static_assert(
        boost::mp11::mp_empty<Sorts>::value || detail::sorts_every_choice<Query, Sorts>(),
        "each enumerator of the query's sort has one Sort among the table's options"
    );
};

}  // namespace pz::web
