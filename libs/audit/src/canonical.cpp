#include <pz/audit/canonical.hpp>

#include <pz/core/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace json = boost::json;

namespace pz::audit {

namespace {

constexpr std::int64_t largest_exact = (std::int64_t{1} << 53) - 1;

/// UTF-16 order of two UTF-8 texts. It differs from the order of the bytes in one place: a character beyond
/// the basic plane is a pair of surrogates (D800 to DFFF) there, and so sorts before U+E000 to U+FFFF.
bool less_in_utf16(std::string_view a, std::string_view b) {
    const auto [left, right] = std::ranges::mismatch(a, b);
    if (left == a.end() || right == b.end()) {
        return right != b.end();
    }
    const auto x = static_cast<unsigned char>(*left);
    const auto y = static_cast<unsigned char>(*right);
    constexpr unsigned char first_of_four_bytes = 0xF0;
    constexpr unsigned char private_use = 0xEE;  // U+E000 and on begin with this byte
    if ((x >= first_of_four_bytes) != (y >= first_of_four_bytes) && std::min(x, y) >= private_use) {
        return x >= first_of_four_bytes;
    }
    return x < y;
}

void append_object(std::string& out, const json::object& object) {
    std::vector<const json::key_value_pair*> members;
    members.reserve(object.size());
    for (const json::key_value_pair& member : object) {
        members.push_back(&member);
    }
    std::ranges::sort(members, less_in_utf16, [](const json::key_value_pair* member) {
        return std::string_view{member->key()};
    });
    out += '{';
    for (const json::key_value_pair* member : members) {
        if (member != members.front()) {
            out += ',';
        }
        append_canonical(out, std::string_view{member->key()});
        out += ':';
        append_canonical(out, member->value());
    }
    out += '}';
}

}  // namespace

void append_canonical(std::string& out, std::string_view text) {
    core::write_json(out, text);  // escapes what RFC 8785 section 3.2.2.2 has escaped, and as it has
}

void append_canonical(std::string& out, std::int64_t value) {
    if (value > largest_exact || value < -largest_exact) {
        throw std::invalid_argument("a canonical integer has at most 53 bits");
    }
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_canonical(std::string& out, const json::value& value) {
    switch (value.kind()) {
        case json::kind::object:
            append_object(out, value.get_object());
            return;
        case json::kind::array: {
            out += '[';
            bool first = true;
            for (const json::value& element : value.get_array()) {
                out += first ? "" : ",";
                first = false;
                append_canonical(out, element);
            }
            out += ']';
            return;
        }
        case json::kind::string:
            append_canonical(out, std::string_view{value.get_string()});
            return;
        case json::kind::int64:
            append_canonical(out, value.get_int64());
            return;
        case json::kind::uint64:
            if (value.get_uint64() > static_cast<std::uint64_t>(largest_exact)) {
                throw std::invalid_argument("a canonical integer has at most 53 bits");
            }
            append_canonical(out, static_cast<std::int64_t>(value.get_uint64()));
            return;
        case json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            return;
        case json::kind::null:
            out += "null";
            return;
        case json::kind::double_:
            throw std::invalid_argument("a fraction has no place in a canonical event");
    }
}

std::string canonical(const json::value& value) {
    std::string out;
    append_canonical(out, value);
    return out;
}

}  // namespace pz::audit
