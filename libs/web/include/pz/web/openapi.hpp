#pragma once

#include <pz/core/json.hpp>
#include <pz/core/secret.hpp>
#include <pz/web/fixed_string.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

/// OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0) from the types that the handlers already use.
namespace pz::web {

/// What operations refer to, each described once: schemas under their type's name, problem responses under
/// their status's.
class Components {
 public:
    /// Returns {"$ref": …} and calls `describe` the first time the name appears.
    template <class Describe>
    boost::json::value reference(std::string_view name, Describe describe) {
        const std::string key{name};
        if (!schemas_.contains(key)) {
            schemas_.emplace(key, nullptr);  // taken before describing, so that a type may refer to itself
            boost::json::value schema = describe();
            schemas_[key] = std::move(schema);
        }
        return boost::json::object{{"$ref", "#/components/schemas/" + key}};
    }

    /// {"$ref": …} to the problem+json answer with this status.
    boost::json::value problem(unsigned status);

    [[nodiscard]] boost::json::object schemas() const;

    /// Everything, as it stands under "components" of a document.
    [[nodiscard]] boost::json::object to_json() const;

 private:
    std::map<std::string, boost::json::value> schemas_;
    std::map<std::string, boost::json::value> responses_;
};

/// Whether an answer with the documented status always carries a header.
enum class Presence : std::uint8_t { always, sometimes };

/// What one route says about itself; extractors and responders add to it.
class Operation {
 public:
    explicit Operation(Components& shared) : components(shared) {}

    Components& components;
    boost::json::array parameters;
    std::map<unsigned, boost::json::value> responses;  ///< by status
    boost::json::object request_body;
    boost::json::array roles;
    std::string impersonation;
    std::string scope = "none";
    bool requires_token = false;

    void add_parameter(
        std::string_view in,
        std::string_view name,
        bool required,
        boost::json::value schema,
        std::string_view description = {}
    );
    /// A body that may come in several media types is described once for each.
    void add_request_body(std::string_view media_type, boost::json::value schema, bool required = true);
    void add_response(
        unsigned status,
        std::string_view description,
        std::string_view media_type = {},
        boost::json::value schema = {}
    );
    /// One more form of the body of a response that was added before.
    void add_media_type(unsigned status, std::string_view media_type, boost::json::value schema);
    /// Adds a header to a response that was added before.
    void add_response_header(
        unsigned status, std::string_view name, Presence presence, std::string_view description
    );
    /// For a GET: an answer that carries an ETag need not be sent again to who has it (If-None-Match, 304).
    void add_not_modified();
    /// Adds a problem+json answer; several causes for one status share an entry. Where the route has an
    /// answer of its own with this status, the problem becomes a second media type of it.
    void add_problem(unsigned status);
    /// The 429 of a limited route, and what its good answers say of the limits.
    void add_rate_limit();

    [[nodiscard]] boost::json::object to_json(
        std::string_view operation_id, std::string_view summary, std::string_view tag
    ) const;
};

/// Adds the member's rules (lengths, ranges, description) to its schema.
void apply_rules(boost::json::object& schema, const core::Rules& rules);

/// Prints with two-space indentation and a final newline: the form in which openapi.json is committed.
[[nodiscard]] std::string pretty_print(const boost::json::value& document);

/// Which way a document travels: an answer always carries its nullable members, a request may leave them out.
enum class Direction : std::uint8_t { input, output };

template <class T, Direction D>
boost::json::value schema_of(Components& components) {
    using boost::json::array;
    using boost::json::object;
    if constexpr (core::is_optional<T>) {
        const boost::json::value inner = schema_of<typename T::value_type, D>(components);
        object schema{{"anyOf", array{inner, object{{"type", "null"}}}}};
        if constexpr (std::is_same_v<typename T::value_type, core::SecretString>) {
            schema["writeOnly"] = true;  // of the member, which is where readers look for it
        }
        return schema;
    } else if constexpr (core::is_change<T>) {
        return schema_of<decltype(T::value), D>(components);
    } else if constexpr (core::is_vector<T>) {
        return object{{"type", "array"}, {"items", schema_of<typename T::value_type, D>(components)}};
    } else if constexpr (std::is_same_v<T, bool>) {
        return object{{"type", "boolean"}};
    } else if constexpr (std::integral<T>) {
        return object{{"type", "integer"}, {"format", sizeof(T) > 4 ? "int64" : "int32"}};
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        return object{{"type", "string"}};
    } else if constexpr (std::is_same_v<T, core::SecretString>) {
        static_assert(D == Direction::input, "a secret comes in and is never answered");
        return object{{"type", "string"}, {"format", "password"}, {"writeOnly", true}};
    } else if constexpr (std::is_same_v<T, core::Uuid>) {
        return object{{"type", "string"}, {"format", "uuid"}};
    } else if constexpr (std::is_same_v<T, core::Timestamp>) {
        return object{{"type", "string"}, {"format", "date-time"}};
    } else if constexpr (std::is_same_v<T, boost::json::object>) {
        static_assert(D == Direction::output, "a body says which members it may have");
        return object{{"type", "object"}, {"additionalProperties", true}};
    } else if constexpr (core::DescribedEnum<T>) {
        return components.reference(type_name<T>, [&] {
            array names;
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
                names.emplace_back(d.name);
            });
            return object{{"type", "string"}, {"enum", names}};
        });
    } else {
        static_assert(core::Described<T>, "schema_of: the type needs PZ_DESCRIBE");
        return components.reference(type_name<T>, [&] {
            object properties;
            array required;
            boost::mp11::mp_for_each<core::MembersOf<T>>([&](auto d) {
                using Member = std::remove_cvref_t<decltype(std::declval<T>().*d.pointer)>;
                boost::json::value schema = schema_of<Member, D>(components);
                apply_rules(schema.as_object(), pz_rules(static_cast<const T*>(nullptr), d.name));
                properties[d.name] = std::move(schema);
                if constexpr (D == Direction::output || !core::may_be_absent<Member>) {
                    required.emplace_back(d.name);
                }
            });
            object schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
            if (!required.empty()) {
                schema["required"] = required;
            }
            return schema;
        });
    }
}

}  // namespace pz::web
