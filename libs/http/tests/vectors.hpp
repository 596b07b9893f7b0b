#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

/// Published test vectors, which are not part of this repository (PZ_TESTDATA says where they are), and every
/// entry of them that this library answers otherwise than its collection expects, with the reason.
namespace pz::http::vectors {

inline std::filesystem::path folder() {
    const char* given = std::getenv("PZ_TESTDATA");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return given != nullptr ? std::filesystem::path{given}
                            : std::filesystem::path{PZ_SOURCE_DIR} / "../shared/testdata";
}

inline std::string read(const std::string& file) {
    std::ifstream stream{folder() / file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// One line for the table in docs/security.md. A test that is green has passed whatever is not argued.
inline void report(
    std::string_view family, std::size_t entries, const std::map<std::string, std::size_t>& argued
) {
    std::size_t sum = 0;
    for (const auto& [reason, count] : argued) {
        sum += count;
    }
    std::cout << "[ VECTORS  ] " << family << ": " << entries << " entries, " << entries - sum << " passed, "
              << sum << " argued\n";
    for (const auto& [reason, count] : argued) {
        std::cout << "[ VECTORS  ]   " << count << " x " << reason << '\n';
    }
}

using Reasons = std::map<std::string, std::string, std::less<>>;

/// Entries that others accept and we refuse on purpose, with the reason.
inline const Reasons& stricter() {
    static const std::string host = "Host is not a host name with an optional port";
    static const std::string coding = "Transfer-Encoding is anything but chunked alone";
    static const std::string method = "not one of our methods";
    static const std::string target = "the target does not begin with '/'";
    static const std::string fragment = "a fragment is not part of a request target";
    static const std::string proxy = "we do not speak the PROXY protocol";
    static const std::string underscore = "a framing field spelt with '_', which some peers read as '-'";
    static const std::string empty_line = "an empty line before the request line is not a request line";
    static const Reasons table{
        {"valid/002", host},
        {"valid/009", coding},
        {"valid/024", "the line is over our 8 KB"},
        {"valid/025", coding},
        {"valid/025_line", coding},
        {"valid/029", coding},
        {"valid/030", coding},
        {"valid/031", method},
        {"valid/040", underscore},
        {"valid/040_compat", underscore},
        {"valid/compat_obs_fold_huge", "folded lines are refused"},
        {"valid/pp_01", proxy},
        {"valid/pp_02", proxy},
        {"valid/rfc9112_smuggle_gzip_chunked_01", coding},
        {"valid/rfc9112_target_absolute_https_01", target},
        {"valid/rfc9112_target_absolute_ipv6_01", target},
        {"valid/rfc9112_target_asterisk_options_01", target},
        {"valid/rfc9112_target_authority_connect_01", method},
        {"valid/rfc9112_target_authority_ipv6_01", method},
        {"connection: keep-alive / CRLF between requests, implicit `keep-alive", empty_line},
        {"connection: upgrade / Upgrade GET request", "we change no protocols"},
        {"method: ANNOUNCE request with RTSP", method},
        {"method: CONNECT request", method},
        {"method: CONNECT request with CAPS", method},
        {"method: PURGE request", method},
        {"method: REPORT request", method},
        {"method: SEARCH request", method},
        {"method: SOURCE request", method},
        {"method: SOURCE request with ICE", method},
        {"pipelining: Should parse multiple events", empty_line},
        {"sample: No HTTP version", "HTTP/0.9"},
        {"sample: Prefix newline", empty_line},
        {"sample: Request starting with CRLF", empty_line},
        {"transfer-encoding: POST with `chunked` as last transfer-encoding (multiple headers)", coding},
        {"transfer-encoding: chunked / Trailing headers",
         "Content-Type may not come in a trailer (RFC 9110 6.5.1)"},
        {"uri: Host terminated by a query string", target},
        {"COMP-OPTIONS-STAR", target},
    };
    return table;
}

/// Entries whose verdict does not carry over, with the reason; they are run and may end either way.
inline const Reasons& incomparable() {
    static const std::string limit = "refused for a limit that is lower there than ours";
    static const Reasons table{
        {"invalid/006", limit},
        {"invalid/007", limit},
        {"invalid/008", limit},
        {"invalid/010", limit},
        {"valid/099", "its body is shorter than its Content-Length"},
        {"content-length: Content-Length reset when no body is received", "a parser option that skips bodies"
        },
        {"RFC9112-7.1-MISSING-HOST", "its point is the missing Host, which the second run puts in"},
    };
    return table;
}

/// Of url and utf8, by what the decoders say no to. All three mean the same to a client: 422 or 400.
inline constexpr std::string_view broken_escape = "a '%' without two hexadecimal digits is refused, not kept";
inline constexpr std::string_view not_text =
    "percent-encoded bytes that are not UTF-8 are refused, not replaced";
inline constexpr std::string_view has_nul = "NUL is refused: PostgreSQL's text has none";

}  // namespace pz::http::vectors

#define PZ_NEED_VECTORS(name)                                                           \
    if (!std::filesystem::exists(::pz::http::vectors::folder() / (name))) {             \
        GTEST_SKIP() << "no test vectors in " << ::pz::http::vectors::folder() / (name) \
                     << "; set PZ_TESTDATA";                                            \
    }                                                                                   \
    static_assert(true)
