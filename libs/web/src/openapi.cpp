#include <pz/web/openapi.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace json = boost::json;

namespace pz::web {

namespace {

std::string_view status_text(unsigned status) {
    switch (status) {
        case 400:
            return "The request is malformed";
        case 401:
            return "No token, or one that is not live";
        case 403:
            return "The role, the tenant's state or the impersonation rule forbids it";
        case 404:
            return "No such thing in this tenant";
        case 409:
            return "It conflicts with what is there";
        case 412:
            return "The row was changed meanwhile";
        case 413:
            return "The body is too large";
        case 415:
            return "The media type is not supported";
        case 422:
            return "The input is not valid; errors names each field";
        case 428:
            return "If-Match is required";
        case 429:
            return "Too many requests; Retry-After says when";
        case 503:
            return "Busy or not ready; Retry-After says when";
        default:
            return "Problem";
    }
}

void print(std::string& out, const json::value& value, std::size_t depth) {
    const auto new_line = [&](std::size_t level) {
        out += '\n';
        out.append(level * 2, ' ');
    };
    if (value.is_object() && !value.get_object().empty()) {
        out += '{';
        bool first = true;
        for (const auto& member : value.get_object()) {
            if (!std::exchange(first, false)) {
                out += ',';
            }
            new_line(depth + 1);
            out += json::serialize(member.key());
            out += ": ";
            print(out, member.value(), depth + 1);
        }
        new_line(depth);
        out += '}';
    } else if (value.is_array() && !value.get_array().empty()) {
        out += '[';
        bool first = true;
        for (const auto& element : value.get_array()) {
            if (!std::exchange(first, false)) {
                out += ',';
            }
            new_line(depth + 1);
            print(out, element, depth + 1);
        }
        new_line(depth);
        out += ']';
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

json::object Components::schemas() const {
    json::object all;
    for (const auto& [name, schema] : schemas_) {
        all[name] = schema;
    }
    return all;
}

void Operation::add_parameter(
    std::string_view in,
    std::string_view name,
    bool required,
    json::value schema,
    std::string_view description
) {
    json::object parameter{{"name", name}, {"in", in}, {"required", required}, {"schema", std::move(schema)}};
    if (!description.empty()) {
        parameter["description"] = description;
    }
    parameters.push_back(std::move(parameter));
}

void Operation::set_request_body(std::string_view media_type, json::value schema) {
    json::object content;
    content[media_type] = json::object{{"schema", std::move(schema)}};
    request_body = json::object{{"required", true}, {"content", std::move(content)}};
}

void Operation::add_response(
    unsigned status, std::string_view description, std::string_view media_type, json::value schema
) {
    json::object response{{"description", description}};
    if (!media_type.empty()) {
        json::object content;
        content[media_type] = json::object{{"schema", std::move(schema)}};
        response["content"] = std::move(content);
    }
    responses[std::to_string(status)] = std::move(response);
}

void Operation::add_problem(unsigned status) {
    if (responses.contains(std::to_string(status))) {
        return;
    }
    add_response(
        status,
        status_text(status),
        "application/problem+json",
        json::object{{"$ref", "#/components/schemas/Problem"}}
    );
}

json::object Operation::to_json(std::string_view operation_id, std::string_view summary) const {
    json::object operation{{"operationId", operation_id}, {"summary", summary}};
    if (!parameters.empty()) {
        operation["parameters"] = parameters;
    }
    if (!request_body.is_null()) {
        operation["requestBody"] = request_body;
    }
    operation["responses"] = responses;
    if (requires_token) {
        operation["security"] = json::array{json::object{{"bearer", json::array{}}}};
        operation["x-roles"] = roles;
    }
    operation["x-tenant-scope"] = scope;
    operation["x-impersonation"] = impersonation;
    return operation;
}

void apply_rules(json::object& schema, const core::Rules& rules) {
    // Under anyOf (a nullable member) the rules belong to the first alternative.
    json::object& target = schema.contains("anyOf") ? schema["anyOf"].as_array()[0].as_object() : schema;
    if (rules.min_length) {
        target["minLength"] = *rules.min_length;
    }
    if (rules.max_length) {
        target["maxLength"] = *rules.max_length;
    }
    if (rules.minimum) {
        target["minimum"] = *rules.minimum;
    }
    if (rules.maximum) {
        target["maximum"] = *rules.maximum;
    }
    if (!rules.description.empty()) {
        schema["description"] = rules.description;
    }
}

std::string pretty_print(const json::value& document) {
    std::string out;
    print(out, document, 0);
    out += '\n';
    return out;
}

}  // namespace pz::web
