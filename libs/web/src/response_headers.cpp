#include <pz/web/response_headers.hpp>

namespace pz::web {

ResponseHeaders::ResponseHeaders(bool https) {
    for (const bool cacheable : {false, true}) {
        for (const bool page : {false, true}) {
            for (const bool any_origin : {false, true}) {
                std::string& lines = lines_[index_of({cacheable, page, any_origin})];
                lines = "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
                lines += any_origin ? "Cross-Origin-Resource-Policy: cross-origin\r\n"
                                    : "Cross-Origin-Resource-Policy: same-origin\r\nVary: Origin\r\n";
                if (!page) {
                    lines += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
                }
                if (!cacheable) {
                    lines += "Cache-Control: no-store\r\n";
                }
                if (https) {
                    // For this host only: what its subdomains speak is not ours to say.
                    lines += "Strict-Transport-Security: max-age=31536000\r\n";
                }
            }
        }
    }
}

}  // namespace pz::web
