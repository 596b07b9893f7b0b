#pragma once

#include <pz/testkit/world.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The attack suite: many tenants, every operation that the services publish, every place of a request in
/// which another tenant's identifier fits, and the question after each answer: whose is this?
namespace pz::isolation {

enum class Place : std::uint8_t { path, query, header };

struct Parameter {
    Place place;
    std::string name;
    bool required;
    boost::json::object schema;

    /// Whether a value of this parameter can be an identifier or a piece of a tenant's text.
    [[nodiscard]] bool can_name_a_tenants_row() const;
};

/// One operation as its service's OpenAPI document has it: the attack is made from these, so that a new route
/// is attacked without anybody writing anything. References in schemas are resolved.
struct Operation {
    testkit::Service service;
    std::string name;  ///< operationId
    std::string method;
    std::string path;                ///< with {id}
    std::vector<std::string> roles;  ///< who may; empty: everybody who is signed in
    bool signed_in;
    std::string scope;  ///< x-tenant-scope
    std::vector<Parameter> parameters;
    std::optional<boost::json::object> body;
    bool form;  ///< the body is application/x-www-form-urlencoded

    [[nodiscard]] bool reads() const { return method == "GET"; }

    [[nodiscard]] bool allows(std::string_view role) const {
        return !signed_in ||
               (role != "anonymous" && (roles.empty() || std::ranges::find(roles, role) != roles.end()));
    }

    /// Of the platform's own: its people name tenants rightly.
    [[nodiscard]] bool across_tenants() const { return scope == "platform"; }

    [[nodiscard]] const Parameter* parameter(Place place, std::string_view parameter_name) const;
    [[nodiscard]] bool has(Place place) const;
};

/// What GET /openapi.json of a service says.
[[nodiscard]] std::vector<Operation> read_operations(
    testkit::Service service, const boost::json::value& document
);

/// The members of a body that take a UUID, at any depth.
[[nodiscard]] bool takes_a_uuid(const boost::json::object& schema);

/// The schema behind `anyOf: [schema, null]`, or the schema itself.
[[nodiscard]] const boost::json::object& without_null(const boost::json::object& schema);

[[nodiscard]] std::string_view text_of(const boost::json::object& object, std::string_view member);

}  // namespace pz::isolation
