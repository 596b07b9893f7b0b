// An accepted document obeys every limit, prints as JSON that reads back the same, and a described type reads
// back what it printed.
#include <pz/core/json.hpp>

#include <pz/core/check.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pz::core::fuzz {

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Part {
    std::string name;
    std::optional<std::int32_t> amount;

    friend bool operator==(const Part&, const Part&) = default;
};

PZ_DESCRIBE(Part, (name, length(1, 8)), (amount, range(-5, 5)))

struct Whole {
    Uuid id;
    std::string title;
    bool flag = false;
    std::int64_t count = 0;
    Colour colour = Colour::red;
    std::optional<Timestamp> time;
    std::vector<Part> parts;

    friend bool operator==(const Whole&, const Whole&) = default;
};

PZ_DESCRIBE(Whole, id, (title, length(0, 20)), flag, count, colour, time, parts)

namespace {

namespace json = boost::json;

void check_text(json::string_view text) {
    PZ_CHECK(is_utf8({text.data(), text.size()}) && text.find('\0') == json::string_view::npos);
}

/// Depth counts arrays and objects.
void check_limits(const json::value& value, std::size_t depth = 0) {
    if (value.is_object()) {
        PZ_CHECK(depth < 32 && value.get_object().size() <= 256);
        for (const auto& member : value.get_object()) {
            check_text(member.key());
            check_limits(member.value(), depth + 1);
        }
    } else if (value.is_array()) {
        PZ_CHECK(depth < 32);
        for (const json::value& element : value.get_array()) {
            check_limits(element, depth + 1);
        }
    } else if (value.is_string()) {
        check_text(value.get_string());
    } else if (value.is_int64()) {
        PZ_CHECK(std::abs(value.get_int64()) < std::int64_t{1} << 53);
    } else if (value.is_double()) {
        PZ_CHECK(std::isfinite(value.get_double()));
    }
    PZ_CHECK(!value.is_uint64());
}

/// Fractions may differ in their last digits: nothing of ours reads them, and Boost.JSON 1.81 reads them only
/// nearly exactly.
bool same(const json::value& left, const json::value& right) {
    if (left.kind() != right.kind()) {
        return false;
    }
    if (left.is_double()) {
        const double a = left.get_double();
        const double b = right.get_double();
        return std::abs(a - b) <= std::abs(a) * 1e-12;
    }
    if (left.is_array()) {
        const json::array& a = left.get_array();
        const json::array& b = right.get_array();
        bool equal = a.size() == b.size();
        for (std::size_t i = 0; equal && i < a.size(); ++i) {
            equal = same(a[i], b[i]);
        }
        return equal;
    }
    if (left.is_object()) {
        const json::object& a = left.get_object();
        const json::object& b = right.get_object();
        bool equal = a.size() == b.size();
        for (const auto& member : a) {
            const json::value* other = b.if_contains(member.key());
            equal = equal && other != nullptr && same(member.value(), *other);
        }
        return equal;
    }
    return left == right;
}

}  // namespace

}  // namespace pz::core::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pz::core;
    const std::string_view text{reinterpret_cast<const char*>(data), size};

    // Any string is printed as a JSON string on one line, and read back whole if it is one that we take.
    std::string printed;
    write_json(printed, text);
    PZ_CHECK(printed.find_first_of(std::string_view{"\0\n\r\x1b", 4}) == std::string::npos);
    const auto text_back = parse_json(printed);
    PZ_CHECK(text_back.has_value() == (is_utf8(text) && !text.contains('\0')));
    PZ_CHECK(!text_back || std::string_view{text_back->get_string()} == text);

    const auto document = parse_json(text);
    if (!document) {
        PZ_CHECK(!document.error().message.empty());
        return 0;
    }
    fuzz::check_limits(*document);
    const auto again = parse_json(to_json(*document));
    PZ_CHECK(again.has_value() && fuzz::same(*document, *again));

    fuzz::Whole whole;
    std::vector<FieldError> errors;
    PZ_CHECK(read_json(*document, whole, "body", errors) == errors.empty());
    if (errors.empty()) {
        fuzz::Whole whole_again;
        const auto reprinted = parse_json(to_json(whole));
        PZ_CHECK(reprinted.has_value() && read_json(*reprinted, whole_again, "body", errors));
        PZ_CHECK(whole == whole_again);
    }
    return 0;
}
