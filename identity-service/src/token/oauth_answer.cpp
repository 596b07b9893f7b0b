#include "token/oauth_answer.hpp"

namespace json = boost::json;

namespace pz::identity::token {

void describe_form(web::Operation& operation, const json::value& schema, bool required) {
    operation.add_request_body("application/x-www-form-urlencoded", schema, required);
    operation.add_request_body("application/json", schema, required);
}

void add_oauth_error(web::Operation& operation, unsigned status, std::string_view description) {
    const json::value schema = operation.components.reference("OAuthError", [] {
        return json::object{
            {"type", "object"},
            {"description", "RFC 6749 section 5.2"},
            {"properties",
             json::object{
                 {"error",
                  json::object{
                      {"type", "string"},
                      {"enum",
                       json::array{
                           "invalid_request",
                           "invalid_client",
                           "invalid_grant",
                           "invalid_scope",
                           "invalid_target",
                           "unauthorized_client",
                           "unsupported_grant_type",
                           "unsupported_token_type",
                           "login_required",
                           "tenant_suspended",
                           "mfa_required",
                           "mfa_enrollment_required"
                       }}
                  }},
                 {"error_description", json::object{{"type", "string"}}},
                 {"mfa_token",
                  json::object{
                      {"type", "string"}, {"description", "for the second step: single use, five minutes"}
                  }}
             }},
            {"additionalProperties", false},
            {"required", json::array{"error", "error_description"}}
        };
    });
    operation.add_response(status, description, "application/json", schema);
    if (status == 401) {
        operation.add_response_header(
            401, "WWW-Authenticate", web::Presence::always, "Basic: how a confidential client authenticates"
        );
    }
}

json::object form_schema(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    json::object properties;
    for (const auto& [name, description] : fields) {
        properties[name] = json::object{{"type", "string"}, {"description", description}};
    }
    return json::object{{"type", "object"}, {"properties", std::move(properties)}};
}

void render_oauth(web::Context& context, unsigned status, std::string_view body) {
    web::begin_json(context, status) += body;
    context.exchange().add_header("Pragma", "no-cache");  // RFC 6749 asks for it beside Cache-Control
    if (status == 401) {
        context.exchange().add_header("WWW-Authenticate", R"(Basic realm="Phase Zero", charset="UTF-8")");
    }
}

}  // namespace pz::identity::token
