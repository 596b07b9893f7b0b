#include <pz/http/head_parser.hpp>

#include "ascii.hpp"

#include <algorithm>

namespace pz::http {

std::string_view method_text(Method method) noexcept {
    static constexpr std::array<std::string_view, 7> texts{
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    };
    return texts[static_cast<std::size_t>(method)];
}

bool same_field_name(std::string_view left, std::string_view right) noexcept {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
               return ascii::lower(a) == ascii::lower(b);
           });
}

unsigned status_of(HeadError error) noexcept {
    switch (error) {
        case HeadError::target_too_long:
            return 414;
        case HeadError::unknown_expectation:
            return 417;
        case HeadError::head_too_large:
            return 431;
        default:
            return 400;
    }
}

std::string_view text_of(HeadError error) noexcept {
    switch (error) {
        case HeadError::bad_start_line:
            return "the request line or its method is not one this server takes";
        case HeadError::bad_target:
            return "the request target must begin with '/' and be visible ASCII";
        case HeadError::target_too_long:
            return "the request target is too long";
        case HeadError::bad_version:
            return "the protocol must be HTTP/1.1";
        case HeadError::bad_line_end:
            return "lines must end with CRLF";
        case HeadError::bad_field:
            return "a header field is malformed";
        case HeadError::head_too_large:
            return "the header fields are too large or too many";
        case HeadError::bad_host:
            return "exactly one valid Host is required";
        case HeadError::bad_content_length:
            return "Content-Length must be one number";
        case HeadError::bad_transfer_encoding:
            return "Transfer-Encoding must be chunked, alone, and without Content-Length";
        case HeadError::duplicate_field:
            return "a header field that must be unique is repeated";
        case HeadError::upgrade_refused:
            return "this server does not change protocols";
        case HeadError::unknown_expectation:
            return "the only expectation supported is 100-continue";
    }
    return "malformed request";
}

std::string_view RequestHead::path() const noexcept {
    const std::string_view whole = target();
    return whole.substr(0, whole.find('?'));
}

std::string_view RequestHead::query() const noexcept {
    const std::string_view whole = target();
    const std::size_t mark = whole.find('?');
    return mark == std::string_view::npos ? std::string_view{} : whole.substr(mark + 1);
}

HeaderField RequestHead::field(std::size_t index) const noexcept {
    const FieldSpan& span = fields_[index];
    return {.name = view(span.name), .value = view(span.value)};
}

std::optional<std::string_view> RequestHead::find(std::string_view name) const noexcept {
    for (std::size_t index = 0; index < field_count_; ++index) {
        const FieldSpan& span = fields_[index];
        // Most names asked for are not there, and most that are have another length.
        if (span.name.size == name.size() && same_field_name(view(span.name), name)) {
            return view(span.value);
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> RequestHead::known(std::uint8_t index) const noexcept {
    return index == absent ? std::nullopt : std::optional{field(index).value};
}

namespace {

/// Longest request line apart from its target: "OPTIONS " and " HTTP/1.1".
constexpr std::size_t start_line_overhead = 17;

/// The line ends of an unfinished head: true if every CR is followed by LF, every LF follows a CR, and there
/// is no other control character, as far as the bytes go.
bool line_ends_are_sound(std::string_view bytes, std::size_t from) noexcept {
    for (std::size_t i = from == 0 ? 0 : from - 1; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (c == '\r') {
            if (i + 1 < bytes.size() && bytes[i + 1] != '\n') {
                return false;
            }
        } else if (c == '\n') {
            if (i == 0 || bytes[i - 1] != '\r') {
                return false;
            }
        } else if (ascii::is_control(c)) {
            return false;
        }
    }
    return true;
}

/// reg-name, IPv4 or bracketed IPv6, with an optional port (RFC 9110 section 7.2). No percent-encoding, no
/// user information, no list: none of them has a use in a Host field, and each has served to confuse two
/// parsers.
bool is_valid_host(std::string_view host) noexcept {
    std::size_t name_end = 0;
    if (host.starts_with('[')) {
        const std::size_t bracket = host.find(']');
        if (bracket == std::string_view::npos || bracket < 3) {
            return false;
        }
        for (const char c : host.substr(1, bracket - 1)) {
            const char low = ascii::lower(c);
            if (!ascii::is_digit(c) && !(low >= 'a' && low <= 'f') && c != ':' && c != '.') {
                return false;
            }
        }
        name_end = bracket + 1;
    } else {
        while (name_end < host.size()) {
            const char c = host[name_end];
            const char low = ascii::lower(c);
            if (!ascii::is_digit(c) && !(low >= 'a' && low <= 'z') && c != '.' && c != '-' && c != '_') {
                break;
            }
            ++name_end;
        }
        if (name_end == 0) {
            return false;
        }
    }
    if (name_end == host.size()) {
        return true;
    }
    const std::string_view port = host.substr(name_end + 1);
    return host[name_end] == ':' && !port.empty() && port.size() <= 5 &&
           std::ranges::all_of(port, ascii::is_digit);
}

/// True if the comma-separated list has the token.
bool list_has(std::string_view list, std::string_view token) noexcept {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (same_field_name(ascii::trim(list.substr(0, comma)), token)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

std::optional<Method> method_of(std::string_view text) noexcept {
    for (std::uint8_t index = 0; index <= static_cast<std::uint8_t>(Method::options); ++index) {
        const auto method = static_cast<Method>(index);
        if (text == method_text(method)) {
            return method;
        }
    }
    return std::nullopt;
}

}  // namespace

std::expected<std::size_t, HeadError> find_head_end(
    std::string_view bytes, std::size_t seen, const HeadLimits& limits
) noexcept {
    if (bytes.empty()) {
        return 0;
    }
    if (bytes.front() < 'A' || bytes.front() > 'Z') {
        return std::unexpected{HeadError::bad_start_line};
    }
    const std::string_view window = bytes.substr(0, limits.head_bytes);
    const std::size_t end = window.find("\r\n\r\n", seen < 3 ? 0 : seen - 3);
    if (end != std::string_view::npos) {
        return end + 4;
    }
    if (!line_ends_are_sound(window, seen)) {
        return std::unexpected{HeadError::bad_line_end};
    }
    const std::size_t start_line = std::min(window.find("\r\n"), window.size());
    if (start_line > limits.target_bytes + start_line_overhead) {
        return std::unexpected{HeadError::target_too_long};
    }
    if (window.size() == limits.head_bytes) {
        return std::unexpected{HeadError::head_too_large};
    }
    return 0;
}

/// Walks one head from its first byte to its last, once.
class HeadParser {
 public:
    HeadParser(std::string_view bytes, const HeadLimits& limits, RequestHead& head) noexcept
        : bytes_(bytes), limits_(limits), head_(head) {}

    std::expected<void, HeadError> run() noexcept {
        head_.bytes_ = bytes_;
        head_.content_length_ = 0;
        head_.chunked_ = false;
        head_.expects_continue_ = false;
        head_.keep_alive_ = true;
        head_.field_count_ = 0;
        head_.host_ = RequestHead::absent;
        head_.authorization_ = RequestHead::absent;
        head_.content_type_ = RequestHead::absent;
        head_.if_match_ = RequestHead::absent;

        std::expected<std::string_view, HeadError> line = next_line();
        if (!line) {
            return std::unexpected{line.error()};
        }
        if (auto parsed = start_line(*line); !parsed) {
            return parsed;
        }
        for (line = next_line(); line && !line->empty(); line = next_line()) {
            if (auto parsed = field_line(*line); !parsed) {
                return parsed;
            }
        }
        if (!line) {
            return std::unexpected{line.error()};
        }
        return position_ == bytes_.size() ? whole() : std::unexpected{HeadError::bad_line_end};
    }

 private:
    using Result = std::expected<void, HeadError>;

    static Result refuse(HeadError error) noexcept { return std::unexpected{error}; }

    /// The next line without its CRLF. A CR inside a line is a bare CR, hence an error.
    std::expected<std::string_view, HeadError> next_line() noexcept {
        const std::size_t end = bytes_.find('\r', position_);
        if (end == std::string_view::npos || end + 1 == bytes_.size() || bytes_[end + 1] != '\n') {
            return std::unexpected{HeadError::bad_line_end};
        }
        const std::string_view line = bytes_.substr(position_, end - position_);
        position_ = end + 2;
        return line;
    }

    [[nodiscard]] RequestHead::Span span_of(std::string_view part) const noexcept {
        return {
            .begin = static_cast<std::uint16_t>(part.data() - bytes_.data()),
            .size = static_cast<std::uint16_t>(part.size()),
        };
    }

    Result start_line(std::string_view line) noexcept {
        const std::size_t method_end = line.find(' ');
        const std::optional<Method> method = method_of(line.substr(0, method_end));
        if (!method) {
            return refuse(HeadError::bad_start_line);
        }
        head_.method_ = *method;
        line.remove_prefix(method_end + 1);

        const std::size_t target_end = line.find(' ');
        if (target_end == std::string_view::npos) {
            return refuse(HeadError::bad_start_line);
        }
        const std::string_view target = line.substr(0, target_end);
        if (target.size() > limits_.target_bytes) {
            return refuse(HeadError::target_too_long);
        }
        // A fragment is never sent; a server that takes one may route by something else than the proxy before
        // it.
        const bool visible =
            std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
        if (!target.starts_with('/') || !visible) {
            return refuse(HeadError::bad_target);
        }
        head_.target_ = span_of(target);

        const std::string_view version = line.substr(target_end + 1);
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            return refuse(HeadError::bad_version);
        }
        head_.http_1_0_ = version == "HTTP/1.0";
        return {};
    }

    Result field_line(std::string_view line) noexcept {
        const std::size_t name_size = ascii::token_size(line);
        // An empty name, white space before the colon and a folded line all fail here: none of them is a
        // token.
        if (name_size == 0 || name_size == line.size() || line[name_size] != ':') {
            return refuse(HeadError::bad_field);
        }
        const std::string_view name = line.substr(0, name_size);
        const std::string_view value = ascii::trim(line.substr(name_size + 1));
        if (ascii::has_control(value)) {
            return refuse(HeadError::bad_field);
        }
        if (head_.field_count_ == std::min(limits_.fields, RequestHead::max_fields)) {
            return refuse(HeadError::head_too_large);
        }
        const std::uint8_t index = head_.field_count_++;
        head_.fields_[index] = {.name = span_of(name), .value = span_of(value)};
        return known_field(name, value, index);
    }

    /// Fields that decide about framing or identity. The length tells them apart before any character is
    /// compared.
    Result known_field(std::string_view name, std::string_view value, std::uint8_t index) noexcept {
        switch (name.size()) {
            case 4:
                if (same_field_name(name, "host")) {
                    return head_.host_ == RequestHead::absent && is_valid_host(value)
                               ? note(head_.host_, index)
                               : refuse(HeadError::bad_host);
                }
                break;
            case 6:
                if (same_field_name(name, "expect")) {
                    return expectation(value);
                }
                break;
            case 7:
                if (same_field_name(name, "upgrade")) {
                    return refuse(HeadError::upgrade_refused);
                }
                break;
            case 8:
                if (same_field_name(name, "if-match")) {
                    return note(head_.if_match_, index);
                }
                break;
            case 10:
                if (same_field_name(name, "connection") && list_has(value, "close")) {
                    head_.keep_alive_ = false;
                }
                break;
            case 12:
                if (same_field_name(name, "content-type")) {
                    return note(head_.content_type_, index);
                }
                break;
            case 13:
                if (same_field_name(name, "authorization")) {
                    return note(head_.authorization_, index);
                }
                break;
            case 14:
                if (same_field_name(name, "content-length")) {
                    return content_length(value);
                }
                if (same_field_name(name, "content_length")) {
                    return refuse(HeadError::bad_field
                    );  // a peer that reads '_' as '-' would frame it otherwise
                }
                break;
            case 17:
                if (same_field_name(name, "transfer-encoding")) {
                    return transfer_encoding(value);
                }
                if (same_field_name(name, "transfer_encoding")) {
                    return refuse(HeadError::bad_field);
                }
                break;
            default:
                break;
        }
        return {};
    }

    static Result note(std::uint8_t& place, std::uint8_t index) noexcept {
        if (place != RequestHead::absent) {
            return refuse(HeadError::duplicate_field);
        }
        place = index;
        return {};
    }

    Result expectation(std::string_view value) noexcept {
        if (!same_field_name(value, "100-continue")) {
            return refuse(HeadError::unknown_expectation);
        }
        head_.expects_continue_ = true;
        return {};
    }

    Result content_length(std::string_view value) noexcept {
        constexpr std::size_t max_digits = 15;
        if (has_content_length_ || value.empty() || value.size() > max_digits ||
            !std::ranges::all_of(value, ascii::is_digit)) {
            return refuse(HeadError::bad_content_length);
        }
        has_content_length_ = true;
        for (const char digit : value) {
            head_.content_length_ = head_.content_length_ * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        return {};
    }

    Result transfer_encoding(std::string_view value) noexcept {
        if (head_.chunked_ || head_.http_1_0_ || !same_field_name(value, "chunked")) {
            return refuse(HeadError::bad_transfer_encoding);
        }
        head_.chunked_ = true;
        return {};
    }

    /// The rules that need every field.
    Result whole() noexcept {
        if (head_.host_ == RequestHead::absent) {
            return refuse(HeadError::bad_host);
        }
        if (head_.chunked_ && has_content_length_) {
            return refuse(HeadError::bad_transfer_encoding);
        }
        if (head_.http_1_0_) {
            head_.keep_alive_ = false;
            // RFC 9110 section 10.1.1: HTTP/1.0 knows no 100 Continue.
            head_.expects_continue_ = false;
        }
        return {};
    }

    std::string_view bytes_;
    const HeadLimits& limits_;
    RequestHead& head_;
    std::size_t position_ = 0;
    bool has_content_length_ = false;
};

std::expected<void, HeadError> parse_head(
    std::string_view bytes, const HeadLimits& limits, RequestHead& head
) noexcept {
    // Spans are 16 bits wide; a larger limit than 32 KiB is a wrong setting, not a wish to be granted.
    if (bytes.size() > std::min<std::size_t>(limits.head_bytes, std::size_t{32} * 1024)) {
        return std::unexpected{HeadError::head_too_large};
    }
    return HeadParser{bytes, limits, head}.run();
}

}  // namespace pz::http
