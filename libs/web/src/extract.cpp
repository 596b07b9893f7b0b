#include <pz/web/extract.hpp>

#include <charconv>

namespace pz::web {

namespace {

/// "application/json", with parameters allowed behind it but no other charset than UTF-8.
bool is_json(std::string_view content_type) {
    const std::size_t semicolon = content_type.find(';');
    std::string type{content_type.substr(0, semicolon)};
    while (!type.empty() && type.back() == ' ') {
        type.pop_back();
    }
    std::string parameters{semicolon == std::string_view::npos ? "" : content_type.substr(semicolon + 1)};
    std::erase(parameters, ' ');
    for (std::string* text : {&type, &parameters}) {
        for (char& c : *text) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
    }
    return type == "application/json" && (parameters.empty() || parameters == "charset=utf-8");
}

}  // namespace

std::vector<core::FormField> read_query(Context& context) {
    auto fields = core::parse_form(context.exchange().query());
    if (!fields) {
        context.field_errors.push_back({"query", "cannot be decoded", "malformed"});
        return {};
    }
    return std::move(*fields);
}

boost::json::value read_json_body(Context& context) {
    const http::Exchange exchange = context.exchange();
    if (exchange.header("Content-Encoding")) {
        throw core::ApiError(
            415,
            core::ErrorCode::unsupported_media_type,
            "Content-Encoding is not supported; send the body as it is"
        );
    }
    if (!is_json(exchange.content_type().value_or(""))) {
        throw core::ApiError(
            415, core::ErrorCode::unsupported_media_type, "the body must be application/json"
        );
    }
    auto document = core::parse_json(context.body());
    if (!document) {
        throw core::ApiError(
            400, core::ErrorCode::malformed_json, "the body is not valid JSON: " + document.error().message
        );
    }
    return std::move(*document);
}

IfMatch Extractor<IfMatch>::extract(Context& context) {
    const std::optional<std::string_view> header = context.exchange().if_match();
    if (!header) {
        throw core::ApiError(
            428,
            core::ErrorCode::precondition_required,
            "If-Match is required: send the ETag of the version you have seen"
        );
    }
    IfMatch match;
    const std::string_view text = *header;
    if (text.size() >= 3 && text.front() == '"' && text.back() == '"') {
        const auto [end, failure] =
            std::from_chars(text.data() + 1, text.data() + text.size() - 1, match.version);
        if (failure == std::errc{} && end == text.data() + text.size() - 1 && match.version > 0) {
            return match;
        }
    }
    context.field_errors.push_back(
        {"header.If-Match", "must be an ETag that this API gave out, such as \"3\"", "wrong_format"}
    );
    return match;
}

void Extractor<IfMatch>::describe(Operation& operation) {
    operation.add_parameter(
        "header",
        "If-Match",
        /*required=*/true,
        boost::json::object{{"type", "string"}},
        "The ETag of the version that the change is based on"
    );
    operation.add_problem(412);
    operation.add_problem(428);
}

std::optional<IfMatch> Extractor<std::optional<IfMatch>>::extract(Context& context) {
    if (!context.exchange().if_match()) {
        return std::nullopt;
    }
    return Extractor<IfMatch>::extract(context);
}

void Extractor<std::optional<IfMatch>>::describe(Operation& operation) {
    operation.add_parameter(
        "header",
        "If-Match",
        /*required=*/false,
        boost::json::object{{"type", "string"}},
        "The ETag of the version that the change is based on; without it the change is unconditional"
    );
    operation.add_problem(412);
}

tenancy::TenantDb Extractor<tenancy::TenantDb>::extract(Context& context) {
    return tenancy::TenantDb{context.begin(context.app().tenant_pool, tenancy::Scope::tenant)};
}

void Extractor<tenancy::TenantDb>::describe(Operation& operation) {
    operation.scope = "tenant";
    operation.add_problem(503);
}

tenancy::AdminDb Extractor<tenancy::AdminDb>::extract(Context& context) {
    return tenancy::AdminDb{context.begin(context.app().admin_pool, tenancy::Scope::admin)};
}

void Extractor<tenancy::AdminDb>::describe(Operation& operation) {
    operation.scope = "platform";
    operation.add_problem(503);
}

}  // namespace pz::web
