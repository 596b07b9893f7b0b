// The request target and what the decoders make of it: the URL tests of web-platform-tests, and UTF-8 tests.
#include "vectors.hpp"

#include <pz/core/text.hpp>
#include <pz/http/head_parser.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace pz::http::test {
namespace {

using Argued = std::map<std::string, std::size_t>;

struct Target {
    std::string path;
    std::string query;

    bool operator==(const Target&) const = default;
};

/// What the head parser takes from a request with this target; nullopt when it refuses the request.
std::optional<Target> parse(const std::string& target) {
    const std::string bytes = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
    RequestHead head;
    const auto end = find_head_end(bytes, 0, {});
    if (!end || *end != bytes.size() || !parse_head(bytes, {}, head)) {
        return std::nullopt;
    }
    return Target{std::string{head.path()}, std::string{head.query()}};
}

bool is_origin_form(std::string_view target) {
    return target.starts_with('/') &&
           std::ranges::all_of(target, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
}

/// Decodes as the URL standard does, which refuses nothing, and says what we refuse about it.
struct Lenient {
    std::string text;
    std::optional<std::string_view> objection;
};

Lenient decode_leniently(std::string_view text) {
    Lenient result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto is_hex = [&](std::size_t i) {
            return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
        };
        if (text[at] == '%' && is_hex(at + 1) && is_hex(at + 2)) {
            result.text += static_cast<char>(std::stoi(std::string{text.substr(at + 1, 2)}, nullptr, 16));
            at += 2;
        } else {
            if (text[at] == '%') {
                result.objection = vectors::broken_escape;
            }
            result.text += text[at];
        }
    }
    if (!result.objection && result.text.find('\0') != std::string::npos) {
        result.objection = vectors::has_nul;
    }
    if (!result.objection && !core::is_utf8(result.text)) {
        result.objection = vectors::not_text;
    }
    return result;
}

/// Path and query of a URL with a host, through our decoders; what they refuse, and why.
std::optional<std::string_view> expect_decoded(const Target& target) {
    const Lenient path = decode_leniently(target.path);
    const auto decoded = core::percent_decode(target.path, core::PercentDialect::uri);
    EXPECT_EQ(decoded.has_value(), !path.objection);
    if (decoded) {
        EXPECT_EQ(*decoded, path.text);
    }
    // As one pair, so that the standard's decoder and ours see the same bytes.
    std::string value = target.query;
    std::erase_if(value, [](char c) { return c == '&' || c == '=' || c == '+'; });
    const Lenient query = decode_leniently(value);
    const auto fields = core::parse_form("q=" + value);
    EXPECT_EQ(fields.has_value(), !query.objection);
    if (fields) {
        EXPECT_EQ(fields->size(), 1U);
        EXPECT_EQ(fields->front().value, query.text);
    }
    return path.objection ? path.objection : query.objection;
}

TEST(UrlVectors, give_path_and_query_as_the_url_standard_does_and_no_other_form_is_a_target) {
    PZ_NEED_VECTORS("url");
    const boost::json::value document = boost::json::parse(vectors::read("url/urltestdata.json"));
    Argued argued;
    for (const boost::json::value& value : document.as_array()) {
        const boost::json::object& entry = value.as_object();
        const auto text = [&entry](std::string_view name) {
            const boost::json::value* member = entry.if_contains(name);
            return member != nullptr && member->is_string() ? std::string{member->get_string()}
                                                            : std::string{};
        };
        SCOPED_TRACE(text("input"));
        if (text("protocol").starts_with("http")) {
            // A browser that was given this URL sends us this target.
            const std::string search = text("search");
            const Target expected{text("pathname"), search.empty() ? "" : search.substr(1)};
            const std::optional<Target> parsed = parse(text("pathname") + search);
            ASSERT_TRUE(parsed);
            EXPECT_EQ(*parsed, expected);
            if (const auto objection = expect_decoded(*parsed)) {
                ++argued[std::string{*objection}];
            }
        } else {
            // Not a URL, or one that a browser would not bring here: what if somebody sends it as it is?
            const std::string input = text("input");
            EXPECT_EQ(parse(input).has_value(), is_origin_form(input));
        }
    }
    vectors::report("url", document.as_array().size(), argued);
}

TEST(UrlVectors, percent_decode_what_the_url_standard_encodes) {
    PZ_NEED_VECTORS("url");
    const boost::json::value document = boost::json::parse(vectors::read("url/percent-encoding.json"));
    std::size_t entries = 0;
    for (const boost::json::value& entry : document.as_array()) {
        if (entry.is_object()) {
            ++entries;
            const std::string encoded{entry.at("output").at("utf-8").as_string()};
            const std::string input{entry.at("input").as_string()};
            EXPECT_EQ(core::percent_decode(encoded, core::PercentDialect::uri), input);
            EXPECT_EQ(core::percent_decode(encoded, core::PercentDialect::form), input);
        }
    }
    EXPECT_GT(entries, 0U);
    vectors::report("url (percent-encoding)", entries, {});
}

struct Utf8Vector {
    std::string id;
    bool valid = false;
    std::string bytes;
};

/// "number:valid:TEXT", "number:valid hex:BYTES" or "number:invalid hex:BYTES:…".
std::vector<Utf8Vector> load_utf8_vectors() {
    std::vector<Utf8Vector> all;
    std::istringstream lines{vectors::read("utf8/utf8tests.txt")};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields{line};
        Utf8Vector vector;
        std::string kind;
        std::string bytes;
        if (line.starts_with('#') || !std::getline(fields, vector.id, ':') ||
            !std::getline(fields, kind, ':') || !std::getline(fields, bytes, ':')) {
            continue;
        }
        std::erase(kind, ' ');
        vector.valid = kind.starts_with("valid");
        if (kind.ends_with("hex")) {
            std::erase(bytes, ' ');
            for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
                vector.bytes += static_cast<char>(std::stoi(bytes.substr(at, 2), nullptr, 16));
            }
        } else {
            vector.bytes = bytes;
        }
        all.push_back(std::move(vector));
    }
    return all;
}

TEST(Utf8Vectors, pass_the_query_and_form_decoders_only_when_they_are_valid) {
    PZ_NEED_VECTORS("utf8");
    const std::vector<Utf8Vector> all = load_utf8_vectors();
    ASSERT_GT(all.size(), 100U);
    Argued argued;
    for (const Utf8Vector& vector : all) {
        SCOPED_TRACE(vector.id);
        const bool has_nul = vector.bytes.find('\0') != std::string::npos;
        if (vector.valid && has_nul) {
            ++argued[std::string{vectors::has_nul}];
        }
        std::string escaped;
        for (const char c : vector.bytes) {
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
        const std::optional<Target> target = parse("/" + escaped + "?q=" + escaped);
        ASSERT_TRUE(target);
        const auto path =
            core::percent_decode(std::string_view{target->path}.substr(1), core::PercentDialect::uri);
        const auto query = core::parse_form(target->query);
        EXPECT_EQ(path.has_value(), vector.valid && !has_nul);
        EXPECT_EQ(query.has_value(), vector.valid && !has_nul);
        if (path && query) {
            EXPECT_EQ(*path, vector.bytes);
            EXPECT_EQ(query->front().value, vector.bytes);
        }
        // Unescaped: a form's body may have such bytes, a request line only visible ASCII.
        if (vector.bytes.find_first_of("%&=+") == std::string::npos) {
            EXPECT_EQ(core::parse_form("q=" + vector.bytes).has_value(), vector.valid && !has_nul);
        }
        EXPECT_EQ(parse("/" + vector.bytes).has_value(), is_origin_form("/" + vector.bytes));
    }
    vectors::report("utf8", all.size(), argued);
}

}  // namespace
}  // namespace pz::http::test
