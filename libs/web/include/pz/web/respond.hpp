#pragma once

#include <pz/core/json.hpp>
#include <pz/web/context.hpp>
#include <pz/web/openapi.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// What a handler returns is the response. A described struct is 200 with JSON; the types below say the rest.
namespace pz::web {

/// One page of a list. `next_key` says where the next one begins, and is empty on the last one; the client
/// gets it as `next_cursor`, signed for this list (cursor.hpp).
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next_key;
};

/// 201 with the created row and its Location: the route's own path, then the row's id.
template <class T>
struct Created {
    T value;
};

template <class T>
Created(T) -> Created<T>;

/// 201 with what was created and where it is found.
template <class T>
struct CreatedAt {
    T value;
    std::string location;
};

/// How a conditional write ended.
enum class WriteOutcome : std::uint8_t {
    done,
    stale,    ///< the row has another version than If-Match says: 412
    missing,  ///< there is no such row in this tenant: 404
};

/// 200 with the row as the update left it, 404 or 412.
template <class T>
struct Updated {
    WriteOutcome outcome = WriteOutcome::missing;
    T value{};
};

/// 204, 404 or 412.
template <class T>
struct Removed {
    WriteOutcome outcome = WriteOutcome::missing;
};

/// 204.
struct NoContent {};

/// Specialised for each response type:
///     static void render(T&&, Context&);     fills the exchange's response; runs before COMMIT is awaited
///     static void describe(Operation&);
template <class T>
struct Responder;

/// Starts a JSON answer and returns the body to write into.
std::string& begin_json(Context& context, unsigned status);
void set_etag(Context& context, std::int64_t version);
void set_location(Context& context, const std::string& id);
/// Answers 304 instead of 200 when the client has this already (If-None-Match on GET and HEAD).
void answer_not_modified(Context& context, std::string_view etag);
/// The signed form of a page's key, for the list that this request asked for.
[[nodiscard]] std::string next_cursor(Context& context, std::string_view key);
/// "item" for Item, "line item" for LineItem: what a 404 calls a row.
[[nodiscard]] std::string noun_of(std::string_view type);
/// Throws 404 or 412 unless the write was done.
void require_done(WriteOutcome outcome, std::string_view type);

namespace detail {

template <class T>
concept Versioned = requires(T row) {
    { row.version } -> std::convertible_to<std::int64_t>;
};

/// An answer that says where the next one goes on.
template <class T>
concept Continued = requires(T answer) {
    { answer.next_cursor } -> std::same_as<std::optional<std::string>&>;
};

/// A row that carries a version answers with it as its ETag.
template <class T>
void set_etag_of(Context& context, const T& value) {
    if constexpr (Versioned<T>) {
        set_etag(context, value.version);
    }
}

template <class T>
void describe_etag(Operation& operation, unsigned status) {
    if constexpr (Versioned<T>) {
        operation.add_response_header(status, "ETag", Presence::always, "The row's version, for If-Match");
    }
}

}  // namespace detail

/// A member `next_cursor` is filled by the handler with a key, as Page::next_key, and sent signed.
template <core::Described T>
struct Responder<T> {
    static void render(T&& value, Context& context) {
        if constexpr (detail::Continued<T>) {
            if (value.next_cursor) {
                value.next_cursor = next_cursor(context, *value.next_cursor);
            }
        }
        core::write_json(begin_json(context, 200), value);
        context.rows = 1;
        detail::set_etag_of(context, value);
    }

    static void describe(Operation& operation) {
        operation.add_response(
            200, "OK", "application/json", schema_of<T, Direction::output>(operation.components)
        );
        detail::describe_etag<T>(operation, 200);
    }
};

/// A row, or 404.
template <core::Described T>
struct Responder<std::optional<T>> {
    static void render(std::optional<T>&& row, Context& context) {
        if (!row) {
            throw core::not_found(noun_of(type_name<T>));  // another tenant's id looks the same
        }
        Responder<T>::render(std::move(*row), context);
    }

    static void describe(Operation& operation) {
        Responder<T>::describe(operation);
        operation.add_problem(404);
    }
};

template <core::Described T>
struct Responder<Updated<T>> {
    static void render(Updated<T>&& updated, Context& context) {
        require_done(updated.outcome, type_name<T>);
        Responder<T>::render(std::move(updated.value), context);
    }

    static void describe(Operation& operation) {
        Responder<T>::describe(operation);
        operation.add_problem(404);
        operation.add_problem(412);
    }
};

template <core::Described T>
struct Responder<Page<T>> {
    static void render(Page<T>&& page, Context& context) {
        std::string& body = begin_json(context, 200);
        context.rows = static_cast<std::int64_t>(page.items.size());
        body += R"({"items":)";
        core::write_json(body, page.items);
        body += R"(,"next_cursor":)";
        if (page.next_key) {
            core::write_json(body, next_cursor(context, *page.next_key));
        } else {
            body += "null";
        }
        body += '}';
    }

    static void describe(Operation& operation) {
        const std::string name = std::string{type_name<T>} + "Page";
        operation.add_response(200, "OK", "application/json", operation.components.reference(name, [&] {
            return boost::json::object{
                {"type", "object"},
                {"properties",
                 boost::json::object{
                     {"items",
                      boost::json::object{
                          {"type", "array"}, {"items", schema_of<T, Direction::output>(operation.components)}
                      }},
                     {"next_cursor",
                      boost::json::object{
                          {"anyOf",
                           boost::json::array{
                               boost::json::object{{"type", "string"}}, boost::json::object{{"type", "null"}}
                           }}
                      }}
                 }},
                {"additionalProperties", false},
                {"required", boost::json::array{"items", "next_cursor"}}
            };
        }));
    }
};

template <core::Described T>
struct Responder<Created<T>> {
    static void render(Created<T>&& created, Context& context) {
        core::write_json(begin_json(context, 201), created.value);
        context.rows = 1;
        detail::set_etag_of(context, created.value);
        set_location(context, created.value.id.to_string());
    }

    static void describe(Operation& operation) {
        operation.add_response(
            201, "Created", "application/json", schema_of<T, Direction::output>(operation.components)
        );
        detail::describe_etag<T>(operation, 201);
        operation.add_response_header(201, "Location", Presence::always, "The path of what was created");
    }
};

template <core::Described T>
struct Responder<CreatedAt<T>> {
    static void render(CreatedAt<T>&& created, Context& context) {
        core::write_json(begin_json(context, 201), created.value);
        context.location = std::move(created.location);
        context.exchange().add_header("Location", *context.location);
    }

    static void describe(Operation& operation) {
        operation.add_response(
            201, "Created", "application/json", schema_of<T, Direction::output>(operation.components)
        );
        operation.add_response_header(201, "Location", Presence::always, "The path of what was created");
    }
};

template <>
struct Responder<NoContent> {
    static void render(NoContent&&, Context& context);
    static void describe(Operation& operation);
};

template <class T>
struct Responder<Removed<T>> {
    static void render(Removed<T>&& removed, Context& context) {
        require_done(removed.outcome, type_name<T>);
        Responder<NoContent>::render({}, context);
    }

    static void describe(Operation& operation) {
        Responder<NoContent>::describe(operation);
        operation.add_problem(404);
        operation.add_problem(412);
    }
};

}  // namespace pz::web
