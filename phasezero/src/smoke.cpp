#include "smoke.hpp"

#include "exit_code.hpp"
#include "http_client.hpp"

#include <pz/core/json.hpp>

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace pz::command {

namespace {

struct DemoAccount {
    std::string_view role;
    std::string_view email;
    std::string_view password;
};

constexpr std::array<DemoAccount, 5> accounts{{
    {"platform admin", "platform@numbersence.com", "platform123"},
    {"support agent", "support@numbersence.com", "support123"},
    {"org admin", "admin@acme.example", "admin123"},
    {"org user", "user@acme.example", "user123"},
    {"other org's admin", "admin@globex.example", "admin123"},
}};
constexpr std::size_t acme_admin = 2;
constexpr std::size_t globex_admin = 4;

struct Session {
    std::string access_token;
    std::string refresh_token;
};

/// The text member of a JSON object; empty when it is not there.
std::string member(const std::string& body, std::string_view name) {
    const auto document = core::parse_json(body);
    const boost::json::object* object = document ? document->if_object() : nullptr;
    const boost::json::value* value = object != nullptr ? object->if_contains(name) : nullptr;
    const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string{*text} : std::string{};
}

/// The first characters of an answer, on one line; tokens are never in an answer that was not expected.
std::string excerpt(const HttpAnswer& answer) {
    if (answer.status == 0) {
        return answer.error;
    }
    std::string text = answer.body.substr(0, 200);
    for (char& c : text) {
        c = c < ' ' ? ' ' : c;
    }
    return fmt::format("{} {}", answer.status, text);
}

void expect(const HttpAnswer& answer, long status, const std::string& what, std::string_view service) {
    if (answer.status != status) {
        throw CommandError(
            ExitCode::failure,
            fmt::format(
                "smoke test: {} should answer {}, but: {}\nhint: phasezero logs {}",
                what,
                status,
                excerpt(answer),
                service
            )
        );
    }
}

std::vector<std::string> bearer(const Session& session) {
    return {"Authorization: Bearer " + session.access_token};
}

Session sign_in(HttpClient& client, const SmokeTargets& targets, const DemoAccount& account) {
    const HttpAnswer answer = client.request(
        "POST",
        targets.identity + "/token",
        {"Content-Type: application/x-www-form-urlencoded"},
        form_encode({
            {"grant_type", "password"},
            {"username", std::string{account.email}},
            {"password", std::string{account.password}},
        })
    );
    expect(answer, 200, fmt::format("signing in as {}", account.role), "identity");
    Session session{member(answer.body, "access_token"), member(answer.body, "refresh_token")};
    if (session.access_token.empty()) {
        throw CommandError(
            ExitCode::failure, fmt::format("smoke test: signing in as {} gave no access_token", account.role)
        );
    }
    return session;
}

void try_item_round_trip(
    HttpClient& client, const SmokeTargets& targets, const Session& owner, const Session& stranger
) {
    const std::string items = targets.api + "/api/v1/items";
    std::vector<std::string> creating = bearer(owner);
    creating.emplace_back("Content-Type: application/json");
    const HttpAnswer created = client.request("POST", items, creating, R"({"title":"Smoke test"})");
    expect(created, 201, "creating an item", "api");
    const std::string item = items + "/" + member(created.body, "id");

    const HttpAnswer read = client.request("GET", item, bearer(owner));
    expect(read, 200, "reading the item", "api");
    expect(client.request("GET", item, bearer(stranger)), 404, "reading it from another organization", "api");

    std::vector<std::string> deleting = bearer(owner);
    if (const auto tag = read.headers.find("etag"); tag != read.headers.end()) {
        deleting.push_back("If-Match: " + tag->second);
    }
    expect(client.request("DELETE", item, deleting), 204, "deleting the item", "api");
    expect(client.request("GET", item, bearer(owner)), 404, "reading the deleted item", "api");
}

/// So that a start leaves no open session behind. Not a part of what is tested.
void sign_out(HttpClient& client, const SmokeTargets& targets, const Session& session) {
    std::vector<std::string> headers = bearer(session);
    headers.emplace_back("Content-Type: application/x-www-form-urlencoded");
    client.request(
        "POST", targets.identity + "/logout", headers, form_encode({{"refresh_token", session.refresh_token}})
    );
}

}  // namespace

std::string run_smoke_test(const SmokeTargets& targets, std::function<bool()> keep_going) {
    HttpClient client{std::move(keep_going)};
    const HttpAnswer keys = client.request("GET", targets.identity + "/.well-known/jwks.json");
    expect(keys, 200, "fetching the signing keys", "identity");

    std::vector<Session> sessions;
    sessions.reserve(accounts.size());
    for (const DemoAccount& account : accounts) {
        sessions.push_back(sign_in(client, targets, account));
    }
    try_item_round_trip(client, targets, sessions[acme_admin], sessions[globex_admin]);
    for (const Session& session : sessions) {
        sign_out(client, targets, session);
    }
    return fmt::format("{} sign-ins, one item there and back, signing keys", accounts.size());
}

}  // namespace pz::command
