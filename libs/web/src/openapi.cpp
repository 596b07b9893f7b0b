#include <pz/web/openapi.hpp>

#include <pz/core/check.hpp>
#include <pz/core/error.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace pz::web {

namespace {

/// What a status means here, and the name of its response under "components".
struct ProblemText {
    unsigned status;
    std::string_view name;
    std::string_view description;
};

constexpr std::array problem_texts{
    ProblemText{400, "BadRequest", "The request is malformed"},
    ProblemText{401, "Unauthorized", "No token, or one that is not live"},
    ProblemText{403, "Forbidden", "The role, the tenant's state or the impersonation rule forbids it"},
    ProblemText{404, "NotFound", "No such thing in this tenant; another tenant's looks the same"},
    ProblemText{409, "Conflict", "It conflicts with what is there"},
    ProblemText{412, "PreconditionFailed", "The row was changed meanwhile"},
    ProblemText{413, "ContentTooLarge", "The body is too large"},
    ProblemText{415, "UnsupportedMediaType", "The media type is not supported"},
    ProblemText{422, "InvalidInput", "The input is not valid; errors names each field"},
    ProblemText{428, "PreconditionRequired", "If-Match is required"},
    ProblemText{429, "TooManyRequests", "Too many requests; Retry-After says when"},
    ProblemText{500, "InternalError", "Our fault; the body says nothing but the request id"},
    ProblemText{503, "Unavailable", "Busy or not ready; Retry-After says when"},
    ProblemText{504, "DeadlineExceeded", "It took too long"},
};

const ProblemText& problem_text(unsigned status) {
    const auto* found = std::ranges::find(problem_texts, status, &ProblemText::status);
    PZ_CHECK(found != problem_texts.end());  // every documented problem has a name
    return *found;
}

/// Every code that a problem may carry; docs/errors.md says when.
json::array error_codes() {
    json::array codes;
    for (unsigned value = 0; value < 256; ++value) {
        const std::string_view code = core::error_code_text(static_cast<core::ErrorCode>(value));
        if (code.empty()) {
            break;
        }
        codes.emplace_back(code);
    }
    return codes;
}

json::object problem_schema(json::value code) {
    const json::object text{{"type", "string"}};
    const json::object field_error{
        {"type", "object"},
        {"properties",
         json::object{
             {"loc", json::object{{"type", "string"}, {"description", "body.title, query.limit, path.id, …"}}
             },
             {"msg", text},
             {"code", text}
         }},
        {"additionalProperties", false},
        {"required", json::array{"loc", "msg", "code"}}
    };
    const json::object limit{
        {"type", "object"},
        {"description", "with limit_reached only: which limit of the organization, and where it lies"},
        {"properties",
         json::object{
             {"name", json::object{{"type", "string"}, {"description", "items, members"}}},
             {"value", json::object{{"type", "integer"}, {"format", "int64"}}}
         }},
        {"additionalProperties", false},
        {"required", json::array{"name", "value"}}
    };
    return {
        {"type", "object"},
        {"description", "RFC 9457 problem details with a stable code"},
        {"properties",
         json::object{
             {"type", text},
             {"title", text},
             {"status", json::object{{"type", "integer"}, {"format", "int32"}}},
             {"detail", json::object{{"type", "string"}, {"description", "absent from 5xx"}}},
             {"code", std::move(code)},
             {"request_id",
              json::object{{"type", "string"}, {"description", "also in X-Request-Id and in the log"}}},
             {"limit", limit},
             {"errors",
              json::object{{"type", "array"}, {"description", "with 422 only"}, {"items", field_error}}}
         }},
        {"additionalProperties", false},
        {"required", json::array{"type", "title", "status", "code", "request_id"}}
    };
}

json::object header(Presence presence, std::string_view description) {
    return {
        {"description", description},
        {"required", presence == Presence::always},
        {"schema", json::object{{"type", "string"}}}
    };
}

/// On every answer, whatever the route and the outcome.
json::object standard_headers() {
    return {{"X-Request-Id", json::object{{"$ref", "#/components/headers/X-Request-Id"}}}};
}

/// On the answers of limited routes, as long as a limit is on.
void add_rate_limit_headers(json::object& headers) {
    for (const char* name : {"RateLimit", "RateLimit-Policy"}) {
        headers[name] = json::object{{"$ref", std::string{"#/components/headers/"} + name}};
    }
}

json::object problem_content() {
    return {
        {"application/problem+json",
         json::object{{"schema", json::object{{"$ref", "#/components/schemas/Problem"}}}}}
    };
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

json::value Components::problem(unsigned status) {
    const ProblemText& text = problem_text(status);
    const json::value schema = reference("Problem", [&] {
        return problem_schema(reference("ErrorCode", [] {
            return json::object{
                {"type", "string"},
                {"description", "Never renamed; more may come, so treat an unknown one by its status"},
                {"enum", error_codes()}
            };
        }));
    });
    json::object headers = standard_headers();
    if (status == 401) {
        headers["WWW-Authenticate"] = header(Presence::always, "Bearer, and invalid_token if there was one");
    } else if (status == 429 || status == 503) {
        headers["Retry-After"] = header(Presence::always, "Seconds to wait before the next try");
    } else if (status == 409) {
        headers["Retry-After"] = header(Presence::sometimes, "Seconds to wait, with idempotency_in_progress");
    }
    if (status == 429) {
        add_rate_limit_headers(headers);
    }
    responses_[std::string{text.name}] = json::object{
        {"description", text.description}, {"headers", std::move(headers)}, {"content", problem_content()}
    };
    return json::object{{"$ref", "#/components/responses/" + std::string{text.name}}};
}

json::object Components::schemas() const {
    return {schemas_.begin(), schemas_.end()};
}

json::object Components::to_json() const {
    return {
        {"schemas", schemas()},
        {"responses", json::object{responses_.begin(), responses_.end()}},
        {"headers",
         json::object{
             {"X-Request-Id",
              header(Presence::always, "Names this request in the log; yours, if you sent one")},
             {"RateLimit",
              header(
                  Presence::sometimes,
                  "The limit nearest to its end: requests that remain (r) and seconds until all of them are "
                  "there again (t): \"person\";r=49;t=1"
              )},
             {"RateLimit-Policy",
              header(
                  Presence::sometimes,
                  "The limits: requests (q) per window of seconds (w): \"person\";q=50;w=1"
              )}
         }},
    };
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

void Operation::add_request_body(std::string_view media_type, json::value schema, bool required) {
    if (request_body.empty()) {
        request_body = {{"required", required}, {"content", json::object{}}};
    }
    request_body["content"].as_object()[media_type] = json::object{{"schema", std::move(schema)}};
}

void Operation::add_response(
    unsigned status, std::string_view description, std::string_view media_type, json::value schema
) {
    responses[status] = json::object{{"description", description}, {"headers", standard_headers()}};
    if (!media_type.empty()) {
        add_media_type(status, media_type, std::move(schema));
    }
}

void Operation::add_media_type(unsigned status, std::string_view media_type, json::value schema) {
    json::value& content = responses.at(status).as_object()["content"];
    if (content.is_null()) {
        content = json::object{};
    }
    content.as_object()[media_type] = json::object{{"schema", std::move(schema)}};
}

void Operation::add_response_header(
    unsigned status, std::string_view name, Presence presence, std::string_view description
) {
    json::object& response = responses.at(status).as_object();
    response["headers"].as_object()[name] = header(presence, description);
}

void Operation::add_not_modified() {
    const auto ok = responses.find(200);
    if (ok == responses.end() || !ok->second.at("headers").as_object().contains("ETag")) {
        return;
    }
    add_response(304, "Unchanged since the ETag in If-None-Match");
    add_response_header(304, "ETag", Presence::always, "The same as before");
    add_parameter(
        "header",
        "If-None-Match",
        /*required=*/false,
        json::object{{"type", "string"}},
        "The ETag of the answer that you have"
    );
}

void Operation::add_problem(unsigned status) {
    json::value& response = responses[status];
    const json::value reference = components.problem(status);
    if (response.is_null()) {
        response = reference;
    } else if (json::object& own = response.as_object(); own.contains("content")) {
        own["content"].as_object().insert_or_assign(
            "application/problem+json", problem_content().at("application/problem+json")
        );
    }
}

void Operation::add_rate_limit() {
    add_problem(429);
    for (auto& [status, response] : responses) {
        if (status < 300) {
            add_rate_limit_headers(response.as_object()["headers"].as_object());
        }
    }
}

json::object Operation::to_json(std::string_view operation_id, std::string_view summary, std::string_view tag)
    const {
    json::object operation{{"operationId", operation_id}, {"summary", summary}, {"tags", json::array{tag}}};
    if (!parameters.empty()) {
        operation["parameters"] = parameters;
    }
    if (!request_body.empty()) {
        operation["requestBody"] = request_body;
    }
    json::object& by_status = operation["responses"].emplace_object();
    for (const auto& [status, response] : responses) {
        by_status[std::to_string(status)] = response;
    }
    operation["security"] =
        requires_token ? json::array{json::object{{"bearer", json::array{}}}} : json::array{};
    if (requires_token) {
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
