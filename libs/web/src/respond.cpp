#include <pz/web/respond.hpp>

#include <pz/core/check.hpp>
#include <pz/web/cursor.hpp>
#include <pz/web/entity_tag.hpp>
#include <pz/web/router.hpp>
#include <pz/web/stream.hpp>

#include <charconv>

namespace pz::web {

std::string& begin_json(Context& context, unsigned status) {
    return context.exchange().respond(status, "application/json");
}

void set_etag(Context& context, std::int64_t version) {
    char text[24];
    text[0] = '"';
    const auto written = std::to_chars(text + 1, text + sizeof text - 1, version);
    *written.ptr = '"';
    const std::string_view etag{text, static_cast<std::size_t>(written.ptr + 1 - text)};
    answer_not_modified(context, etag);
    context.exchange().add_header("ETag", etag);
    context.etag = etag;
}

void answer_not_modified(Context& context, std::string_view etag) {
    const http::Exchange exchange = context.exchange();
    const http::Method method = exchange.method();
    if (method != http::Method::get && method != http::Method::head) {
        return;
    }
    const std::optional<std::string_view> header = exchange.header("If-None-Match");
    // One that cannot be read is passed over: the full answer is never wrong.
    const std::optional<EntityTags> known = header ? EntityTags::parse(*header) : std::nullopt;
    if (known && known->contain(etag)) {
        exchange.respond(304);
    }
}

std::string next_cursor(Context& context, std::string_view key) {
    PZ_CHECK(context.app().cursor_keys != nullptr);
    return context.app().cursor_keys->seal(key, context.tenant(), context.list);
}

std::string noun_of(std::string_view type) {
    std::string noun;
    for (const char c : type) {
        const bool upper = c >= 'A' && c <= 'Z';
        noun += upper && !noun.empty() ? " " : "";
        noun += upper ? static_cast<char>(c | 0x20) : c;
    }
    return noun;
}

void require_done(WriteOutcome outcome, std::string_view type) {
    if (outcome == WriteOutcome::missing) {
        throw core::not_found(noun_of(type));
    }
    if (outcome == WriteOutcome::stale) {
        throw core::version_conflict(noun_of(type));
    }
}

void set_location(Context& context, const std::string& id) {
    context.location = context.route->pattern + "/" + id;
    context.exchange().add_header("Location", *context.location);
}

void begin_stream(
    Context& context, std::unique_ptr<Pieces> pieces, std::string_view media_type, std::string_view file_name
) {
    const http::Exchange exchange = context.exchange();
    // RFC 2046 section 4.1.2: text without a charset is US-ASCII.
    const std::string_view charset = media_type.starts_with("text/") ? "; charset=utf-8" : "";
    exchange.respond(200, std::string{media_type} + std::string{charset});
    exchange.add_header("Content-Disposition", "attachment; filename=\"" + std::string{file_name} + "\"");
    context.pieces = std::move(pieces);
}

void Responder<NoContent>::render(NoContent&&, Context& context) {
    context.exchange().respond(204);
}

void Responder<NoContent>::describe(Operation& operation) {
    operation.add_response(204, "Done");
}

}  // namespace pz::web
