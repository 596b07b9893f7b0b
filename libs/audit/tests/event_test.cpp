#include <pz/audit/event.hpp>

#include <pz/audit/canonical.hpp>
#include <pz/audit/chain.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <string>

namespace pz::audit {

namespace {

using core::Uuid;

constexpr std::string_view acme = "0190aaaa-0000-7000-8000-000000000001";

Uuid uuid(std::string_view text) {
    return *Uuid::parse(text);
}

Event full_event() {
    Event event;
    event.chain = uuid(acme);
    event.id = uuid("0190aaaa-0000-7000-8000-000000000002");
    event.time = *core::parse_timestamp("2026-01-31T08:15:00.000001Z");
    event.action = "item.updated";
    event.outcome = Outcome::refused;
    event.actor = {uuid("0190aaaa-0000-7000-8000-000000000003"), ActorType::person, "support_agent", Uuid{}};
    event.on_behalf_of = uuid("0190aaaa-0000-7000-8000-000000000004");
    event.impersonation = {uuid("0190aaaa-0000-7000-8000-000000000005"), "rw", "Ticket \"12\"\n", "T-12"};
    event.targets = {{"item", "i-1"}, {"project", "p-\xC3\xB6"}};
    event.origin = {
        "req-1", "PATCH /api/v1/items/{id}", 403, 0, "address", "agent", {{"client", "web"}, {"zone", 3}}
    };
    event.before = {{"title", "a"}};
    event.after = {{"title", "b"}, {"status", "done"}};
    return event;
}

TEST(Event, body_is_canonical_json_with_everything_in_it) {
    const std::string body = full_event().open_body().with(42);
    EXPECT_EQ(body, canonical(boost::json::parse(body)));
    EXPECT_EQ(
        boost::json::parse(body), boost::json::parse(R"({"v":1,"id":"0190aaaa-0000-7000-8000-000000000002",
            "chain":"0190aaaa-0000-7000-8000-000000000001","seq":42,"ts":"2026-01-31T08:15:00.000001Z",
            "action":"item.updated","outcome":"refused",
            "actor":{"id":"0190aaaa-0000-7000-8000-000000000003","type":"person","role":"support_agent",
                     "tenant":"00000000-0000-0000-0000-000000000000"},
            "on_behalf_of":{"id":"0190aaaa-0000-7000-8000-000000000004"},
            "imp":{"sid":"0190aaaa-0000-7000-8000-000000000005","mode":"rw","reason":"Ticket \"12\"\n",
                   "ticket":"T-12"},
            "target":[{"type":"item","id":"i-1"},{"type":"project","id":"p-ö"}],
            "ctx":{"req":"req-1","route":"PATCH /api/v1/items/{id}","status":403,"rows":0,"ip_c":"address",
                   "ua_c":"agent","client":"web","zone":3},
            "diff":{"before":{"title":"a"},"after":{"title":"b","status":"done"}}})")
    );
}

TEST(Event, what_is_empty_does_not_appear) {
    Event event;
    event.action = "key.active";
    event.actor.type = ActorType::system;
    const std::string body = event.open_body().with(1);
    EXPECT_EQ(body, canonical(boost::json::parse(body)));
    EXPECT_EQ(
        body,
        R"({"action":"key.active","actor":{"type":"system"},"chain":"platform","ctx":{},)"
        R"("id":"00000000-0000-0000-0000-000000000000","outcome":"success","seq":1,"target":[],)"
        R"("ts":"1970-01-01T00:00:00.000000Z","v":1})"
    );
}

TEST(Event, hash_covers_chain_number_predecessor_and_body) {
    const Uuid chain = uuid(acme);
    const auto hash = event_hash(chain, 1, genesis, "{}");
    EXPECT_EQ(hash, event_hash(chain, 1, genesis, "{}"));
    EXPECT_NE(hash, event_hash(platform_chain, 1, genesis, "{}"));
    EXPECT_NE(hash, event_hash(chain, 2, genesis, "{}"));
    EXPECT_NE(hash, event_hash(chain, 1, hash, "{}"));
    EXPECT_NE(hash, event_hash(chain, 1, genesis, "{ }"));
    // The input, byte for byte: a different implementation must come to the same.
    std::string input = "\x02";
    input.append(reinterpret_cast<const char*>(chain.bytes.data()), 16);
    input += std::string(7, '\0') + '\x01' + std::string(32, '\0');
    const auto body_hash = crypto::sha256("{}");
    input += crypto::bytes_of(body_hash);
    EXPECT_EQ(hash, crypto::sha256(input));
}

TEST(Event, chains_are_named_by_tenant_and_the_nil_one_platform) {
    EXPECT_EQ(chain_name(platform_chain), "platform");
    EXPECT_EQ(chain_name(uuid(acme)), acme);
    EXPECT_EQ(parse_chain("platform"), platform_chain);
    EXPECT_EQ(parse_chain(acme), uuid(acme));
    EXPECT_EQ(parse_chain("acme"), std::nullopt);
}

}  // namespace

}  // namespace pz::audit
