#include <pz/web/cors.hpp>

#include <pz/core/config.hpp>
#include <pz/core/error.hpp>

#include <algorithm>

namespace pz::web {

namespace {

/// What the browser may send besides the headers that every page may.
constexpr std::string_view allowed_headers =
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id, traceparent, "
    "X-Requested-With";
constexpr std::string_view exposed_headers =
    "ETag, Location, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed";
/// How long a browser may remember a preflight's answer, in seconds.
constexpr std::string_view max_age = "600";

bool is_origin(std::string_view text) {
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        return false;
    }
    const std::string_view scheme = text.substr(0, scheme_end);
    const std::string_view default_port = scheme == "https" ? ":443" : ":80";
    const std::string_view rest = text.substr(scheme_end + 3);
    return (scheme == "https" || scheme == "http") && !rest.empty() && !rest.ends_with(default_port) &&
           rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == std::string_view::npos;
}

}  // namespace

CorsPolicy::CorsPolicy(std::vector<std::string> origins) : origins_(std::move(origins)) {
    for (const std::string& origin : origins_) {
        if (!is_origin(origin)) {
            throw core::ConfigError(
                "PZ_CORS_ORIGINS has \"" + origin +
                "\", which is not an origin as browsers send it: scheme, lower-case host and port, such as "
                "https://console.example"
            );
        }
    }
}

const std::string* CorsPolicy::find(http::Exchange exchange) const noexcept {
    const auto origin = exchange.header("Origin");
    if (!origin) {
        return nullptr;
    }
    const auto found = std::ranges::find(origins_, *origin);
    return found == origins_.end() ? nullptr : &*found;
}

bool CorsPolicy::allows(http::Exchange exchange) const noexcept {
    return find(exchange) != nullptr;
}

bool CorsPolicy::answer_preflight(http::Exchange exchange, std::string_view methods, bool any_origin) const {
    if (exchange.method() != http::Method::options || !exchange.header("Access-Control-Request-Method") ||
        !(any_origin || allows(exchange))) {
        return false;
    }
    exchange.respond(204);
    exchange.add_header("Access-Control-Allow-Methods", methods);
    exchange.add_header("Access-Control-Allow-Headers", allowed_headers);
    exchange.add_header("Access-Control-Max-Age", max_age);
    return true;
}

void CorsPolicy::add_headers(http::Exchange exchange, bool any_origin) const {
    if (any_origin) {
        exchange.add_header("Access-Control-Allow-Origin", "*");
        return;
    }
    // From the list, not from the request: what stands here was written by the operator.
    if (const std::string* origin = find(exchange)) {
        exchange.add_header("Access-Control-Allow-Origin", *origin);
        exchange.add_header("Access-Control-Expose-Headers", exposed_headers);
    }
}

void CorsPolicy::refuse_cross_site(http::Exchange exchange) const {
    // A browser writes Sec-Fetch-Site itself. "same-site" is not enough: another port or subdomain is another
    // program.
    const auto site = exchange.header("Sec-Fetch-Site");
    const bool own_page = site ? *site == "same-origin" || *site == "none" : !exchange.header("Origin");
    if (!own_page && !allows(exchange)) {
        throw core::forbidden("this may not be sent by another site's page");
    }
}

}  // namespace pz::web
