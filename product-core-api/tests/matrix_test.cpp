// Who may call what: contracts.md part 3 as a table, compared with every route of the service. A route that
// the table does not know fails the test, so that nobody can add one without saying who may call it.

#include "resource_contract.hpp"
#include "visits.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pz::product {

namespace {

using testkit::world;

/// The callers in the order of the table's columns.
struct Caller {
    const char* name;
    const Account* account;  ///< null: without a token of one's own
};

constexpr Caller callers[] = {
    {"anonymous", nullptr},
    {"standard", &acme_user},
    {"admin", &acme_admin},
    {"support_agent", &support_agent},
    {"platform_admin", &platform_admin},
    {"imp ro", nullptr},
    {"imp rw", nullptr},
};
constexpr std::size_t first_impersonated = 5;

struct Row {
    std::string method;
    std::string pattern;
    std::array<int, std::size(callers)> expected;
};

/// What a resource declares of itself (resource_contract.hpp) is open to a tenant's people in one way.
const Resource* resource_of(std::string_view pattern) {
    const auto& all = declared_resources();
    const auto found = std::ranges::find_if(all, [&](const Resource& resource) {
        return pattern == resource.path || pattern == resource.path_of("{id}");
    });
    return found == all.end() ? nullptr : &*found;
}

std::vector<Row> with_declared_resources(std::vector<Row> rows) {
    for (const Resource& resource : declared_resources()) {
        const std::string one = resource.path_of("{id}");
        rows.push_back({"get", resource.path, {401, 200, 200, 403, 403, 200, 200}});
        rows.push_back({"post", resource.path, {401, 201, 201, 403, 403, 403, 201}});
        rows.push_back({"get", one, {401, 200, 200, 403, 403, 200, 200}});
        rows.push_back({"patch", one, {401, 200, 200, 403, 403, 403, 200}});
        rows.push_back({"delete", one, {401, 403, 204, 403, 403, 403, 403}});
    }
    return rows;
}

const std::vector<Row>& matrix() {
    static const std::vector<Row> rows = with_declared_resources({
        {"get", "/api/v1/items", {401, 200, 200, 403, 403, 200, 200}},
        {"post", "/api/v1/items", {401, 201, 201, 403, 403, 403, 201}},
        {"get", "/api/v1/items/{id}", {401, 200, 200, 403, 403, 200, 200}},
        {"patch", "/api/v1/items/{id}", {401, 200, 200, 403, 403, 403, 200}},
        {"delete", "/api/v1/items/{id}", {401, 403, 204, 403, 403, 403, 403}},
        {"get", "/api/v1/integrations", {401, 200, 200, 403, 403, 200, 200}},
        {"post", "/api/v1/integrations", {401, 403, 201, 403, 403, 403, 403}},
        {"get", "/api/v1/integrations/{id}", {401, 200, 200, 403, 403, 200, 200}},
        {"put", "/api/v1/integrations/{id}", {401, 403, 200, 403, 403, 403, 403}},
        {"delete", "/api/v1/integrations/{id}", {401, 403, 204, 403, 403, 403, 403}},
        {"get", "/api/v1/org", {401, 200, 200, 403, 403, 200, 200}},
        {"patch", "/api/v1/org", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/org/usage", {401, 200, 200, 403, 403, 200, 200}},
        {"get", "/api/v1/org/export", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/org/audit-log", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/org/audit-log/verify", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/org/audit-log/export", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/support/audit-log", {401, 403, 403, 200, 200, 403, 403}},
        {"get", "/api/v1/support/audit-log/verify", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/support/audit-log/export", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/admin/stats", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/admin/orgs", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs", {401, 403, 403, 403, 201, 403, 403}},
        {"get", "/api/v1/admin/orgs/{id}", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/admin/orgs/{id}/usage", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/admin/orgs/{id}/export", {401, 403, 403, 403, 200, 403, 403}},
        {"patch", "/api/v1/admin/orgs/{id}", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/suspend", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/read-only", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/reactivate", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/schedule-deletion", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/undo-deletion", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/admin/orgs/{id}/invite-admin", {401, 403, 403, 403, 204, 403, 403}},
        {"get", "/api/v1/support/lookup", {401, 403, 403, 200, 200, 403, 403}},
        {"post", "/api/v1/support/impersonate/{id}", {401, 403, 403, 201, 201, 403, 403}},
        {"delete", "/api/v1/support/impersonate/{id}", {401, 403, 403, 204, 204, 204, 204}},
        {"get", "/api/v1/support/sessions", {401, 403, 403, 200, 200, 403, 403}},
        {"post", "/api/v1/support/sessions/{id}/approve", {401, 403, 403, 403, 200, 403, 403}},
        {"post", "/api/v1/support/sessions/{id}/deny", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/admin/support-signals", {401, 403, 403, 403, 200, 403, 403}},
        {"get", "/api/v1/org/support-policy", {401, 403, 200, 403, 403, 403, 403}},
        {"put", "/api/v1/org/support-policy", {401, 403, 200, 403, 403, 403, 403}},
        {"get", "/api/v1/org/support-sessions", {401, 403, 200, 403, 403, 403, 403}},
        {"post", "/api/v1/org/support-sessions/{id}/approve", {401, 403, 200, 403, 403, 403, 403}},
        {"post", "/api/v1/org/support-sessions/{id}/deny", {401, 403, 200, 403, 403, 403, 403}},
        {"delete", "/api/v1/org/support-sessions/{id}", {401, 403, 204, 403, 403, 403, 403}},
        {"get", "/.well-known/audit-keys.json", {200, 200, 200, 200, 200, 200, 200}},
        {"get", "/healthz", {200, 200, 200, 200, 200, 200, 200}},
        {"get", "/readyz", {200, 200, 200, 200, 200, 200, 200}},
        {"get", "/startupz", {200, 200, 200, 200, 200, 200, 200}},
    });
    return rows;
}

const Row* find_row(std::string_view method, std::string_view pattern) {
    const auto found = std::ranges::find_if(matrix(), [&](const Row& row) {
        return row.method == method && row.pattern == pattern;
    });
    return found == matrix().end() ? nullptr : &*found;
}

/// What a route of the registry takes.
boost::json::object registry_body(std::string_view method, std::string_view pattern) {
    if (method == "patch") {
        return {{"name", unique_text("Matrix")}};
    }
    if (pattern.ends_with("/invite-admin")) {
        return {{"email", "matrix@example.org"}};
    }
    return pattern.contains('{') ? boost::json::object{{"reason", "the matrix wants it"}} : org_body();
}

/// An organization of the call's own, in the state that the route leads on from.
std::string new_org_for(std::string_view pattern) {
    const Reply org = new_org();
    if (pattern.ends_with("/undo-deletion")) {
        world()
            .as(platform_admin)
            .post(org.header("Location") + "/schedule-deletion", {{"reason", "the matrix wants it"}});
    }
    return org.id();
}

/// A session for the routes of support, in the state that the route leads on from: one's own for who is
/// inside, in Acme for an organization's admin, else in Globex.
std::string session_for(std::string_view pattern, const Caller& caller, const std::optional<Visit>& visit) {
    if (visit) {
        return visit->id();
    }
    const bool of_org = pattern.starts_with("/api/v1/org/");
    const bool of_caller = caller.account == &platform_admin && !pattern.contains("/sessions/") && !of_org;
    const Account& agent = of_caller ? platform_admin : support_agent;
    const std::string_view tenant = of_org ? testkit::acme : testkit::globex;
    const auto begin = [&] {
        return start_visit(world(), agent, tenant, {{"mode", "rw"}}).field("session_id");
    };
    // One that the agent has already would be given again, in whatever state it is.
    world().as(agent).del("/api/v1/support/impersonate/" + begin());
    return begin();
}

/// What the {id} of a route of support stands for.
std::string support_id_for(
    std::string_view method, std::string_view pattern, const Caller& caller, const std::optional<Visit>& visit
) {
    if (pattern == "/api/v1/support/impersonate/{id}" && method == "post") {
        return std::string{testkit::globex};
    }
    return session_for(pattern, caller, visit);
}

bool is_of_support(std::string_view pattern) {
    return pattern.starts_with("/api/v1/support/") || pattern.starts_with("/api/v1/org/support-");
}

/// The row's request with everything right but, perhaps, the caller: a row of Acme's in the path, a good
/// body.
Reply call(const Row& row, const Caller& caller) {
    const std::string_view pattern{row.pattern};
    const std::string_view method{row.method};
    std::optional<Visit> visit;
    if (std::string_view{caller.name}.starts_with("imp ")) {
        const bool writes = std::string_view{caller.name} == "imp rw";
        visit.emplace(
            world(),
            writes ? platform_admin : support_agent,
            testkit::acme,
            Visit::Options{.mode = writes ? "rw" : "ro", .approved_by = writes ? &acme_admin : nullptr}
        );
    }
    const Resource* resource = resource_of(pattern);
    const auto sample = [&] {
        if (resource != nullptr) {
            return resource->sample();
        }
        if (pattern.starts_with("/api/v1/admin/orgs")) {
            return registry_body(method, pattern);
        }
        if (pattern == "/api/v1/support/impersonate/{id}") {
            return boost::json::object{{"reason", "the matrix wants it"}};
        }
        if (pattern == "/api/v1/org/support-policy") {
            return boost::json::object{{"policy", "notify"}};
        }
        if (pattern == "/api/v1/org") {
            return boost::json::object{{"time_zone", "UTC"}};
        }
        return pattern.starts_with("/api/v1/integrations")
                   ? boost::json::
                         object{{"name", unique_text("Matrix")}, {"kind", "api_key"}, {"secret", "s"}}
                   : boost::json::object{{"title", unique_text("Matrix")}};
    };
    const boost::json::object body = sample();
    std::string path{pattern};
    if (const auto at = path.find("{id}"); at != std::string::npos) {
        const bool of_registry = pattern.starts_with("/api/v1/admin/orgs");
        path.replace(
            at,
            4,
            is_of_support(pattern) ? support_id_for(method, pattern, caller, visit)
            : of_registry          ? new_org_for(pattern)
                          : world().as(acme_admin).post(std::string_view{path}.substr(0, at - 1), body).id()
        );
    }
    if (pattern == "/.well-known/audit-keys.json") {
        (void)world().api().wait_for_log("event=audit.key kid=");
    }
    if (pattern == "/api/v1/support/lookup") {
        path += "?q=acme";
    }
    Client client = visit                       ? visit->inside()
                    : caller.account == nullptr ? world().anonymous()
                                                : world().as(*caller.account);
    if (method == "post") {
        return client.post(path, body);
    }
    if (method == "put") {
        client.with("If-Match", "\"1\"").with("Content-Type", "application/json");
        return client.send("PUT", path, boost::json::serialize(sample()));
    }
    if (method == "patch") {
        client.with("If-Match", pattern == "/api/v1/org" ? "*" : "\"1\"");
        return client.patch(path, resource != nullptr ? resource->change() : body);
    }
    return method == "delete" ? client.del(path) : client.get(path);
}

TEST(AccessMatrix, holds_for_every_route_and_caller) {
    for (const Row& row : matrix()) {
        for (std::size_t column = 0; column < std::size(callers); ++column) {
            const Reply reply = call(row, callers[column]);
            EXPECT_EQ(reply.status(), row.expected[column])
                << row.method << ' ' << row.pattern << " as " << callers[column].name << ": " << reply.text();
        }
    }
}

TEST(AccessMatrix, knows_every_route_of_the_service_and_no_other) {
    const auto document = world().anonymous().get("/openapi.json").json();
    std::size_t routes = 0;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            ++routes;
            EXPECT_NE(find_row(operation.key(), path.key()), nullptr)
                << "say in this test's table who may call " << operation.key() << ' ' << path.key();
        }
    }
    EXPECT_EQ(routes, matrix().size()) << "the table has a route that the service does not have";
}

TEST(AccessMatrix, is_what_the_document_tells_clients) {
    const auto document = world().anonymous().get("/openapi.json").json();
    for (const Row& row : matrix()) {
        std::set<std::string> expected;
        for (std::size_t column = 1; column < first_impersonated; ++column) {
            if (row.expected[column] != 403 && row.expected[0] == 401) {
                expected.insert(callers[column].name);
            }
        }
        const auto& operation = document.at("paths").at(row.pattern).at(row.method).as_object();
        std::set<std::string> documented;
        if (const auto* roles = operation.if_contains("x-roles")) {
            for (const auto& role : roles->as_array()) {
                documented.emplace(role.as_string());
            }
        }
        EXPECT_EQ(documented, expected) << row.method << ' ' << row.pattern;
        EXPECT_NE(operation.at("security").as_array().empty(), row.expected[0] == 401)
            << row.method << ' ' << row.pattern;
    }
}

}  // namespace

}  // namespace pz::product
