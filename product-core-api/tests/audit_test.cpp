// What a request leaves in the audit log: one event for each change, none for a request that changed nothing,
// one for each refusal of somebody who is known. The walk takes its routes from the service's own document,
// so nobody can add one that it does not see.

#include "resource_contract.hpp"

#include <pz/audit/folder.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/testkit/world.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::product {

namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testkit::world;

/// The bodies of the events that the request with this id left, in any chain.
std::vector<boost::json::object> events_of(World& where, std::string_view request_id) {
    auto connection = where.database().connect("pz_backup");
    std::vector<boost::json::object> events;
    const auto result = connection.query(
        "select convert_from(body, 'UTF8') from audit.event "
        "where convert_from(body, 'UTF8')::jsonb #>> '{ctx,req}' = $1 order by tenant_id, seq",
        {std::string{request_id}}
    );
    for (const auto& row : result.rows) {
        events.push_back(boost::json::parse(*row.at(0)).as_object());
    }
    return events;
}

std::vector<boost::json::object> events_of(std::string_view request_id) {
    return events_of(world(), request_id);
}

std::string next_request_id() {
    static int number = 0;
    return "audit-test-" + std::to_string(++number);
}

struct Sent {
    Reply reply;
    std::vector<boost::json::object> events;
};

Sent send(
    const Account& account,
    std::string_view method,
    std::string_view path,
    const boost::json::value& body = nullptr,
    std::string_view if_match = {}
) {
    const std::string id = next_request_id();
    Client client = world().as(account);
    client.with("X-Request-Id", id);
    if (!if_match.empty()) {
        client.with("If-Match", if_match);
    }
    if (!body.is_null()) {
        client.with("Content-Type", "application/json");
    }
    Reply reply = client.send(method, path, body.is_null() ? "" : boost::json::serialize(body));
    return {std::move(reply), events_of(id)};
}

/// A good body for a route of a tenant's own rows.
boost::json::object body_for(std::string_view pattern, bool change) {
    for (const Resource& resource : declared_resources()) {
        if (pattern == resource.path || pattern == resource.path_of("{id}")) {
            return change ? resource.change() : resource.sample();
        }
    }
    if (pattern.starts_with("/api/v1/integrations")) {
        return {{"name", unique_text("Audited")}, {"kind", "api_key"}, {"secret", "s"}};
    }
    if (pattern == "/api/v1/org") {
        return {{"time_zone", "UTC"}};
    }
    return {{"title", unique_text("Audited")}};
}

/// What staff do to an organization, in an order in which all of it can be done.
struct StaffStep {
    std::string method;
    std::string pattern;
    boost::json::object body;
    std::string action;
};

std::vector<StaffStep> staff_steps() {
    const boost::json::object reason{{"reason", "because a test wants it"}};
    const std::string slug = "audited-" + next_request_id();
    const std::string orgs = "/api/v1/admin/orgs";
    const std::string one = orgs + "/{id}";
    return {
        {"post",
         orgs,
         {{"slug", slug},
          {"name", "Audited"},
          {"plan", "free"},
          {"state", "trial"},
          {"admin_email", "a@b.example"}},
         "org.created"},
        {"patch", one, {{"plan", "team"}}, "org.updated"},
        {"post", one + "/invite-admin", {{"email", "b@b.example"}}, "org.admin_invited"},
        {"post", one + "/read-only", reason, "org.made_read_only"},
        {"post", one + "/reactivate", {}, "org.reactivated"},
        {"post", one + "/suspend", reason, "org.suspended"},
        {"post", one + "/schedule-deletion", reason, "org.deletion_scheduled"},
        {"post", one + "/undo-deletion", {}, "org.deletion_undone"},
    };
}

/// `pattern` with a new row of Acme's in place of {id}.
std::string path_with_new_row(std::string_view pattern) {
    const std::size_t at = pattern.find("/{id}");
    if (at == std::string_view::npos) {
        return std::string{pattern};
    }
    const std::string list{pattern.substr(0, at)};
    const Reply created = world().as(acme_admin).post(list, body_for(list, false));
    return list + '/' + created.id() + std::string{pattern.substr(at + 5)};
}

TEST(Audit, every_mutating_route_leaves_exactly_one_event) {
    const auto document = world().anonymous().get("/openapi.json").json();
    std::size_t walked = 0;
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            const std::string method{operation.key()};
            if (method == "get") {
                continue;
            }
            const std::string pattern{path.key()};
            if (pattern.starts_with("/api/v1/admin/")) {
                continue;  // below
            }
            if (pattern.starts_with("/api/v1/support/") || pattern.starts_with("/api/v1/org/support-")) {
                continue;  // routes/support/sessions_test.cpp
            }
            const bool deletes = method == "delete";
            const auto body =
                deletes ? boost::json::value() : boost::json::value(body_for(pattern, method == "patch"));
            std::string wire_method = method;
            std::ranges::transform(wire_method, wire_method.begin(), [](char c) {
                return static_cast<char>(c & ~0x20);
            });
            const Sent sent = send(
                acme_admin,
                wire_method,
                path_with_new_row(pattern),
                body,
                method == "post" || deletes ? ""
                : pattern == "/api/v1/org"  ? "*"
                                            : "\"1\""
            );
            ASSERT_LT(sent.reply.status(), 300) << method << ' ' << pattern << ": " << sent.reply.text();
            ASSERT_THAT(sent.events, SizeIs(1)) << "say what this route leaves: " << method << ' ' << pattern;
            const auto& event = sent.events.front();
            EXPECT_EQ(event.at("outcome"), "success");
            EXPECT_EQ(event.at("ctx").at("route").as_string(), wire_method + ' ' + pattern);
            EXPECT_EQ(event.at("ctx").at("status"), sent.reply.status());
            EXPECT_EQ(event.at("actor").at("role"), "admin");
            EXPECT_EQ(event.at("actor").at("type"), "person");
            EXPECT_EQ(event.at("chain"), event.at("actor").at("tenant"));
            ASSERT_THAT(event.at("target").as_array(), SizeIs(1)) << method << ' ' << pattern;
            if (method == "post") {
                EXPECT_EQ(event.at("target").at(0).at("id").as_string(), sent.reply.id());
            }
            ++walked;
        }
    }
    EXPECT_GE(walked, 9U);
}

TEST(Audit, staff_leave_one_event_in_the_platforms_chain_and_one_in_the_organizations) {
    std::set<std::string> untried;
    const auto document = world().anonymous().get("/openapi.json").json();
    for (const auto& path : document.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            if (path.key().starts_with("/api/v1/admin/") && operation.key() != "get") {
                untried.insert(std::string{operation.key()} + ' ' + std::string{path.key()});
            }
        }
    }
    std::string org;
    for (const StaffStep& step : staff_steps()) {
        std::string path = step.pattern;
        if (const std::size_t at = path.find("{id}"); at != std::string::npos) {
            path.replace(at, 4, org);
        }
        std::string method = step.method;
        std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c & ~0x20); });
        const Sent sent = send(platform_admin, method, path, step.body, method == "PATCH" ? "*" : "");
        ASSERT_LT(sent.reply.status(), 300) << path << ": " << sent.reply.text();
        org = org.empty() ? sent.reply.id() : org;
        ASSERT_THAT(sent.events, SizeIs(2)) << path;
        EXPECT_EQ(sent.events[0].at("chain"), "platform");
        EXPECT_EQ(sent.events[1].at("chain").as_string(), org);
        for (const auto& event : sent.events) {
            EXPECT_EQ(event.at("action").as_string(), step.action);
            EXPECT_EQ(event.at("target").at(0).at("id").as_string(), org);
            EXPECT_EQ(event.at("actor").at("role"), "platform_admin");
        }
        untried.erase(step.method + ' ' + step.pattern);
    }
    EXPECT_THAT(untried, IsEmpty()) << "say what these leave";
}

TEST(Audit, platform_staff_leave_one_event_for_each_look_across_tenants) {
    const Sent list = send(platform_admin, "GET", "/api/v1/admin/orgs");
    ASSERT_THAT(list.events, SizeIs(1));
    EXPECT_EQ(list.events.front().at("action"), "org.listed");
    EXPECT_EQ(list.events.front().at("chain"), "platform");
    EXPECT_EQ(list.events.front().at("actor").at("role"), "platform_admin");
    const Sent lookup = send(support_agent, "GET", "/api/v1/support/lookup?q=acme");
    ASSERT_THAT(lookup.events, SizeIs(1));
    EXPECT_EQ(lookup.events.front().at("action"), "org.looked_up");
    EXPECT_EQ(lookup.events.front().at("ctx").at("route"), "GET /api/v1/support/lookup")
        << "what was searched for may be a person's name";
}

TEST(Audit, what_changes_nothing_leaves_nothing) {
    const std::string path = path_with_new_row("/api/v1/items/{id}");
    EXPECT_THAT(send(acme_user, "GET", path).events, IsEmpty());
    EXPECT_THAT(send(acme_user, "GET", "/api/v1/items").events, IsEmpty());
    const boost::json::object change{{"title", "x"}};
    const Sent stale = send(acme_user, "PATCH", path, change, "\"99\"");
    EXPECT_EQ(stale.reply.status(), 412);
    EXPECT_THAT(stale.events, IsEmpty());
    const Sent missing = send(acme_admin, "DELETE", "/api/v1/items/00000000-0000-7000-8000-0000000000ff");
    EXPECT_EQ(missing.reply.status(), 404);
    EXPECT_THAT(missing.events, IsEmpty());
    const Sent invalid = send(
        acme_user,
        "POST",
        "/api/v1/items",
        boost::json::object{{"title", "x"}, {"project_id", "00000000-0000-7000-8000-0000000000ff"}}
    );
    EXPECT_EQ(invalid.reply.status(), 422);
    EXPECT_THAT(invalid.events, IsEmpty()) << "the insert was undone, and so is its event";
}

TEST(Audit, an_answer_that_is_given_again_is_no_second_event) {
    const boost::json::object body{{"title", unique_text("Once")}};
    const std::string key = "audit-" + next_request_id();
    const std::string first = next_request_id();
    const std::string second = next_request_id();
    for (const std::string& id : {first, second}) {
        Client client = world().as(acme_user);
        client.with("X-Request-Id", id).with("Idempotency-Key", key);
        EXPECT_EQ(client.post("/api/v1/items", body).status(), 201);
    }
    EXPECT_THAT(events_of(first), SizeIs(1));
    EXPECT_THAT(events_of(second), IsEmpty());
}

/// Refusals of one person with one code on one route are merged for ten seconds, and other tests make some
/// too.
class AuditRefusals : public testing::Test {
 protected:
    Sent refuse(const Account& account, std::string_view method, std::string_view path) {
        const std::string id = next_request_id();
        Reply reply = own_.as(account).with("X-Request-Id", id).send(method, path, "");
        return {std::move(reply), events_of(own_, id)};
    }

    World own_;
};

TEST_F(AuditRefusals, of_somebody_known_are_events_before_the_answer_leaves) {
    const std::string path = "/api/v1/items/" + core::Uuid::v7(core::SystemClock{}).to_string();
    const Sent refused = refuse(acme_user, "DELETE", path);
    EXPECT_EQ(refused.reply.status(), 403);
    ASSERT_THAT(refused.events, SizeIs(1));
    const auto& event = refused.events.front();
    EXPECT_EQ(event.at("action"), "request.refused");
    EXPECT_EQ(event.at("outcome"), "refused");
    EXPECT_EQ(event.at("ctx").at("status"), 403);
    EXPECT_EQ(event.at("ctx").at("route"), "DELETE /api/v1/items/{id}");
    EXPECT_EQ(event.at("chain"), event.at("actor").at("tenant"));

    EXPECT_THAT(refuse(globex_user, "DELETE", path).events, SizeIs(1)) << "somebody else";
    EXPECT_THAT(refuse(acme_user, "GET", "/api/v1/admin/orgs").events, SizeIs(1)) << "another route";

    const std::string id = next_request_id();
    Client client = own_.as(acme_user);
    client.with("X-Request-Id", id).with("X-Tenant-ID", "00000000-0000-7000-8000-0000000000ff");
    EXPECT_EQ(client.get("/api/v1/items").status(), 403);
    const auto mismatch = events_of(own_, id);
    ASSERT_THAT(mismatch, SizeIs(1));
    EXPECT_EQ(mismatch.front().at("ctx").at("code"), "tenant_mismatch");
}

TEST_F(AuditRefusals, that_repeat_do_not_fill_the_chain) {
    constexpr int times = 200;
    const std::string path = "/api/v1/items/" + core::Uuid::v7(core::SystemClock{}).to_string();
    std::size_t events = 0;
    for (int i = 0; i < times; ++i) {
        const std::string id = next_request_id();
        EXPECT_EQ(own_.as(acme_user).with("X-Request-Id", id).send("DELETE", path, "").status(), 403);
        events += events_of(own_, id).size();
    }
    EXPECT_GE(events, 1U);
    EXPECT_LT(events, times / 4U) << "one for each thread and ten seconds, however long this took";
}

TEST(Audit, a_stranger_is_nobodys_event) {
    const std::string id = next_request_id();
    Client client = world().anonymous();
    client.with("X-Request-Id", id);
    EXPECT_EQ(client.get("/api/v1/items").status(), 401);
    EXPECT_THAT(events_of(id), IsEmpty());
}

TEST(Audit, address_and_agent_stand_as_commitments_whose_clear_values_can_be_erased) {
    const std::string id = next_request_id();
    Client client = world().as(acme_user);
    client.with("X-Request-Id", id).with("User-Agent", "Canary-Agent/7f3a");
    EXPECT_EQ(client.post("/api/v1/items", boost::json::object{{"title", "x"}}).status(), 201);
    const auto events = events_of(id);
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(boost::json::serialize(events.front()).find("Canary-Agent"), std::string::npos);
    EXPECT_EQ(boost::json::serialize(events.front()).find("127.0.0.1"), std::string::npos);
    auto connection = world().database().connect("pz_backup");
    const auto value_of = [&](const char* member) {
        return connection.value(
            "select value from audit.pii where commitment = $1",
            {std::string{events.front().at("ctx").at(member).as_string()}}
        );
    };
    EXPECT_EQ(value_of("ua_c"), "Canary-Agent/7f3a");
    EXPECT_EQ(value_of("ip_c"), "127.0.0.1");
}

TEST(Audit, is_signed_by_the_service_itself_and_kept_outside_the_database) {
    World own({.api_environment = {"PZ_AUDIT_SIGN_EVENTS=1"}});
    ASSERT_EQ(own.as(acme_admin).post("/api/v1/items", {{"title", "Signed"}}).status(), 201);
    const std::string acme = [&] {
        auto backup = own.database().connect("pz_backup");
        return backup.value("select id from platform.tenant where slug = 'acme'");
    }();
    EXPECT_THAT(
        own.api().wait_for_log("event=audit.checkpoint chain=" + acme), testing::HasSubstr("jws=eyJ")
    );
    const audit::Folder folder(own.audit_folder());
    std::ifstream key_file(folder.keys());
    const std::string text{std::istreambuf_iterator<char>(key_file), {}};
    const auto keys = crypto::KeySet::parse(text);
    ASSERT_TRUE(keys.has_value()) << text;
    std::ifstream lines(folder.checkpoints());
    audit::SignedPlaces outside = audit::read_checkpoints(lines, *keys);
    EXPECT_TRUE(outside.contains(core::Uuid::parse(acme).value()));
    auto backup = own.database().connect("pz_backup");
    const audit::Report report = audit::verify_database(backup, std::nullopt, &*keys, std::move(outside));
    EXPECT_EQ(report.breach, std::nullopt) << report.to_string();
}

}  // namespace

}  // namespace pz::product
