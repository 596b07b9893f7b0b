#include <pz/web/respond.hpp>

#include <pz/web/router.hpp>

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
    context.exchange().add_header("ETag", {text, static_cast<std::size_t>(written.ptr + 1 - text)});
}

void set_location(Context& context, const std::string& id) {
    context.exchange().add_header("Location", context.route->pattern + "/" + id);
}

void Responder<NoContent>::render(NoContent&&, Context& context) {
    context.exchange().respond(204);
}

void Responder<NoContent>::describe(Operation& operation) {
    operation.add_response(204, "Done");
}

}  // namespace pz::web
