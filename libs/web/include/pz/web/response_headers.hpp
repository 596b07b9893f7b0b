#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pz::web {

/// The header lines that do not depend on the request, ready to be copied into a response head: nothing of an
/// API is to be sniffed, framed, cached, embedded by another site, or named to one as a referrer.
class ResponseHeaders {
 public:
    /// What an answer says for itself instead.
    struct Kind {
        bool cacheable = false;   ///< has a Cache-Control of its own
        bool page = false;        ///< has a Content-Security-Policy of its own
        bool any_origin = false;  ///< is everybody's: the same answer for each origin, and embeddable
    };

    /// @param https adds Strict-Transport-Security: outside the loopback profiles everything is https
    explicit ResponseHeaders(bool https);

    /// Lines with their CRLF, for http::Exchange::add_lines().
    [[nodiscard]] std::string_view lines(Kind kind) const noexcept { return lines_[index_of(kind)]; }

 private:
    static constexpr std::size_t index_of(Kind kind) noexcept {
        return (kind.cacheable ? 1U : 0U) | (kind.page ? 2U : 0U) | (kind.any_origin ? 4U : 0U);
    }

    std::array<std::string, 8> lines_;
};

}  // namespace pz::web
