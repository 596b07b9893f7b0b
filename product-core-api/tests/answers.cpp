#include "answers.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>

#include <boost/json/array.hpp>

#include <algorithm>

namespace pz::product {

namespace {

testing::AssertionResult failure(const Reply& reply, std::string_view complaint) {
    return testing::AssertionFailure() << complaint << "; status " << reply.status() << ": " << reply.text();
}

/// Everything of an answer that may depend on what was asked.
std::string comparable(const Reply& reply) {
    std::string text = std::to_string(reply.status()) + '\n';
    for (const auto& [name, value] : reply.headers()) {
        if (name == "RateLimit") {
            text += "RateLimit: <counts every request>\n";
        } else if (name != "Date" && name != "X-Request-Id" && name != "Server-Timing") {
            text += name + ": " + value + '\n';
        }
    }
    text += reply.text();
    const std::string id = reply.header("X-Request-Id");
    if (const auto at = text.find(id); !id.empty() && at != std::string::npos) {
        text.replace(at, id.size(), "<id>");
    }
    return text;
}

}  // namespace

testing::AssertionResult is_problem(const Reply& reply, int status, std::string_view code) {
    if (reply.status() != status) {
        return failure(reply, "expected status " + std::to_string(status));
    }
    if (reply.header("Content-Type") != "application/problem+json") {
        return failure(reply, "the type is " + reply.header("Content-Type"));
    }
    const auto document = reply.json();
    const auto* problem = document.if_object();
    if (problem == nullptr || reply.field("code") != code) {
        return failure(reply, "expected the code " + std::string{code});
    }
    if (reply.field("type") != "about:blank" || reply.field("title").empty() ||
        problem->at("status") != status) {
        return failure(reply, "type, title or status is wrong");
    }
    if (problem->contains("detail") == (status >= 500)) {
        return failure(reply, "detail belongs to 4xx and to nothing else");
    }
    if (problem->contains("errors") != (status == 422)) {
        return failure(reply, "errors belongs to 422 and to nothing else");
    }
    if (reply.field("request_id") != reply.header("X-Request-Id")) {
        return failure(reply, "request_id is not the header's " + reply.header("X-Request-Id"));
    }
    return testing::AssertionSuccess();
}

testing::AssertionResult is_invalid(const Reply& reply, std::string_view loc) {
    if (auto problem = is_problem(reply, 422, "invalid_input"); !problem) {
        return problem;
    }
    const auto document = reply.json();
    for (const auto& error : document.at("errors").as_array()) {
        if (members_of(error) != std::vector<std::string>{"loc", "msg", "code"}) {
            return failure(reply, "an error has loc, msg and code");
        }
        if (error.at("loc").as_string() == loc) {
            return testing::AssertionSuccess();
        }
    }
    return failure(reply, "no error names " + std::string{loc});
}

testing::AssertionResult are_indistinguishable(const Reply& one, const Reply& other) {
    const std::string first = comparable(one);
    const std::string second = comparable(other);
    if (first == second) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << first << "\ndiffers from\n" << second;
}

testing::AssertionResult has_standard_headers(const Reply& reply) {
    for (const auto& [name, value] :
         {std::pair{"X-Content-Type-Options", "nosniff"}, std::pair{"Cache-Control", "no-store"}}) {
        if (reply.header(name) != value) {
            return failure(reply, std::string{name} + " is \"" + reply.header(name) + '"');
        }
    }
    if (reply.header("X-Request-Id").empty()) {
        return failure(reply, "there is no X-Request-Id");
    }
    for (const char* name : {"Server", "Set-Cookie", "Access-Control-Allow-Origin"}) {
        if (!reply.header(name).empty()) {
            return failure(reply, std::string{name} + " is sent");
        }
    }
    return testing::AssertionSuccess();
}

std::vector<std::string> members_of(const boost::json::value& object) {
    std::vector<std::string> names;
    for (const auto& member : object.as_object()) {
        names.emplace_back(member.key());
    }
    return names;
}

std::vector<std::string> ids_of(const Reply& page) {
    std::vector<std::string> ids;
    const auto document = page.json();
    for (const auto& row : document.at("items").as_array()) {
        ids.emplace_back(row.at("id").as_string());
    }
    return ids;
}

std::vector<boost::json::object> all_pages(Client client, const std::string& path) {
    std::vector<boost::json::object> rows;
    std::string cursor;
    do {
        const Reply page = client.get(cursor.empty() ? path : path + "&cursor=" + cursor);
        const auto document = page.json();
        for (const auto& row : document.at("items").as_array()) {
            rows.push_back(row.as_object());
        }
        const auto& next = document.at("next_cursor");
        cursor = next.is_null() ? "" : std::string{next.as_string()};
    } while (!cursor.empty());
    return rows;
}

std::string unknown_id() {
    return core::Uuid::v7(core::SystemClock{}).to_string();
}

std::string unique_text(std::string_view prefix) {
    return std::string{prefix} + ' ' + unknown_id();
}

Reply new_item(const Account& owner, boost::json::object values) {
    if (!values.contains("title")) {
        values["title"] = unique_text("Item");
    }
    Reply reply = testkit::world().as(owner).post("/api/v1/items", values);
    EXPECT_EQ(reply.status(), 201) << reply.text();
    return reply;
}

Reply new_project(const Account& owner, boost::json::object values) {
    if (!values.contains("name")) {
        values["name"] = unique_text("Project");
    }
    Reply reply = testkit::world().as(owner).post("/api/v1/projects", values);
    EXPECT_EQ(reply.status(), 201) << reply.text();
    return reply;
}

boost::json::object org_body() {
    const std::string slug = "org-" + unknown_id();
    return {
        {"slug", slug},
        {"name", "A " + slug},
        {"plan", "free"},
        {"state", "trial"},
        {"admin_email", slug + "@example.org"}
    };
}

Reply new_org(boost::json::object values) {
    boost::json::object body = org_body();
    for (const auto& member : values) {
        body[member.key()] = member.value();
    }
    Reply reply = testkit::world().as(platform_admin).post("/api/v1/admin/orgs", body);
    EXPECT_EQ(reply.status(), 201) << reply.text();
    return reply;
}

}  // namespace pz::product
