#include "extract.hpp"

#include "token/cookie.hpp"

#include <pz/core/check.hpp>
#include <pz/web/policies.hpp>

#include <algorithm>

namespace pz::identity {

namespace {

IdentityApp& app_of(web::Context& context) {
    auto* app = dynamic_cast<IdentityApp*>(&context.app());
    PZ_CHECK(app != nullptr);
    return *app;
}

std::string media_type(std::string_view content_type) {
    std::string type{content_type.substr(0, content_type.find(';'))};
    while (!type.empty() && type.back() == ' ') {
        type.pop_back();
    }
    std::ranges::transform(type, type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    return type;
}

/// Printable ASCII of the header, shortened: people read it in a list.
std::optional<std::string> shorten_user_agent(std::optional<std::string_view> header) {
    constexpr std::size_t longest = 200;
    if (!header || header->empty()) {
        return std::nullopt;
    }
    std::string text{header->substr(0, longest)};
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

std::vector<core::FormField> fields_of_json(web::Context& context) {
    const boost::json::value document = web::read_json_body(context);
    if (!document.is_object()) {
        throw core::bad_request("the body must be a JSON object");
    }
    std::vector<core::FormField> fields;
    for (const auto& member : document.get_object()) {
        if (!member.value().is_string()) {
            context.field_errors.push_back(
                {"body." + std::string{member.key()}, "must be a string", "wrong_type"}
            );
            continue;
        }
        fields.push_back({std::string{member.key()}, std::string{member.value().get_string()}});
    }
    return fields;
}

}  // namespace

std::optional<std::string> OAuthForm::find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &core::FormField::name);
    if (found == fields_.end() || found->value.empty()) {
        return std::nullopt;
    }
    return found->value;
}

}  // namespace pz::identity

namespace pz::web {

identity::IdentityDb Extractor<identity::IdentityDb>::extract(Context& context) {
    identity::IdentityApp& app = identity::app_of(context);
    PZ_CHECK(app.identity_pool != nullptr);
    return {*app.identity_pool, context.exchange().deadline(), context.timeline, &context.audit, app.events};
}

void Extractor<identity::IdentityDb>::describe(Operation& operation) {
    operation.scope = "identity";
    operation.add_problem(503);
    operation.add_problem(504);
}

identity::Issuer Extractor<identity::Issuer>::extract(Context& context) {
    identity::IdentityApp& app = identity::app_of(context);
    return {app.shared, app.clock, context.timeline};
}

identity::ClientContext Extractor<identity::ClientContext>::extract(Context& context) {
    const identity::IdentityApp& app = identity::app_of(context);
    app.policies->cors.refuse_cross_site(context.exchange());
    identity::ClientContext client;
    client.is_console = context.exchange().header("X-Requested-With") == "phasezero-web";
    client.address = context.client_address();
    client.user_agent = identity::shorten_user_agent(context.exchange().header("User-Agent"));
    if (client.is_console) {
        client.refresh_cookie = identity::token::find_refresh_cookie(
            context.exchange().header("Cookie").value_or(""), app.shared->secure_cookies
        );
        client.device_cookie = identity::token::find_device_cookie(
            context.exchange().header("Cookie").value_or(""), app.shared->secure_cookies
        );
    }
    if (const auto authorization = context.exchange().authorization()) {
        client.authorization = std::string{*authorization};
    }
    return client;
}

void Extractor<identity::ClientContext>::describe(Operation& operation) {
    operation.add_parameter(
        "header",
        "X-Requested-With",
        /*required=*/false,
        boost::json::object{{"type", "string"}},
        "\"phasezero-web\" keeps the refresh token in an HttpOnly cookie instead of the answer"
    );
    operation.add_problem(403);
}

identity::OAuthForm Extractor<identity::OAuthForm>::extract(Context& context) {
    if (context.body().empty()) {
        return identity::OAuthForm{{}};
    }
    const std::string type = identity::media_type(context.exchange().content_type().value_or(""));
    std::vector<core::FormField> fields;
    if (type == "application/x-www-form-urlencoded") {
        auto parsed = core::parse_form(context.body());
        if (!parsed) {
            return identity::OAuthForm::malformed("the form cannot be decoded");
        }
        fields = std::move(*parsed);
    } else if (type == "application/json") {
        fields = identity::fields_of_json(context);
    } else {
        throw core::ApiError(
            415,
            core::ErrorCode::unsupported_media_type,
            "the body must be application/x-www-form-urlencoded or application/json"
        );
    }
    for (auto field = fields.begin(); field != fields.end(); ++field) {
        if (std::find_if(fields.begin(), field, [&](const auto& other) {
                return other.name == field->name;
            }) != field) {
            return identity::OAuthForm::malformed("a parameter appears twice");
        }
    }
    return identity::OAuthForm{std::move(fields)};
}

void Extractor<identity::OAuthForm>::describe(Operation& operation) {
    operation.add_problem(400);
    operation.add_problem(413);
    operation.add_problem(415);
    operation.add_problem(422);
}

}  // namespace pz::web
