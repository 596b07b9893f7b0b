#pragma once

#include <pz/http/exchange.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which pages of other origins may use this service (the CORS protocol of the Fetch standard). Credentials
/// are never allowed: a cookie works on the console's own origin only.
namespace pz::web {

class CorsPolicy {
 public:
    /// @param origins compared byte for byte with Origin: "https://console.example"
    /// @throws core::ConfigError for anything that a browser would not send as an origin
    explicit CorsPolicy(std::vector<std::string> origins);

    /// True if the request's Origin is on the list.
    [[nodiscard]] bool allows(http::Exchange exchange) const noexcept;

    /// Answers a preflight (OPTIONS with Access-Control-Request-Method) from an allowed origin with 204;
    /// false if the request is not one.
    /// @param methods of the path: "GET, HEAD, POST"
    [[nodiscard]] bool answer_preflight(http::Exchange exchange, std::string_view methods, bool any_origin)
        const;
    /// Adds to a complete response what lets the page read it: nothing for an origin that is not allowed.
    /// @param any_origin true for documents that are everybody's: the keys, the metadata
    void add_headers(http::Exchange exchange, bool any_origin) const;

    /// For endpoints that take or set a cookie: throws 403 when the browser says that another site's page
    /// sends this (Sec-Fetch-Site, else Origin) and that site is not on the list. Clients that are no browser
    /// send neither.
    void refuse_cross_site(http::Exchange exchange) const;

 private:
    [[nodiscard]] const std::string* find(http::Exchange exchange) const noexcept;

    std::vector<std::string> origins_;
};

}  // namespace pz::web
