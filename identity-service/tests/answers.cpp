#include "answers.hpp"

#include <pz/core/text.hpp>

#include <boost/json/parse.hpp>

namespace pz::identity {

namespace {

std::string comparable(const Reply& reply) {
    std::string text = std::to_string(reply.status()) + '\n';
    for (const auto& [name, value] : reply.headers()) {
        if (name != "Date" && name != "X-Request-Id" && name != "Server-Timing") {
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

testing::AssertionResult is_oauth_error(const Reply& reply, int status, std::string_view error) {
    if (reply.status() != status || reply.header("Content-Type") != "application/json") {
        return testing::AssertionFailure() << "status " << reply.status() << ": " << reply.text();
    }
    if (reply.field("error") != error || reply.field("error_description").empty() ||
        reply.json().as_object().size() != 2) {
        return testing::AssertionFailure() << "expected the error " << error << ": " << reply.text();
    }
    if (reply.header("Cache-Control") != "no-store" || reply.header("Pragma") != "no-cache") {
        return testing::AssertionFailure() << "the answer may be cached";
    }
    return testing::AssertionSuccess();
}

testing::AssertionResult is_problem(const Reply& reply, int status, std::string_view code) {
    if (reply.status() != status || reply.header("Content-Type") != "application/problem+json" ||
        reply.field("code") != code || reply.header("Cache-Control") != "no-store") {
        return testing::AssertionFailure() << "status " << reply.status() << ": " << reply.text();
    }
    return testing::AssertionSuccess();
}

testing::AssertionResult are_indistinguishable(const Reply& one, const Reply& other) {
    const std::string first = comparable(one);
    const std::string second = comparable(other);
    if (first == second) {
        return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << first << "\ndiffers from\n" << second;
}

Client identity() {
    return testkit::world().anonymous(Service::identity);
}

Reply refresh(std::string_view refresh_token) {
    return identity().post_form(
        "/token", {{"grant_type", "refresh_token"}, {"refresh_token", std::string{refresh_token}}}
    );
}

Reply ask_api(std::string_view access_token) {
    return testkit::world().with_token(access_token).get("/api/v1/org");
}

void change(const std::string& sql) {
    testkit::world().database().connect("pz_identity").execute_script(sql);
}

void forget_failures() {
    change("delete from identity.login_throttle");
}

double metric(std::string_view name) {
    const std::string text = identity().get("/metrics").text();
    const std::string line = "\n" + std::string{name} + ' ';
    const std::size_t at = text.find(line);
    if (at == std::string::npos) {
        throw testkit::ClientError{"no metric " + std::string{name}};
    }
    return std::stod(text.substr(at + line.size()));
}

boost::json::object decode_part(std::string_view token, int part) {
    for (; part > 0; --part) {
        token.remove_prefix(token.find('.') + 1);
    }
    return boost::json::parse(core::base64url_decode(token.substr(0, token.find('.'))).value()).as_object();
}

std::vector<std::string> members_of(const boost::json::object& object) {
    std::vector<std::string> names;
    for (const auto& member : object) {
        names.emplace_back(member.key());
    }
    return names;
}

}  // namespace pz::identity
