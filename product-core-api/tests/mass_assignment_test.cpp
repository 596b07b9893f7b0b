// Whatever a client sends beside what a route takes is refused, and changes nothing: roles, tenants, versions
// and identifiers are the service's. The routes and their bodies come from the service's own description.

#include "answers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <map>
#include <set>

namespace pz::product {

namespace {

using boost::json::object;
using boost::json::value;
using testkit::world;

/// Follows "$ref" inside the document.
const object& resolve(const value& document, const value& schema) {
    const auto* reference = schema.as_object().if_contains("$ref");
    if (reference == nullptr) {
        return schema.as_object();
    }
    constexpr std::string_view prefix = "#/components/schemas/";
    return document.at("components")
        .at("schemas")
        .at(reference->as_string().subview(prefix.size()))
        .as_object();
}

/// Names of the members of every object that the service knows, and of what it keeps to itself.
std::set<std::string> server_owned(const value& document) {
    std::set<std::string> names{"tenant_id",  "tenant",     "org_id",   "role",       "roles",
                                "id",         "person_id",  "owner",    "version",    "epoch",
                                "created_by", "created_at", "actor_id", "updated_at", "updated_by",
                                "deleted_at", "is_admin",   "scope",    "session_id", "title_folded",
                                "password",   "state",      "plan",     "$ref",       "__proto__",
                                "constructor"};
    for (const auto& schema : document.at("components").at("schemas").as_object()) {
        if (const auto* properties = schema.value().as_object().if_contains("properties")) {
            for (const auto& property : properties->as_object()) {
                names.emplace(property.key());
            }
        }
    }
    return names;
}

std::string everything_of_acme() {
    return world().database().connect_as_superuser().value(
        "select md5(coalesce((select string_agg(i::text, '|' order by id) from app.item i where tenant_id = "
        "$1), '') ||"
        " coalesce((select string_agg(p::text, '|' order by id) from app.project p where tenant_id = $1), "
        "'') ||"
        " coalesce((select string_agg(n::text, '|' order by id) from app.integration n where tenant_id = "
        "$1), "
        "'') ||"
        " (select string_agg(t::text, '|' order by id) from platform.tenant t))",
        {std::string{testkit::acme}}
    );
}

TEST(MassAssignment, is_refused_by_every_route_that_writes_and_changes_nothing) {
    const value document = world().anonymous().get("/openapi.json").json();
    const std::set<std::string> names = server_owned(document);
    const std::map<std::string, std::string> rows{
        {"/api/v1/items/{id}", new_item(acme_user).header("Location")},
        {"/api/v1/projects/{id}", new_project(acme_user).header("Location")},
        {"/api/v1/integrations/{id}",
         world()
             .as(acme_admin)
             .post("/api/v1/integrations", {{"name", unique_text("Integration")}, {"kind", "webhook"}})
             .header("Location")}
    };
    const std::string before = everything_of_acme();
    std::size_t routes = 0;
    std::size_t attempts = 0;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            const auto* body = operation.value().as_object().if_contains("requestBody");
            if (body == nullptr) {
                continue;
            }
            ++routes;
            const object& schema = resolve(document, body->at("content").at("application/json").at("schema"));
            object good;
            for (const auto& property : schema.at("properties").as_object()) {
                const object& kind = resolve(document, property.value());
                if (kind.contains("type") && kind.at("type") == "string" && !kind.contains("enum")) {
                    good[property.key()] = "good";
                }
            }
            const std::string_view pattern{path.key()};
            const bool of_staff =
                pattern.starts_with("/api/v1/admin/") || pattern.starts_with("/api/v1/support/");
            const auto row = rows.find(std::string{path.key()});
            std::string target = row != rows.end() ? row->second : std::string{path.key()};
            if (const auto at = target.find("{id}"); of_staff && at != std::string::npos) {
                target.replace(at, 4, testkit::acme);
            }
            ASSERT_EQ(target.find('{'), std::string::npos) << target << ": the test needs a row of this kind";
            const std::map<std::string_view, std::string> methods{
                {"post", "POST"}, {"put", "PUT"}, {"patch", "PATCH"}
            };
            const std::string& method = methods.at(operation.key());
            for (const std::string& name : names) {
                if (schema.at("properties").as_object().contains(name)) {
                    continue;
                }
                for (const value& worth : {value{std::string{testkit::globex}}, value{7}, value{nullptr}}) {
                    object hostile = good;
                    hostile[name] = worth;
                    const Reply reply = world()
                                            .as(of_staff ? platform_admin : acme_admin)
                                            .with("If-Match", "*")
                                            .with("Content-Type", "application/json")
                                            .send(method, target, boost::json::serialize(hostile));
                    EXPECT_TRUE(is_invalid(reply, "body." + name)) << method << ' ' << target;
                    ++attempts;
                }
            }
        }
    }
    EXPECT_GE(routes, 6U);
    EXPECT_GE(attempts, 200U);
    EXPECT_EQ(everything_of_acme(), before);
    std::cout << "[ ATTEMPTS ] " << attempts << " on " << routes << " routes\n";
}

}  // namespace

}  // namespace pz::product
