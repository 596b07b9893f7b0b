#include <pz/web/extract.hpp>

#include <pz/core/check.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/entity_tag.hpp>

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

/// The version in a tag that set_etag() made.
std::optional<std::int32_t> version_of(const EntityTags::Tag& tag) {
    std::int32_t version = 0;
    const char* const end = tag.text.data() + tag.text.size();
    const auto read = std::from_chars(tag.text.data(), end, version);
    const bool canonical =
        read.ec == std::errc{} && read.ptr == end && version > 0 && tag.text.front() != '0';
    return canonical && !tag.weak ? std::optional{version} : std::nullopt;
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

void detail::open_cursor(Context& context, std::optional<std::string>& cursor) {
    if (!cursor || !context.field_errors.empty()) {
        return;
    }
    PZ_CHECK(context.app().cursor_keys != nullptr);
    cursor = context.app().cursor_keys->open(*cursor, context.tenant(), context.list);
    if (!cursor) {
        context.field_errors.push_back({"query.cursor", "is not a cursor of this list", "wrong_format"});
    }
}

NewId Extractor<NewId>::extract(Context& context) {
    return {core::Uuid::v7(*context.app().clock)};
}

std::optional<std::string> IfMatch::versions_text() const {
    if (any) {
        return std::nullopt;
    }
    std::string text = "{";
    for (const std::int32_t version : versions) {
        text += (text.size() > 1 ? "," : "") + std::to_string(version);
    }
    return text + "}";
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
    const std::optional<EntityTags> tags = EntityTags::parse(*header);
    if (!tags) {
        context.field_errors.push_back(
            {"header.If-Match", "must be an ETag that this API gave out, such as \"3\"", "wrong_format"}
        );
        return match;
    }
    match.any = tags->any;
    for (const EntityTags::Tag& tag : tags->tags) {
        if (const auto version = version_of(tag)) {
            match.versions.push_back(*version);
        }
    }
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
    return tenancy::TenantDb{context.begin_for_tenant()};
}

void Extractor<tenancy::TenantDb>::describe(Operation& operation) {
    operation.scope = "tenant";
    operation.add_problem(503);
    operation.add_problem(504);
}

tenancy::PeopleDb Extractor<tenancy::PeopleDb>::extract(Context& context) {
    return tenancy::PeopleDb{context.begin(context.app().identity_pool, tenancy::Scope::people)};
}

void Extractor<tenancy::PeopleDb>::describe(Operation& operation) {
    operation.scope = "tenant";
    operation.add_problem(503);
    operation.add_problem(504);
}

tenancy::AdminDb Extractor<tenancy::AdminDb>::extract(Context& context) {
    return tenancy::AdminDb{context.begin(context.app().admin_pool, tenancy::Scope::admin)};
}

void Extractor<tenancy::AdminDb>::describe(Operation& operation) {
    operation.scope = "platform";
    operation.add_problem(503);
    operation.add_problem(504);
}

}  // namespace pz::web
