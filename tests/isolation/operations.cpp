#include "operations.hpp"

#include <cctype>
#include <stdexcept>

namespace pz::isolation {

namespace {

namespace json = boost::json;

/// Deep enough for every schema, and the end of one that names itself.
constexpr int deepest = 12;

json::value resolve(const json::value& schema, const json::object& document, int depth = 0) {
    if (depth > deepest) {
        return json::object{};
    }
    if (const auto* list = schema.if_array()) {
        json::array out;
        for (const auto& element : *list) {
            out.push_back(resolve(element, document, depth + 1));
        }
        return out;
    }
    const auto* object = schema.if_object();
    if (object == nullptr) {
        return schema;
    }
    if (const auto* reference = object->if_contains("$ref")) {
        constexpr std::string_view prefix = "#/components/schemas/";
        const std::string_view target = reference->as_string();
        if (!target.starts_with(prefix)) {
            throw std::runtime_error{"an unknown kind of reference: " + std::string{target}};
        }
        return resolve(
            document.at("components").at("schemas").at(target.substr(prefix.size())), document, depth + 1
        );
    }
    json::object out;
    for (const auto& member : *object) {
        out[member.key()] = resolve(member.value(), document, depth + 1);
    }
    return out;
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return out;
}

Place place_of(std::string_view in) {
    if (in == "path") {
        return Place::path;
    }
    return in == "query" ? Place::query : Place::header;
}

Operation read_operation(
    testkit::Service service,
    std::string_view method,
    std::string_view path,
    const json::object& from,
    const json::object& document
) {
    Operation operation{
        .service = service,
        .name = std::string{text_of(from, "operationId")},
        .method = upper(method),
        .path = std::string{path},
        .roles = {},
        .signed_in = !from.at("security").as_array().empty(),
        .scope = std::string{text_of(from, "x-tenant-scope")},
        .parameters = {},
        .body = {},
        .form = false,
    };
    if (const auto* roles = from.if_contains("x-roles")) {
        for (const auto& role : roles->as_array()) {
            operation.roles.emplace_back(role.as_string());
        }
    }
    if (const auto* parameters = from.if_contains("parameters")) {
        for (const auto& each : parameters->as_array()) {
            const auto& parameter = each.as_object();
            operation.parameters.push_back({
                .place = place_of(text_of(parameter, "in")),
                .name = std::string{text_of(parameter, "name")},
                .required = parameter.contains("required") && parameter.at("required").as_bool(),
                .schema = resolve(parameter.at("schema"), document).as_object(),
            });
        }
    }
    if (const auto* body = from.if_contains("requestBody")) {
        const auto& content = body->at("content").as_object();
        const auto* type = content.if_contains("application/json");
        operation.form = type == nullptr;
        if (type == nullptr) {
            type = content.if_contains("application/x-www-form-urlencoded");
        }
        if (type != nullptr) {
            operation.body = resolve(type->at("schema"), document).as_object();
        }
    }
    return operation;
}

}  // namespace

std::string_view text_of(const json::object& object, std::string_view member) {
    const auto* found = object.if_contains(member);
    return found != nullptr && found->is_string() ? std::string_view{found->get_string()}
                                                  : std::string_view{};
}

const json::object& without_null(const json::object& schema) {
    const auto* choices = schema.if_contains("anyOf");
    if (choices == nullptr) {
        // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): schemas live as long as their operation
        return schema;
    }
    for (const auto& choice : choices->as_array()) {
        if (const auto* object = choice.if_object();
            object != nullptr && text_of(*object, "type") != "null") {
            return *object;
        }
    }
    // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): schemas live as long as their operation
    return schema;
}

bool Parameter::can_name_a_tenants_row() const {
    const auto& value = without_null(schema);
    return name != "cursor" && text_of(value, "type") == "string" && !value.contains("enum");
}

const Parameter* Operation::parameter(Place place, std::string_view parameter_name) const {
    const auto found = std::ranges::find_if(parameters, [&](const Parameter& parameter) {
        return parameter.place == place && parameter.name == parameter_name;
    });
    return found == parameters.end() ? nullptr : &*found;
}

bool Operation::has(Place place) const {
    return std::ranges::any_of(parameters, [&](const Parameter& parameter) {
        return parameter.place == place && parameter.can_name_a_tenants_row();
    });
}

bool takes_a_uuid(const json::object& schema) {
    const auto& value = without_null(schema);
    if (text_of(value, "format") == "uuid") {
        return true;
    }
    if (const auto* items = value.if_contains("items"); items != nullptr && items->is_object()) {
        return takes_a_uuid(items->get_object());
    }
    const auto* properties = value.if_contains("properties");
    return properties != nullptr && std::ranges::any_of(properties->as_object(), [](const auto& member) {
               return member.value().is_object() && takes_a_uuid(member.value().get_object());
           });
}

std::vector<Operation> read_operations(testkit::Service service, const json::value& document) {
    std::vector<Operation> operations;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            operations.push_back(read_operation(
                service, operation.key(), path.key(), operation.value().as_object(), document.as_object()
            ));
        }
    }
    return operations;
}

}  // namespace pz::isolation
