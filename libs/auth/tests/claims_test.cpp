#include <pz/auth/claims.hpp>

#include "sample_claims.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace json = boost::json;

namespace pz::auth {
namespace {

json::object payload() {
    return json::parse(to_payload(samples::admin_claims())).as_object();
}

json::object impersonation_payload() {
    return json::parse(to_payload(samples::impersonation_claims())).as_object();
}

bool is_readable(const json::object& object) {
    return parse_claims(json::serialize(object)).has_value();
}

TEST(AccessClaims, payload_is_the_documented_one) {
    EXPECT_EQ(
        to_payload(samples::admin_claims()),
        R"({"iss":"http://localhost:8001","aud":["product-core-api"],"client_id":"phasezero-web",)"
        R"("sub":"01000000-0000-0000-0000-000000000001","jti":"01000000-0000-0000-0000-000000000002",)"
        R"("iat":1768478400,"nbf":1768478400,"exp":1768479300,"auth_time":1768478340,"amr":["pwd"],)"
        R"("tenant_id":"01000000-0000-0000-0000-000000000003","role":"admin","roles":["admin"],)"
        R"("sid":"01000000-0000-0000-0000-000000000004","tv":3,"pv":1,"scope":"api"})"
    );
}

TEST(AccessClaims, actor_comes_last_and_carries_the_issuer) {
    EXPECT_TRUE(
        to_payload(samples::impersonation_claims())
            .ends_with(
                R"("imp":{"sid":"01000000-0000-0000-0000-000000000006","mode":"ro","approved_by":null},)"
                R"("act":{"iss":"http://localhost:8001","sub":"01000000-0000-0000-0000-000000000005",)"
                R"("role":"support_agent"}})"
            )
    );
}

TEST(AccessClaims, read_back_what_was_written) {
    for (auto claims : {samples::admin_claims(), samples::impersonation_claims()}) {
        if (claims.impersonation) {
            claims.impersonation->mode = ImpersonationMode::rw;
            claims.impersonation->approved_by = samples::id(7);
        }
        const auto again = parse_claims(to_payload(claims));
        ASSERT_TRUE(again.has_value());
        EXPECT_EQ(to_payload(*again), to_payload(claims));
    }
}

TEST(AccessClaims, each_claim_is_required_except_four) {
    for (const auto& member : payload()) {
        auto changed = payload();
        changed.erase(member.key());
        const bool optional = member.key() == "roles" || member.key() == "scope";
        EXPECT_EQ(is_readable(changed), optional) << member.key();
    }
}

TEST(AccessClaims, each_claim_has_one_type) {
    for (const auto& member : impersonation_payload()) {
        for (const json::value& wrong :
             {json::value(nullptr),
              json::value(true),
              json::value(-1),
              json::value(1.5),
              json::value("x"),
              json::value(""),
              json::value("1768478400"),
              json::value(json::array{}),
              json::value(json::array{1}),
              json::value(json::array{""}),
              json::value(json::object{}),
              json::value(std::string(300, 'x'))}) {
            const bool fits = wrong == "x" || wrong == "1768478400";
            const bool free_text =
                member.key() == "aud" || member.key() == "client_id" || member.key() == "scope";
            const bool empty_list = member.key() == "amr" && wrong == json::array{};
            if ((free_text && fits) || empty_list) {
                continue;
            }
            auto changed = impersonation_payload();
            changed[member.key()] = wrong;
            EXPECT_FALSE(is_readable(changed)) << member.key() << " = " << json::serialize(wrong);
        }
    }
}

TEST(AccessClaims, audience_may_stand_alone) {
    auto changed = payload();
    changed["aud"] = "product-core-api";
    const auto claims = parse_claims(json::serialize(changed));
    ASSERT_TRUE(claims.has_value());
    EXPECT_EQ(claims->audience, std::vector<std::string>{"product-core-api"});
}

TEST(AccessClaims, unknown_claims_are_passed_over) {
    auto changed = payload();
    changed["new"] = json::object{{"a", 1}};
    EXPECT_TRUE(is_readable(changed));
}

TEST(AccessClaims, contradictions_are_refused) {
    const auto refuses = [](json::object object, std::string_view member, const auto& value) {
        object[member] = value;
        return !is_readable(object);
    };
    const std::string nil = core::Uuid{}.to_string();
    EXPECT_TRUE(refuses(payload(), "roles", json::array{"standard"}));
    EXPECT_TRUE(refuses(payload(), "roles", json::array{"admin", "platform_admin"}));
    EXPECT_TRUE(refuses(payload(), "role", "platform_admin"));
    EXPECT_TRUE(refuses(payload(), "role", "owner"));
    EXPECT_TRUE(refuses(payload(), "role", "Admin"));
    EXPECT_TRUE(refuses(payload(), "tenant_id", nil))
        << "nobody but platform staff lives in the public tenant";
    EXPECT_TRUE(refuses(payload(), "sub", nil));
    EXPECT_TRUE(refuses(payload(), "jti", nil));
    EXPECT_TRUE(refuses(payload(), "sid", nil));
    EXPECT_TRUE(refuses(payload(), "sub", "{01000000-0000-0000-0000-000000000001}"));
    EXPECT_TRUE(refuses(payload(), "act", impersonation_payload().at("act")));
    EXPECT_TRUE(refuses(payload(), "imp", impersonation_payload().at("imp")));
    EXPECT_TRUE(refuses(payload(), "tv", 2'147'483'648));
    EXPECT_TRUE(refuses(payload(), "exp", 999'999'999'999));
}

TEST(AccessClaims, platform_staff_live_in_the_public_tenant) {
    AccessClaims claims = samples::admin_claims();
    claims.role = Role::platform_admin;
    claims.tenant = core::public_tenant;
    EXPECT_TRUE(parse_claims(to_payload(claims)).has_value());
    claims.tenant = samples::id(3);
    EXPECT_FALSE(parse_claims(to_payload(claims)).has_value());
}

TEST(AccessClaims, impersonation_is_refused_when_it_reaches_too_far) {
    AccessClaims claims = samples::impersonation_claims();
    EXPECT_TRUE(parse_claims(to_payload(claims)).has_value());
    claims.actor->role = Role::admin;
    EXPECT_FALSE(parse_claims(to_payload(claims)).has_value()) << "an agent is platform staff";

    claims = samples::impersonation_claims();
    claims.role = Role::platform_admin;
    claims.tenant = core::public_tenant;
    EXPECT_FALSE(parse_claims(to_payload(claims)).has_value()) << "platform staff is never impersonated";

    const auto act_with = [](const char* member, const auto& value) {
        auto object = impersonation_payload();
        object.at("act").as_object()[member] = value;
        return is_readable(object);
    };
    EXPECT_FALSE(act_with("act", json::object{{"role", "support_agent"}}));
    EXPECT_FALSE(act_with("iss", "http://elsewhere"));
    EXPECT_FALSE(act_with("sub", core::Uuid{}.to_string()));
}

TEST(AccessClaims, payload_must_be_one_strict_json_object) {
    const std::string good = to_payload(samples::admin_claims());
    for (const std::string& text :
         {std::string{},
          std::string{"null"},
          std::string{"[]"},
          '[' + good + ']',
          good + good,
          good + 'x',
          good.substr(0, good.size() - 1) + R"(,"role":"standard"})",
          good.substr(0, good.size() - 1) + ",\"x\":\"\xff\"}",
          good.substr(0, good.size() - 1) + R"(,"x":NaN})"}) {
        EXPECT_FALSE(parse_claims(text).has_value()) << text.substr(0, 40);
    }
}

TEST(Principal, nobody_is_anonymous_in_the_public_tenant) {
    const auto nobody = Principal::nobody();
    EXPECT_TRUE(nobody->anonymous);
    EXPECT_EQ(nobody->tenant, core::public_tenant);
    EXPECT_EQ(nobody->role, Role::standard);
    EXPECT_TRUE(nobody->person.is_nil());
    EXPECT_TRUE(nobody->session.is_nil());
}

}  // namespace
}  // namespace pz::auth
