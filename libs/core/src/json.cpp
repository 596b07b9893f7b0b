// JSON parsing and the untemplated parts of the codec. The only translation unit that compiles Boost.JSON's
// sources.
#include <pz/core/json.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/src.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_set>

namespace json = boost::json;

namespace pz::core {

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_members = 256;
constexpr std::int64_t max_safe_integer = 9'007'199'254'740'991;  // 2^53 - 1, RFC 7493

constexpr bool is_special(unsigned char c) noexcept {
    return c < 0x20 || c == '"' || c == '\\';
}

/// Whether JSON has to escape anything. Looks at every character, so that the compiler looks at many at once.
bool has_special(std::string_view text) noexcept {
    bool found = false;
    for (const char c : text) {
        found |= is_special(static_cast<unsigned char>(c));
    }
    return found;
}

/// Builds the tree and refuses what json::parse lets pass: duplicate members, NUL characters, integers beyond
/// 53 bits.
class StrictHandler {
 public:
    static constexpr std::size_t max_object_size = max_members;
    static constexpr std::size_t max_array_size = std::size_t{1} << 20;
    static constexpr std::size_t max_key_size = 1024;
    static constexpr std::size_t max_string_size = std::size_t{1} << 20;

    json::value_stack stack;
    std::string complaint;

    bool on_document_begin(json::error_code&) {
        stack.reset();
        return true;
    }

    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) {
        keys_.emplace_back();
        return true;
    }

    bool on_object_end(std::size_t size, json::error_code&) {
        keys_.pop_back();
        stack.push_object(size);
        return true;
    }

    bool on_array_begin(json::error_code&) { return true; }

    bool on_array_end(std::size_t size, json::error_code&) {
        stack.push_array(size);
        return true;
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        key_.append(part.data(), part.size());
        stack.push_chars(part);
        return true;
    }

    bool on_key(json::string_view part, std::size_t, json::error_code& failure) {
        key_.append(part.data(), part.size());
        stack.push_key(part);
        if (key_.find('\0') != std::string::npos) {
            return refuse("a member name contains a NUL character", failure);
        }
        if (!keys_.back().insert(key_).second) {
            return refuse("the member \"" + key_ + "\" appears twice", failure);
        }
        key_.clear();
        return true;
    }

    bool on_string_part(json::string_view part, std::size_t, json::error_code& failure) {
        stack.push_chars(part);
        return part.find('\0') == json::string_view::npos ||
               refuse("a string contains a NUL character", failure);
    }

    bool on_string(json::string_view part, std::size_t, json::error_code& failure) {
        stack.push_string(part);
        return part.find('\0') == json::string_view::npos ||
               refuse("a string contains a NUL character", failure);
    }

    bool on_number_part(json::string_view, json::error_code&) { return true; }

    bool on_int64(std::int64_t number, json::string_view, json::error_code& failure) {
        if (number > max_safe_integer || number < -max_safe_integer) {
            return refuse("an integer needs more than 53 bits", failure);
        }
        stack.push_int64(number);
        return true;
    }

    bool on_uint64(std::uint64_t, json::string_view, json::error_code& failure) {
        return refuse("an integer needs more than 53 bits", failure);
    }

    bool on_double(double number, json::string_view, json::error_code& failure) {
        if (!std::isfinite(number)) {
            return refuse("a number is out of range", failure);
        }
        stack.push_double(number);
        return true;
    }

    bool on_bool(bool value, json::error_code&) {
        stack.push_bool(value);
        return true;
    }

    bool on_null(json::error_code&) {
        stack.push_null();
        return true;
    }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }

    bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
    bool refuse(std::string why, json::error_code& failure) {
        complaint = std::move(why);
        failure = json::error::exception;
        return false;
    }

    std::string key_;
    std::vector<std::unordered_set<std::string>> keys_;
};

}  // namespace

std::expected<json::value, JsonError> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<StrictHandler> parser(options);
    json::error_code failure;
    const std::size_t used = parser.write_some(/*more=*/false, text.data(), text.size(), failure);
    if (failure) {
        std::string& complaint = parser.handler().complaint;
        return std::unexpected(JsonError{complaint.empty() ? failure.message() : std::move(complaint)});
    }
    // write_some stops behind the value; only white space may follow.
    if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos || !parser.done()) {
        return std::unexpected(JsonError{"extra characters after the document"});
    }
    return parser.handler().stack.release();
}

namespace detail {

void write_string(std::string& out, std::string_view text) {
    out += '"';
    if (!has_special(text)) [[likely]] {
        out += text;
        out += '"';
        return;
    }
    std::size_t plain_from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (!is_special(c)) {
            continue;
        }
        out.append(text, plain_from, i - plain_from);
        plain_from = i + 1;
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default: {
                constexpr std::string_view hex = "0123456789abcdef";
                out += "\\u00";
                out += hex[c >> 4];
                out += hex[c & 0xF];
            }
        }
    }
    out.append(text, plain_from, text.size() - plain_from);
    out += '"';
}

void write_integer(std::string& out, std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value);
    out.append(std::begin(digits), end.ptr);
}

void write_tree(std::string& out, const json::value& value) {
    out += json::serialize(value);
}

void write_tree(std::string& out, const json::object& value) {
    out += json::serialize(value);
}

const json::value* find_member(const json::object& object, std::string_view name) {
    return object.if_contains(json::string_view{name.data(), name.size()});
}

void report_unknown_members(
    const json::object& object,
    const std::string_view* names,
    std::size_t count,
    const std::string& loc,
    std::vector<FieldError>& errors
) {
    for (const auto& member : object) {
        const std::string_view key{member.key().data(), member.key().size()};
        if (std::find(names, names + count, key) == names + count) {
            errors.push_back({loc + "." + std::string{key}, "unknown field", "unknown_field"});
        }
    }
}

bool check_length(
    std::string_view text, const Rules& rules, const std::string& loc, std::vector<FieldError>& errors
) {
    if (!rules.min_length && !rules.max_length) {
        return true;
    }
    const std::size_t length = utf8_length(text);
    if (rules.min_length && length < *rules.min_length) {
        errors.push_back(
            {loc,
             *rules.min_length == 1
                 ? "must not be empty"
                 : "must have at least " + std::to_string(*rules.min_length) + " characters",
             "too_short"}
        );
        return false;
    }
    if (rules.max_length && length > *rules.max_length) {
        errors.push_back(
            {loc, "must have at most " + std::to_string(*rules.max_length) + " characters", "too_long"}
        );
        return false;
    }
    return true;
}

bool check_range(
    std::int64_t value, const Rules& rules, const std::string& loc, std::vector<FieldError>& errors
) {
    if (rules.minimum && value < *rules.minimum) {
        errors.push_back({loc, "must be at least " + std::to_string(*rules.minimum), "too_small"});
        return false;
    }
    if (rules.maximum && value > *rules.maximum) {
        errors.push_back({loc, "must be at most " + std::to_string(*rules.maximum), "too_large"});
        return false;
    }
    return true;
}

bool read_string(
    const json::value& value,
    std::string& out,
    const Rules& rules,
    const std::string& loc,
    std::vector<FieldError>& errors
) {
    if (!value.is_string()) {
        errors.push_back({loc, "must be a string", "wrong_type"});
        return false;
    }
    const auto& text = value.get_string();
    out.assign(text.data(), text.size());
    return check_length(out, rules, loc, errors);
}

bool read_integer(
    const json::value& value,
    std::int64_t& out,
    const Rules& rules,
    const std::string& loc,
    std::vector<FieldError>& errors
) {
    if (!value.is_int64()) {
        errors.push_back({loc, "must be an integer", "wrong_type"});
        return false;
    }
    out = value.get_int64();
    return check_range(out, rules, loc, errors);
}

}  // namespace detail

}  // namespace pz::core
