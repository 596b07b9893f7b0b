// Reading the audit log: lists, verification, exports. That requests leave their events is audit_test.cpp.

#include "resource_contract.hpp"

#include <pz/audit/folder.hpp>
#include <pz/audit/retirement.hpp>
#include <pz/audit/source.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pz::product {

namespace {

using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;
using testkit::world;

constexpr const char* own = "/api/v1/org/audit-log";
constexpr const char* platform = "/api/v1/support/audit-log";
const std::string acme{testkit::acme};

/// What an auditor has: the keys that the service keeps beside the database. It has none before it signs.
crypto::KeySet public_keys() {
    std::ifstream file(audit::Folder(world().audit_folder()).keys());
    const std::string set{std::istreambuf_iterator<char>(file), {}};
    return set.empty() ? crypto::KeySet{{crypto::SigningKey::generate().public_key()}}
                       : crypto::KeySet::parse(set).value();
}

std::vector<boost::json::object> items_of(const Reply& reply) {
    std::vector<boost::json::object> items;
    for (const auto& item : reply.json().at("items").as_array()) {
        items.push_back(item.as_object());
    }
    return items;
}

std::vector<std::string> texts_of(const std::vector<boost::json::object>& items, std::string_view member) {
    std::vector<std::string> texts;
    for (const auto& item : items) {
        texts.emplace_back(item.at(member).as_string());
    }
    return texts;
}

/// The newest events that the query finds.
std::vector<boost::json::object> find(
    const Account& account, std::string_view list, const std::string& query
) {
    const Reply reply = world().as(account).get(std::string{list} + '?' + query);
    EXPECT_EQ(reply.status(), 200) << reply.text();
    return items_of(reply);
}

/// Every page, as one list.
std::vector<boost::json::object> find_all(
    const Account& account, std::string_view list, const std::string& query
) {
    std::vector<boost::json::object> all;
    std::string cursor;
    do {
        const Reply reply = world().as(account).get(
            std::string{list} + '?' + query + (cursor.empty() ? "" : "&cursor=" + cursor)
        );
        EXPECT_EQ(reply.status(), 200) << reply.text();
        std::ranges::move(items_of(reply), std::back_inserter(all));
        const boost::json::value document = reply.json();
        const auto& next = document.at("next_cursor");
        cursor = next.is_string() ? std::string{next.get_string()} : "";
    } while (!cursor.empty());
    return all;
}

std::string new_item(const Account& account, const std::string& title) {
    return world().as(account).post("/api/v1/items", boost::json::object{{"title", title}}).id();
}

const std::string globex{testkit::globex};
constexpr const char* stranger = "0197c0de-0000-7000-8000-00000000aaaa";
constexpr int hay = 6'000;

/// Adds events to Globex's chain as the service would, all by the stranger, now or at the time.
void append_to_globex(
    pg::BlockingConnection& app,
    std::string_view action,
    int count,
    const std::optional<std::string>& time = std::nullopt
) {
    (void)app.query(
        "select count(audit.append($1::uuid, e.id, e.time, $2::text, 'success', $3::uuid, null, null,"
        "  '{\"action\":\"' || $2::text || '\",\"actor\":{\"id\":\"' || $3::uuid || "
        "'\",\"type\":\"system\"},\"chain\":\"'"
        "  || $1::uuid || '\",\"ctx\":{},\"id\":\"' || e.id || '\",\"outcome\":\"success\",\"seq\":',"
        "  ',\"target\":[],\"ts\":\"' || to_char(e.time at time zone 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        "  || '\",\"v\":1}'))"
        "  from (select gen_random_uuid() as id, coalesce($5::timestamptz, clock_timestamp()) as time from "
        "generate_series(1, $4::integer)) e",
        {globex, std::string{action}, stranger, std::to_string(count), time}
    );
}

/// A needle, and behind it more hay than a page looks at. Once in this program.
void grow_globex() {
    static const bool grown = [] {
        // To sign in is an event: now, and not on top of a change, where it would be the fork that is found.
        (void)world().as(globex_admin);
        auto app = world().database().connect("pz_app");
        app.execute_script("begin; set local app.current_tenant = '" + globex + "'");
        append_to_globex(app, "needle.lost", 1);
        append_to_globex(app, "hay.made", hay);
        app.execute_script("commit");
        return true;
    }();
    ASSERT_TRUE(grown);
}

/// What the route says when everything up to the chain's head has been looked at; how many calls it took.
struct Verified {
    boost::json::value last;
    int calls = 0;
};

Verified verify_all(const Account& account, std::string_view list, int limit) {
    Verified verified;
    std::string cursor;
    do {
        const Reply reply = world().as(account).get(
            std::string{list} + "/verify?limit=" + std::to_string(limit) +
            (cursor.empty() ? "" : "&cursor=" + cursor)
        );
        EXPECT_EQ(reply.status(), 200) << reply.text();
        verified.last = reply.json();
        const auto& next = verified.last.at("next_cursor");
        cursor = next.is_string() ? std::string{next.get_string()} : "";
        ++verified.calls;
    } while (!cursor.empty());
    return verified;
}

/// Changes Globex's stored chain behind everybody's back, looks, and takes the change back.
boost::json::value verify_with(const std::string& change, const std::string& undo) {
    auto superuser = world().database().connect_as_superuser();
    superuser.execute_script("set session_replication_role = replica; " + change);
    const Verified verified = verify_all(globex_admin, own, 2'000);
    superuser.execute_script(undo);
    return verified.last;
}

TEST(AuditLog, shows_a_change_newest_first_with_everything_that_was_said_of_it) {
    const std::string first = new_item(acme_user, "First");
    const std::string second = new_item(acme_user, "Second");
    const auto events = find(acme_admin, own, "action=item.created&limit=2");
    ASSERT_THAT(events, SizeIs(2));
    EXPECT_EQ(events[0].at("target").at(0).at("id").as_string(), second);
    EXPECT_EQ(events[1].at("target").at(0).at("id").as_string(), first);
    const auto& event = events[0];
    EXPECT_EQ(event.at("target").at(0).at("type"), "item");
    EXPECT_EQ(event.at("outcome"), "success");
    EXPECT_EQ(event.at("actor").at("role"), "standard");
    EXPECT_EQ(event.at("actor").at("type"), "person");
    EXPECT_EQ(event.at("actor").at("tenant").as_string(), acme);
    EXPECT_EQ(event.at("route"), "POST /api/v1/items");
    EXPECT_EQ(event.at("status"), 201);
    EXPECT_TRUE(event.at("impersonation").is_null());
    EXPECT_TRUE(event.at("on_behalf_of").is_null());
    EXPECT_TRUE(event.at("diff").is_null());
    EXPECT_EQ(event.at("hash").as_string().size(), 64U);
    EXPECT_EQ(event.at("seq").as_int64(), events[1].at("seq").as_int64() + 1);
    EXPECT_EQ(boost::json::serialize(event).find("ip_c"), std::string::npos);
}

TEST(AuditLog, each_filter_finds_its_events_and_no_others) {
    const std::string item = new_item(acme_user, "Filtered");
    EXPECT_EQ(world().as(acme_user).del("/api/v1/items/" + item).status(), 403);
    const auto of_item = find(acme_admin, own, "target=" + item);
    ASSERT_THAT(of_item, SizeIs(1)) << "a refusal has no target";
    const std::string actor{of_item[0].at("actor").at("id").as_string()};
    for (const auto& event : find(acme_admin, own, "actor=" + actor)) {
        EXPECT_EQ(event.at("actor").at("id").as_string(), actor);
    }
    EXPECT_THAT(texts_of(find(acme_admin, own, "outcome=refused"), "outcome"), Each("refused"));
    EXPECT_THAT(texts_of(find(acme_admin, own, "outcome=success"), "outcome"), Each("success"));
    EXPECT_THAT(texts_of(find(acme_admin, own, "action=request.refused"), "action"), Each("request.refused"));
    EXPECT_THAT(
        find(acme_admin, own, "outcome=refused&actor=" + actor + "&action=request.refused"),
        testing::Not(IsEmpty())
    );
    EXPECT_THAT(find(acme_admin, own, "outcome=refused&action=item.created"), IsEmpty());
    EXPECT_THAT(find(acme_admin, own, "target=" + item + "&action=item.deleted"), IsEmpty());
    EXPECT_THAT(find(acme_admin, own, "impersonation=0197c0de-0000-7000-8000-00000000ffff"), IsEmpty());
    const std::string time{of_item[0].at("time").as_string()};
    EXPECT_THAT(find(acme_admin, own, "target=" + item + "&from=" + time), SizeIs(1)) << "from is included";
    EXPECT_THAT(find(acme_admin, own, "target=" + item + "&to=" + time), IsEmpty()) << "to is not";
    EXPECT_THAT(
        find(acme_admin, own, "target=" + item + "&from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z"),
        IsEmpty()
    );
}

TEST(AuditLog, pages_are_the_whole_list_without_gaps) {
    for (int i = 0; i < 5; ++i) {
        new_item(acme_user, "Paged");
    }
    const auto events = find_all(acme_admin, own, "limit=2&action=item.created");
    std::set<std::int64_t> numbers;
    for (std::size_t i = 0; i < events.size(); ++i) {
        numbers.insert(events[i].at("seq").as_int64());
        EXPECT_TRUE(i == 0 || events[i].at("seq").as_int64() < events[i - 1].at("seq").as_int64());
    }
    EXPECT_EQ(numbers.size(), events.size());
    auto superuser = world().database().connect_as_superuser();
    EXPECT_EQ(
        superuser.value(
            "select count(*) from audit.event where tenant_id = $1 and action = 'item.created'", {acme}
        ),
        std::to_string(events.size())
    );
}

TEST(AuditLog, a_page_that_has_looked_at_enough_says_where_to_go_on) {
    grow_globex();
    const std::string query = std::string{"actor="} + stranger + "&action=needle.lost";
    const Reply first = world().as(globex_admin).get(std::string{own} + '?' + query);
    EXPECT_THAT(items_of(first), IsEmpty()) << "the needle is further away than one page looks";
    EXPECT_FALSE(first.field("next_cursor").empty());
    const auto needles = find_all(globex_admin, own, query);
    ASSERT_THAT(needles, SizeIs(1));
    EXPECT_EQ(needles[0].at("action"), "needle.lost");
    EXPECT_THAT(find(globex_admin, own, "action=needle.lost"), SizeIs(1))
        << "an index of its own finds it at once";
}

TEST(AuditLog, refuses_what_is_no_filter) {
    Client client = world().as(acme_admin);
    const auto refuses = [&](const std::string& query, const char* loc) {
        const Reply reply = client.get(std::string{own} + '?' + query);
        EXPECT_TRUE(is_invalid(reply, loc)) << query << ": " << reply.text();
    };
    refuses("actor=me", "query.actor");
    refuses("actor=%27%20or%20true--", "query.actor");
    refuses("action=", "query.action");
    refuses("action=" + std::string(101, 'a'), "query.action");
    refuses("target=", "query.target");
    refuses("target=" + std::string(201, 'a'), "query.target");
    refuses("outcome=maybe", "query.outcome");
    refuses("impersonation=1", "query.impersonation");
    refuses("from=yesterday", "query.from");
    refuses("to=2026-13-01T00:00:00Z", "query.to");
    refuses("limit=0", "query.limit");
    refuses("limit=101", "query.limit");
    refuses("cursor=AAAA", "query.cursor");
    refuses("tenant_id=" + acme, "query.tenant_id");
    refuses("outcome=refused&outcome=success", "query.outcome");
    EXPECT_THAT(find(acme_admin, own, "action=%27%20or%20true--"), IsEmpty());
    EXPECT_THAT(find(acme_admin, own, "target=%25"), IsEmpty());
}

TEST(AuditLog, a_cursor_is_good_for_its_tenant_and_its_filters_only) {
    new_item(acme_user, "Cursor");
    new_item(acme_user, "Cursor");
    const std::string cursor =
        world().as(acme_admin).get(std::string{own} + "?limit=1&outcome=success").field("next_cursor");
    const std::string query = "?limit=1&cursor=" + cursor;
    EXPECT_EQ(world().as(acme_admin).get(own + query + "&outcome=success").status(), 200);
    EXPECT_TRUE(is_invalid(world().as(acme_admin).get(own + query + "&outcome=refused"), "query.cursor"));
    EXPECT_TRUE(is_invalid(world().as(acme_admin).get(own + query), "query.cursor"));
    EXPECT_TRUE(is_invalid(world().as(globex_admin).get(own + query + "&outcome=success"), "query.cursor"));
    EXPECT_TRUE(
        is_invalid(world().as(platform_admin).get(platform + query + "&outcome=success"), "query.cursor")
    );
    EXPECT_TRUE(
        is_invalid(world().as(acme_admin).get(own + std::string{"/verify?cursor="} + cursor), "query.cursor")
    );
}

TEST(AuditLog, another_tenants_events_are_nowhere) {
    const std::string item = new_item(acme_user, "canary-of-acme");
    EXPECT_THAT(find(globex_admin, own, "target=" + item), IsEmpty());
    for (const auto& event : find_all(globex_admin, own, "limit=100")) {
        EXPECT_EQ(boost::json::serialize(event).find(acme), std::string::npos);
    }
    EXPECT_EQ(
        world().as(globex_admin).get(own + std::string{"/export?format=ndjson"}).text().find(item),
        std::string::npos
    );
    EXPECT_EQ(
        world().as(platform_admin).get(platform + std::string{"/export?format=ndjson"}).text().find(item),
        std::string::npos
    );
}

TEST(AuditLog, support_agents_see_their_own_acts_and_platform_admins_all) {
    EXPECT_EQ(world().as(support_agent).get("/api/v1/support/lookup?q=acme").status(), 200);
    EXPECT_EQ(world().as(platform_admin).get("/api/v1/support/lookup?q=acme").status(), 200);
    const auto own_acts = find_all(support_agent, platform, "limit=100");
    ASSERT_THAT(own_acts, testing::Not(IsEmpty()));
    const std::string agent{own_acts[0].at("actor").at("id").as_string()};
    for (const auto& event : own_acts) {
        EXPECT_EQ(event.at("actor").at("id").as_string(), agent);
    }
    const auto all = find_all(platform_admin, platform, "limit=100");
    std::set<std::string> roles;
    for (const auto& event : all) {
        const auto& role = event.at("actor").at("role");
        roles.insert(role.is_string() ? std::string{role.get_string()} : "");
    }
    EXPECT_TRUE(roles.contains("support_agent") && roles.contains("platform_admin"));
    const auto others = std::ranges::find_if(all, [&](const auto& event) {
        return event.at("actor").at("role") == "platform_admin";
    });
    const std::string other{others->at("actor").at("id").as_string()};
    EXPECT_TRUE(is_problem(world().as(support_agent).get(platform + ("?actor=" + other)), 403, "forbidden"));
    EXPECT_EQ(world().as(support_agent).get(platform + ("?actor=" + agent)).status(), 200);
}

TEST(AuditLog, reading_it_is_no_event_and_exporting_it_is_one) {
    const auto count = [] { return find_all(acme_admin, own, "limit=100&action=audit_log.exported").size(); };
    const std::size_t before = count();
    EXPECT_EQ(world().as(acme_admin).get(own + std::string{"/verify"}).status(), 200);
    EXPECT_EQ(count(), before);
    EXPECT_EQ(world().as(acme_admin).get(own + std::string{"/export?format=csv"}).status(), 200);
    EXPECT_EQ(count(), before + 1);
    const auto event = find(acme_admin, own, "action=audit_log.exported&limit=1").front();
    EXPECT_EQ(event.at("facts").at("format"), "csv");
    EXPECT_EQ(event.at("target").at(0).at("type"), "audit_log");
}

TEST(AuditLog, an_export_verifies_without_the_database) {
    grow_globex();
    for (const auto& [account, list] :
         {std::pair{&globex_admin, own}, std::pair{&platform_admin, platform}}) {
        const Reply reply = world().as(*account).get(std::string{list} + "/export?format=ndjson");
        ASSERT_EQ(reply.status(), 200);
        EXPECT_EQ(reply.header("Content-Type"), "application/x-ndjson");
        EXPECT_TRUE(reply.header("Content-Disposition").starts_with("attachment; filename=\"audit-log-"));
        std::istringstream lines(reply.text());
        const audit::Report report = audit::verify_export(lines, std::nullopt, public_keys());
        EXPECT_FALSE(report.breach) << report.to_string();
        EXPECT_EQ(report.chains, 1);
        EXPECT_GT(report.events, account == &globex_admin ? hay : 0);
    }
}

TEST(AuditLog, an_export_verifies_with_the_keys_that_the_service_itself_gives_to_anybody) {
    World signing({.api_environment = {"PZ_AUDIT_SIGN_EVENTS=1"}});
    ASSERT_EQ(signing.as(acme_user).post("/api/v1/items", {{"title", "Verified"}}).status(), 201);
    (void)signing.api().wait_for_log("event=audit.checkpoint chain=" + acme);
    const Reply reply = signing.anonymous().get("/.well-known/audit-keys.json");
    ASSERT_EQ(reply.status(), 200) << reply.text();
    EXPECT_TRUE(reply.header("Cache-Control").starts_with("public")) << "anybody may keep them";
    const auto keys = crypto::KeySet::parse(reply.text());
    ASSERT_TRUE(keys.has_value()) << "public members only: " << reply.text();
    const std::string text = signing.as(acme_admin).get(own + std::string{"/export?format=ndjson"}).text();
    std::istringstream lines(text);
    const audit::Report report = audit::verify_export(lines, std::nullopt, *keys);
    EXPECT_FALSE(report.breach) << report.to_string();
    EXPECT_GE(report.checkpoints, 1);
    std::istringstream again(text);
    EXPECT_THROW(
        (void)audit::verify_export(
            again, std::nullopt, crypto::KeySet{{crypto::SigningKey::generate().public_key()}}
        ),
        audit::VerifyError
    ) << "other keys verify nothing";
    Client client = signing.anonymous();
    client.with("If-None-Match", reply.header("ETag"));
    EXPECT_EQ(client.get("/.well-known/audit-keys.json").status(), 304);
}

TEST(AuditLog, an_event_that_stands_behind_the_head_is_a_fork) {
    grow_globex();
    auto superuser = world().database().connect_as_superuser();
    const std::string head =
        superuser.value("select seq from audit.chain_head where tenant_id = $1::uuid", {globex});
    // A signed word about the event would be found first: there is none, and the keeper waits.
    const boost::json::value found = verify_with(
        "select pg_advisory_xact_lock(7235419283401176); delete from audit.checkpoint k using "
        "audit.chain_head h where k.tenant_id = h.tenant_id and k.seq = h.seq and h.tenant_id = '" +
            globex + "'; create temporary table head as select * from audit.chain_head where tenant_id = '" +
            globex +
            "'; update audit.chain_head h set seq = e.seq, hash = e.hash, at = e.at from audit.event e where "
            "h.tenant_id = '" +
            globex + "' and e.tenant_id = h.tenant_id and e.seq = h.seq - 1",
        "update audit.chain_head h set seq = o.seq, hash = o.hash, at = o.at from head o where h.tenant_id = "
        "o.tenant_id"
    );
    EXPECT_FALSE(found.at("intact").as_bool()) << boost::json::serialize(found);
    EXPECT_EQ(found.at("breach").at("kind"), "fork");
    EXPECT_EQ(std::to_string(found.at("breach").at("seq").as_int64()), head);
}

/// Globex's chain, whose first five events are of a month that was retired.
class RetiredAuditLog : public testing::Test {
 protected:
    RetiredAuditLog() {
        superuser_.execute_script(
            "set role pz_owner;"
            "create table audit.event_2020_01 partition of audit.event for values from ('2020-01-01Z') to "
            "('2020-02-01Z'); select audit.guard_partition('audit.event_2020_01'); reset role"
        );
        auto app = world_.database().connect("pz_app");
        app.execute_script("begin; set local app.current_tenant = '" + globex + "'");
        append_to_globex(app, "item.created", 5, "2020-01-15T12:00:00Z");
        app.execute_script("commit");
        retire();
        for (int i = 0; i < 3; ++i) {
            EXPECT_EQ(world_.as(globex_user).post("/api/v1/items", {{"title", "Later"}}).status(), 201);
        }
    }

    /// The service's keeper may be at it; then again.
    void retire() {
        auto admin = world_.database().connect("pz_admin");
        for (bool retired = false; !retired;) {
            try {
                const audit::RetirementReport report = audit::retire_months(
                    admin,
                    key_,
                    core::SystemClock{},
                    core::parse_timestamp("2020-02-01T00:00:00Z").value(),
                    std::nullopt,
                    [](const audit::Checkpoint&, const std::string&) {}
                );
                retired = report.events == 5;
            } catch (const audit::RetirementError& error) {
                ASSERT_THAT(error.what(), testing::HasSubstr("another process"));
            }
        }
    }

    boost::json::value verify(const std::string& query = "?limit=100") {
        const Reply reply = world_.as(globex_admin).get(own + std::string{"/verify"} + query);
        EXPECT_EQ(reply.status(), 200) << reply.text();
        return reply.json();
    }

    void tamper(const std::string& sql) {
        superuser_.execute_script(
            "set session_replication_role = replica; " + sql + "; set session_replication_role = origin"
        );
    }

    World world_;
    pg::BlockingConnection superuser_ = world_.database().connect_as_superuser();
    crypto::SigningKey key_ = crypto::SigningKey::generate();
};

TEST_F(RetiredAuditLog, verifies_from_the_signed_word_on) {
    const auto verified = verify();
    EXPECT_TRUE(verified.at("intact").as_bool()) << boost::json::serialize(verified);
    EXPECT_EQ(verified.at("retired"), 5);
    EXPECT_EQ(verified.at("first"), 6);
    EXPECT_EQ(verified.at("last"), verified.at("head"));
    EXPECT_GE(verified.at("head").as_int64(), 8);
    tamper("delete from audit.event where tenant_id = '" + globex + "' and seq = 7");
    const auto broken = verify();
    EXPECT_FALSE(broken.at("intact").as_bool());
    EXPECT_EQ(broken.at("breach").at("seq"), 7);
    EXPECT_EQ(broken.at("breach").at("kind"), "gap");
}

TEST_F(RetiredAuditLog, without_the_signed_word_lacks_its_beginning) {
    tamper("delete from audit.retirement where tenant_id = '" + globex + "'");
    const auto broken = verify();
    EXPECT_FALSE(broken.at("intact").as_bool());
    EXPECT_EQ(broken.at("breach").at("seq"), 1);
    EXPECT_EQ(broken.at("breach").at("kind"), "gap");
}

TEST_F(RetiredAuditLog, is_exported_with_the_signed_word_and_verifies_by_it_alone) {
    const std::string text = world_.as(globex_admin).get(own + std::string{"/export?format=ndjson"}).text();
    (void)world_.api().wait_for_log("event=audit.key kid=");
    const Reply published = world_.anonymous().get("/.well-known/audit-keys.json");
    std::vector<crypto::PublicKey> keys = crypto::KeySet::parse(published.text()).value().keys();
    keys.push_back(key_.public_key());
    const crypto::KeySet known(std::move(keys));
    std::istringstream lines(text);
    const audit::Report report = audit::verify_export(lines, std::nullopt, known);
    EXPECT_FALSE(report.breach) << report.to_string();
    EXPECT_EQ(report.retired, 5);
    EXPECT_GE(report.events, 3);
    std::string cut = text;
    const std::size_t word = cut.find(",\"retired\":");
    ASSERT_NE(word, std::string::npos);
    cut.erase(word, cut.find('\n') - 1 - word);
    std::istringstream without(cut);
    EXPECT_TRUE(audit::verify_export(without, std::nullopt, known).breach.has_value());
    EXPECT_THAT(
        world_.as(globex_admin).get(own + std::string{"/export?format=csv"}).text(),
        testing::Not(testing::HasSubstr("2020-01-15"))
    );
}

TEST(AuditLog, an_export_ends_in_front_of_its_own_event) {
    const std::string text = world().as(acme_admin).get(own + std::string{"/export?format=ndjson"}).text();
    const auto event = find(acme_admin, own, "action=audit_log.exported&limit=1").front();
    EXPECT_NE(
        text.find(R"({"type":"end","seq":)" + std::to_string(event.at("seq").as_int64() - 1) + ','),
        std::string::npos
    );
}

TEST(AuditLog, a_client_that_leaves_an_export_leaves_nothing_running) {
    grow_globex();
    for (int i = 0; i < 20; ++i) {
        testkit::RawConnection raw = world().raw();
        raw.send(
            std::string{"GET "} + own +
            "/export?format=ndjson HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
            world().token(globex_admin) + "\r\n\r\n"
        );
        EXPECT_TRUE(raw.receive_some().starts_with("HTTP/1.1 200 OK"));
    }
    auto superuser = world().database().connect_as_superuser();
    std::string busy = "1";
    for (int i = 0; i < 2000 && busy != "0"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
        busy = superuser.value(
            "select count(*) from pg_stat_activity where datname = current_database() and usename = 'pz_app'"
            " and state <> 'idle'"
        );
    }
    EXPECT_EQ(busy, "0");
    EXPECT_EQ(world().as(globex_admin).get(own).status(), 200);
}

TEST(AuditLog, an_export_for_people_is_a_table_that_runs_nothing) {
    const auto all = find_all(acme_admin, own, "limit=100&action=item.created");
    const Reply reply =
        world().as(acme_admin).get(own + std::string{"/export?format=csv&action=item.created"});
    ASSERT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.header("Content-Type"), "text/csv; charset=utf-8");
    EXPECT_TRUE(reply.text().starts_with("\"seq\",\"time\",\"action\",\"outcome\",\"actor\","));
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(reply.text(), '\n')), all.size() + 1);
    EXPECT_TRUE(is_invalid(
        world().as(acme_admin).get(own + std::string{"/export?format=ndjson&action=item.created"}),
        "query.format"
    ));
    EXPECT_TRUE(
        is_invalid(world().as(acme_admin).get(own + std::string{"/export?format=xml"}), "query.format")
    );
}

TEST(AuditLog, verify_looks_at_a_stretch_and_goes_on_where_it_left_off) {
    grow_globex();
    const boost::json::value first =
        world().as(globex_admin).get(own + std::string{"/verify?limit=2000"}).json();
    EXPECT_EQ(first.at("intact"), true) << boost::json::serialize(first);
    EXPECT_EQ(first.at("first"), 1);
    EXPECT_EQ(first.at("last"), 2'000);
    EXPECT_GT(first.at("head").as_int64(), hay);
    EXPECT_TRUE(first.at("next_cursor").is_string());
    const Verified all = verify_all(globex_admin, own, 2'000);
    EXPECT_EQ(all.last.at("intact"), true) << boost::json::serialize(all.last);
    EXPECT_EQ(all.last.at("last"), all.last.at("head"));
    EXPECT_TRUE(all.last.at("breach").is_null());
    EXPECT_GE(all.calls, 4);
    EXPECT_EQ(verify_all(platform_admin, platform, 20'000).last.at("intact"), true);
}

TEST(AuditLog, verify_finds_what_was_changed_behind_everybodys_back) {
    grow_globex();
    const std::string event = "audit.event where tenant_id = '" + globex + "' and seq = 3000";
    const auto breach_of = [](const boost::json::value& answer) {
        return answer.at("breach").is_null() ? std::string{"none"}
                                             : std::string{answer.at("breach").at("kind").as_string()} + ' ' +
                                                   std::to_string(answer.at("breach").at("seq").as_int64());
    };
    const std::string update = std::string{"update audit.event set "};
    const std::string where = " where tenant_id = '" + globex + "' and seq = 3000";
    EXPECT_EQ(
        breach_of(verify_with(
            update + "body = replace(convert_from(body, 'UTF8'), 'hay.made', 'hay.sold')::bytea" + where,
            update + "body = replace(convert_from(body, 'UTF8'), 'hay.sold', 'hay.made')::bytea" + where
        )),
        "edit 3000"
    );
    EXPECT_EQ(
        breach_of(verify_with(update + "action = 'hay.sold'" + where, update + "action = 'hay.made'" + where)
        ),
        "edit 3000"
    );
    EXPECT_EQ(
        breach_of(verify_with(
            "create table public.kept as select * from " + event + "; delete from " + event,
            "insert into audit.event select * from public.kept; drop table public.kept"
        )),
        "gap 3000"
    );
    const std::string head = " where tenant_id = '" + globex + "'";
    EXPECT_THAT(
        breach_of(verify_with(
            "update audit.chain_head set seq = seq + 1" + head,
            "update audit.chain_head set seq = seq - 1" + head
        )),
        testing::StartsWith("truncated ")
    );
    EXPECT_EQ(breach_of(verify_all(globex_admin, own, 2'000).last), "none") << "everything is as it was";
}

}  // namespace

}  // namespace pz::product
