// Hostile and odd input that others have collected, through the whole service: stored and given back
// unchanged, or refused with a 4xx; never a 5xx.

#include "vectors.hpp"

#include "answers.hpp"

#include <pz/core/text.hpp>

#include <boost/json/array.hpp>

#include <cctype>
#include <iostream>
#include <map>
#include <set>

namespace pz::product {

namespace {

using boost::json::object;
using testkit::world;
namespace vectors = crypto::vectors;

constexpr const char* items = "/api/v1/items";

Reply post_raw(std::string_view body) {
    return world().as(acme_user).with("Content-Type", "application/json").send("POST", items, body);
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0) {
            encoded += c;
        } else {
            ((encoded += '%') += digits[byte >> 4]) += digits[byte & 0xF];
        }
    }
    return encoded;
}

/// What an error of the database would look like.
bool speaks_of_sql(const Reply& reply) {
    for (const char* word : {"SQLSTATE", "syntax error", "ERROR:", "pg_", "app.item", "SELECT "}) {
        if (reply.text().find(word) != std::string::npos) {
            return true;
        }
    }
    return false;
}

testing::AssertionResult is_handled(const Reply& reply) {
    if (reply.status() < 200 || reply.status() > 499 || reply.status() == 304) {
        return testing::AssertionFailure() << "status " << reply.status() << ": " << reply.text();
    }
    if (reply.status() >= 400 && speaks_of_sql(reply)) {
        return testing::AssertionFailure() << "it speaks of SQL: " << reply.text();
    }
    return testing::AssertionSuccess();
}

/// Creates a row with this text as its name and as its description, and reads it back. False if it is
/// refused.
bool is_stored_unchanged(
    const std::string& collection, const std::string& name_member, const std::string& text
) {
    const Reply created =
        world().as(acme_user).post(collection, object{{name_member, text}, {"description", text}});
    EXPECT_TRUE(is_handled(created)) << text;
    if (created.status() != 201) {
        return false;
    }
    const Reply found = world().as(acme_user).get(created.header("Location"));
    EXPECT_EQ(found.field(name_member), text);
    EXPECT_EQ(found.field("description"), text);
    EXPECT_EQ(world().as(acme_admin).del(created.header("Location")).status(), 204);
    return true;
}

std::string count_rows() {
    return world().database().connect_as_superuser().value(
        "select (select count(*) from app.item) || ' ' || (select count(*) from app.project) || ' ' ||"
        " (select count(*) from platform.tenant) || ' ' || (select count(*) from identity.person)"
    );
}

TEST(Vectors, json_documents_are_read_as_the_suite_says) {
    PZ_NEED_VECTORS("json-parsing");
    // Stricter than the suite, because RFC 7493 and PostgreSQL's text are: no duplicate members, no NUL.
    const std::set<std::string> argued{
        "y_object_duplicated_key.json",
        "y_object_duplicated_key_and_value.json",
        "y_object_escaped_null_in_key.json",
        "y_string_null_escape.json"
    };
    std::map<std::string, int> counts;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(vectors::folder() / "json-parsing")) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() != ".json" || name.size() < 2 || name[1] != '_') {
            continue;
        }
        const std::string document = vectors::read(entry.path());
        // One of them is an item; any other that is well-formed is the wrong document, and the rest are none.
        const Reply reply = post_raw(document);
        const bool good = reply.status() == 422 || reply.status() == 201;
        if (!good) {
            const bool large = document.size() > 64 * 1024;
            EXPECT_TRUE(is_problem(reply, large ? 413 : 400, large ? "body_too_large" : "malformed_json"))
                << name;
        }
        if (argued.contains(name)) {
            EXPECT_TRUE(is_problem(reply, 400, "malformed_json")) << name;
            ++counts["argued"];
        } else if (name[0] == 'y') {
            EXPECT_TRUE(good) << name << reply.text();
            ++counts["accepted"];
        } else if (name[0] == 'n') {
            EXPECT_FALSE(good) << name;
            ++counts["refused"];
        } else {
            ++counts[good ? "either, accepted" : "either, refused"];
        }
    }
    std::size_t all = 0;
    for (const auto& [what, count] : counts) {
        std::cout << "[ VECTORS  ] json-parsing: " << count << ' ' << what << '\n';
        all += static_cast<std::size_t>(count);
    }
    EXPECT_GT(all, 180U);
    vectors::report("json-parsing", {all, static_cast<std::size_t>(counts["argued"])});
}

TEST(Vectors, bodies_and_queries_are_utf8) {
    PZ_NEED_VECTORS("utf8");
    std::istringstream lines{vectors::read(vectors::folder() / "utf8" / "utf8tests.txt")};
    std::size_t valid = 0;
    std::size_t invalid = 0;
    std::size_t argued = 0;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t kind_at = line.find(':') + 1;
        const std::size_t value_at = line.find(':', kind_at) + 1;
        if (line.empty() || line.front() == '#' || kind_at == 0 || value_at == 0) {
            continue;
        }
        std::string kind = line.substr(kind_at, value_at - 1 - kind_at);
        kind.erase(0, kind.find_first_not_of(' '));
        std::string value = line.substr(value_at, line.find(':', value_at) - value_at);
        if (kind.ends_with("hex")) {
            std::erase_if(value, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) == 0; });
            value = vectors::from_hex(value);
        }
        const Reply body = post_raw("{\"title\":\"" + value + "\"}");
        const Reply query = world().as(acme_user).get(std::string{items} + "?q=" + percent_encode(value));
        if (value.find('\0') != std::string::npos && kind.starts_with("valid")) {
            // Argued: NUL is valid UTF-8, and no character of a JSON string or of PostgreSQL's text.
            EXPECT_TRUE(is_problem(body, 400, "malformed_json")) << line;
            EXPECT_TRUE(is_invalid(query, "query")) << line;
            ++argued;
        } else if (kind.starts_with("valid")) {
            ++valid;
            EXPECT_EQ(body.status(), 201) << line << body.text();
            EXPECT_EQ(body.field("title"), value) << line;
            EXPECT_EQ(query.status(), 200) << line;
        } else {
            ++invalid;
            EXPECT_TRUE(is_problem(body, 400, "malformed_json")) << line;
            EXPECT_TRUE(is_invalid(query, "query")) << line;
        }
    }
    EXPECT_GT(valid, 10U);
    std::cout << "[ VECTORS  ] utf8: " << valid << " stored unchanged, " << invalid << " refused, " << argued
              << " argued (NUL)\n";
    vectors::report("utf8", {valid + invalid + argued, argued});
}

TEST(Vectors, naughty_strings_are_stored_unchanged_or_refused) {
    PZ_NEED_VECTORS("naughty-strings");
    const auto strings = vectors::read_json(vectors::folder() / "naughty-strings" / "blns.json");
    std::size_t stored = 0;
    std::size_t refused = 0;
    for (const auto& entry : strings.as_array()) {
        const std::string text{entry.as_string()};
        const bool item = is_stored_unchanged(items, "title", text);
        (void)is_stored_unchanged("/api/v1/projects", "name", text);
        ++(item ? stored : refused);
        // Refused is what has no character, or more than 200.
        EXPECT_EQ(item, !text.empty() && core::utf8_length(text) <= 200) << text;
        EXPECT_TRUE(is_handled(world().as(acme_user).get(std::string{items} + "?q=" + percent_encode(text))));
        EXPECT_TRUE(
            is_handled(world().as(support_agent).get("/api/v1/support/lookup?q=" + percent_encode(text)))
        );
    }
    std::cout << "[ VECTORS  ] naughty-strings: " << stored << " stored unchanged, " << refused
              << " refused\n";
    vectors::report("naughty-strings", {strings.as_array().size()});
}

TEST(Vectors, attacks_change_nothing_and_learn_nothing) {
    PZ_NEED_VECTORS("crs-payloads");
    const auto requests = vectors::read_json(vectors::folder() / "crs-payloads" / "requests.json");
    const std::string before = count_rows();
    std::size_t stored = 0;
    for (const auto& request : requests.as_array()) {
        std::vector<std::string> payloads{vectors::text(request, "uri")};
        if (request.at("data").is_string()) {
            payloads.push_back(vectors::text(request, "data"));
        }
        for (const std::string& text : payloads) {
            const std::string encoded = percent_encode(text);
            stored += is_stored_unchanged(items, "title", text) ? 1 : 0;
            stored += is_stored_unchanged("/api/v1/projects", "name", text) ? 1 : 0;
            for (const std::string& query :
                 {std::string{items} + "?q=" + encoded,
                  std::string{items} + "?cursor=" + encoded,
                  std::string{items} + "?status=" + encoded,
                  std::string{items} + "?project_id=" + encoded,
                  std::string{items} + "?sort=" + encoded,
                  std::string{items} + "?" + encoded,
                  std::string{items} + "/" + encoded}) {
                EXPECT_TRUE(is_handled(world().as(acme_user).get(query))) << query;
            }
            EXPECT_TRUE(is_handled(world().as(support_agent).get("/api/v1/support/lookup?q=" + encoded)))
                << text;
            EXPECT_TRUE(is_handled(world().as(platform_admin).get("/api/v1/admin/orgs?q=" + encoded)))
                << text;
        }
    }
    EXPECT_EQ(count_rows(), before);
    std::cout << "[ VECTORS  ] crs-payloads: " << stored << " stored unchanged as names\n";
    vectors::report("crs-payloads", {requests.as_array().size()});
}

}  // namespace

}  // namespace pz::product
