#pragma once

#include <pz/core/json.hpp>
#include <pz/web/context.hpp>
#include <pz/web/openapi.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// What a handler returns is the response. A described struct is 200 with JSON; the types below say the rest.
namespace pz::web {

/// One page of a list; `next_cursor` is null on the last one.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next_cursor;
};

/// 201 with the created row and its Location: the route's own path, then the row's id.
template <class T>
struct Created {
    T value;
};

template <class T>
Created(T) -> Created<T>;

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

namespace detail {

/// A row that carries a version answers with it as its ETag.
template <class T>
void set_etag_of(Context& context, const T& value) {
    if constexpr (requires {
                      { value.version } -> std::convertible_to<std::int64_t>;
                  }) {
        set_etag(context, value.version);
    }
}

}  // namespace detail

template <core::Described T>
struct Responder<T> {
    static void render(T&& value, Context& context) {
        core::write_json(begin_json(context, 200), value);
        detail::set_etag_of(context, value);
    }

    static void describe(Operation& operation) {
        operation.add_response(
            200, "OK", "application/json", schema_of<T, Direction::output>(operation.components)
        );
    }
};

template <core::Described T>
struct Responder<Page<T>> {
    static void render(Page<T>&& page, Context& context) {
        std::string& body = begin_json(context, 200);
        body += R"({"items":)";
        core::write_json(body, page.items);
        body += R"(,"next_cursor":)";
        core::write_json(body, page.next_cursor);
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
        detail::set_etag_of(context, created.value);
        set_location(context, created.value.id.to_string());
    }

    static void describe(Operation& operation) {
        operation.add_response(
            201, "Created", "application/json", schema_of<T, Direction::output>(operation.components)
        );
    }
};

template <>
struct Responder<NoContent> {
    static void render(NoContent&&, Context& context);
    static void describe(Operation& operation);
};

}  // namespace pz::web
