#pragma once

#include <pz/http/limits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace pz::http {

/// The methods we serve; every other token (TRACE, CONNECT, WebDAV) is refused by the parser.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

/// "GET", "HEAD", …, "DELETE".
[[nodiscard]] std::string_view method_text(Method method) noexcept;

/// Header field names compare without regard to ASCII case (RFC 9110 section 5.1).
[[nodiscard]] bool same_field_name(std::string_view left, std::string_view right) noexcept;

struct HeaderField {
    std::string_view name;   ///< as the client wrote it
    std::string_view value;  ///< without the white space around it
};

/// Why a head was refused. The caller answers status() and closes: after a framing error nobody knows where
/// the next request begins.
enum class HeadError : std::uint8_t {
    bad_start_line,
    bad_target,
    target_too_long,
    bad_version,
    bad_line_end,
    bad_field,
    head_too_large,
    bad_host,
    bad_content_length,
    bad_transfer_encoding,
    duplicate_field,
    upgrade_refused,
    unknown_expectation,
};

/// 400, 414, 417 or 431.
[[nodiscard]] unsigned status_of(HeadError error) noexcept;
/// One short English sentence for the problem document; says nothing about the request itself.
[[nodiscard]] std::string_view text_of(HeadError error) noexcept;

/// A request head that passed every rule. A compact description (offsets) of the bytes that were parsed:
/// valid as long as they stay where they are, reusable without allocation.
class RequestHead {
 public:
    [[nodiscard]] Method method() const noexcept { return method_; }

    /// Path and query as sent, percent-encoding included; starts with '/'.
    [[nodiscard]] std::string_view target() const noexcept { return view(target_); }

    /// The target up to the first '?'.
    [[nodiscard]] std::string_view path() const noexcept;
    /// What follows the first '?'; empty if there is none.
    [[nodiscard]] std::string_view query() const noexcept;

    [[nodiscard]] std::size_t field_count() const noexcept { return field_count_; }

    /// In the order of the wire; index < field_count().
    [[nodiscard]] HeaderField field(std::size_t index) const noexcept;
    /// The first field of that name. Host, Authorization, Content-Type, Content-Length and Transfer-Encoding
    /// are never repeated; of any other repeated field use field().
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    [[nodiscard]] std::string_view host() const noexcept { return field(host_).value; }

    [[nodiscard]] std::optional<std::string_view> authorization() const noexcept {
        return known(authorization_);
    }

    [[nodiscard]] std::optional<std::string_view> content_type() const noexcept {
        return known(content_type_);
    }

    [[nodiscard]] std::optional<std::string_view> if_match() const noexcept { return known(if_match_); }

    [[nodiscard]] bool chunked() const noexcept { return chunked_; }

    /// 0 if the head has no Content-Length.
    [[nodiscard]] std::uint64_t content_length() const noexcept { return content_length_; }

    [[nodiscard]] bool has_body() const noexcept { return chunked_ || content_length_ != 0; }

    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

    /// Such a client knows no chunked framing: a body of unknown size ends with the connection.
    [[nodiscard]] bool is_http_1_0() const noexcept { return http_1_0_; }

    /// False for HTTP/1.0 and after Connection: close.
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

    /// Bytes of the head, its final empty line included: the body begins here.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

    static constexpr std::size_t max_fields = 64;

 private:
    friend class HeadParser;

    struct Span {
        std::uint16_t begin = 0;
        std::uint16_t size = 0;
    };

    struct FieldSpan {
        Span name;
        Span value;
    };

    static constexpr std::uint8_t absent = 255;

    [[nodiscard]] std::string_view view(Span span) const noexcept {
        return bytes_.substr(span.begin, span.size);
    }

    [[nodiscard]] std::optional<std::string_view> known(std::uint8_t index) const noexcept;

    std::string_view bytes_;
    std::uint64_t content_length_ = 0;
    Span target_;
    Method method_ = Method::get;
    bool http_1_0_ = false;
    bool chunked_ = false;
    bool expects_continue_ = false;
    bool keep_alive_ = true;
    std::uint8_t field_count_ = 0;
    std::uint8_t host_ = absent;
    std::uint8_t authorization_ = absent;
    std::uint8_t content_type_ = absent;
    std::uint8_t if_match_ = absent;
    std::array<FieldSpan, max_fields> fields_;
};

/// Looks for the end of a head in bytes that arrive piecemeal. Returns the size of the head (its empty line
/// included), 0 if more bytes are needed, or an error as soon as the bytes cannot become a head any more: a
/// line end that is not CRLF, a control character, something that is not a method, or more bytes than the
/// limits allow.
/// @param seen bytes that an earlier call for the same head has already looked at
[[nodiscard]] std::expected<std::size_t, HeadError> find_head_end(
    std::string_view bytes, std::size_t seen, const HeadLimits& limits
) noexcept;

/// Parses one complete head, as measured by find_head_end(), by rules H1-H12 of docs/security.md: a strict
/// subset of RFC 9112. Nothing is repaired; whatever two parsers might read differently is refused.
[[nodiscard]] std::expected<void, HeadError> parse_head(
    std::string_view bytes, const HeadLimits& limits, RequestHead& head
) noexcept;

}  // namespace pz::http
