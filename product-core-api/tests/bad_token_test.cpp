// Tokens that must not be believed, against the running service. The world's encryption key is the test's
// own, so the test can sign with the key that the service trusts: what is refused here is refused for what it
// says, not for a bad signature. REQUIRE_AUTH=false makes it harder: none of these may end up as an anonymous
// request either.

#include "answers.hpp"
#include "attack_tokens.hpp"

#include <pz/auth/claims.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <functional>
#include <iostream>
#include <memory>

namespace pz::product {

namespace {

using boost::json::object;

/// A world with REQUIRE_AUTH as given, whose signing key the test has.
struct OpenBook {
    explicit OpenBook(const std::string& require_auth) {
        const core::SecretString ring_key = crypto::FernetRing::generate_key();
        world = std::make_unique<World>(testkit::WorldOptions{
            .api_environment = {"REQUIRE_AUTH=" + require_auth},
            .identity_environment = {"PZ_ENCRYPTION_KEYS=" + ring_key.reveal()},
        });
        const std::string encrypted =
            world->database()
                .connect("pz_identity")
                .value("select private_key_encrypted from identity.signing_key where state = 'active'");
        const auto ring = crypto::FernetRing::parse(ring_key);
        key = crypto::SigningKey::parse(ring->decrypt(encrypted, core::SystemClock{}.now()).value()).value();
        const std::string token = world->token(acme_user);
        const std::size_t first = token.find('.');
        payload = core::base64url_decode(token.substr(first + 1, token.rfind('.') - first - 1)).value();
    }

    [[nodiscard]] std::string sign(std::string_view claims, std::string_view typ = auth::access_token_type)
        const {
        return crypto::sign_compact(typ, claims, *key);
    }

    [[nodiscard]] std::string sign_changed(const std::function<void(object&)>& change) const {
        object claims = boost::json::parse(payload).as_object();
        change(claims);
        return sign(boost::json::serialize(claims));
    }

    Reply get(std::string_view token) const { return world->with_token(token).get("/api/v1/items?limit=1"); }

    std::unique_ptr<World> world;
    std::optional<crypto::SigningKey> key;
    std::string payload;  ///< of a good token of acme_user
};

struct BadClaims {
    std::string name;
    std::function<void(object&)> change;
};

std::vector<BadClaims> bad_claims() {
    const std::int64_t now = core::unix_seconds(core::SystemClock{}.now());
    std::vector<BadClaims> all;
    const auto set = [&](const char* claim, const auto& given) {
        const auto value = boost::json::value_from(given);
        all.push_back(
            {std::string{claim} + " = " + boost::json::serialize(value),
             [claim, value](object& claims) { claims[claim] = value; }}
        );
    };
    for (const char* claim :
         {"iss", "aud", "sub", "jti", "iat", "exp", "tenant_id", "role", "sid", "tv", "pv"}) {
        all.push_back({std::string{"without "} + claim, [claim](object& claims) { claims.erase(claim); }});
        set(claim, nullptr);
        set(claim, object{});
    }
    set("iss", "http://localhost:9999");
    set("aud", "another-api");
    set("aud", boost::json::array{});
    set("aud", boost::json::array{"another-api"});
    set("sub", "00000000-0000-0000-0000-000000000000");
    set("sub", acme_admin.person);
    set("sub", unknown_id());
    set("tenant_id", testkit::globex);
    set("tenant_id", testkit::numbersence);
    set("tenant_id", boost::json::array{testkit::acme});
    set("sid", unknown_id());
    set("sid", "00000000-0000-0000-0000-000000000000");
    set("jti", "00000000-0000-0000-0000-000000000000");
    set("jti", "not a uuid");
    set("sub", 7);
    set("sub", "admin@acme.example");
    set("sub", std::string(36, '0'));
    set("tenant_id", "00000000-0000-0000-0000-000000000000");
    set("tenant_id", "");
    set("tenant_id", "null");
    set("sid", true);
    set("role", "Standard");
    set("role", boost::json::array{"standard"});
    set("roles", boost::json::array{});
    set("roles", "standard");
    set("roles", boost::json::array{"admin"});
    set("roles", boost::json::array{"standard", "standard"});
    set("iss", boost::json::array{"http://localhost:8001"});
    set("aud", boost::json::array{"another-api", 1});
    set("aud", object{{"product-core-api", true}});
    set("aud", "product-core-api ");
    set("aud", "PRODUCT-CORE-API");
    set("tv", -1);
    set("pv", 0);
    set("tv", 4'294'967'297);
    set("pv", true);
    set("exp", 1e300);
    set("exp", -1);
    set("iat", "now");
    set("nbf", "0");
    set("exp", static_cast<double>(now) + 60.5);
    set("role", "owner");
    set("role", "platform_admin");
    set("role", "support_agent");
    set("roles", boost::json::array{"standard", "admin"});
    set("tv", 0);
    set("tv", 2);
    set("pv", 2);
    set("tv", "1");
    set("pv", 1.5);
    set("exp", now - 60);
    set("exp", now + 16 * 60);
    set("exp", 253'402'300'799);
    set("exp", "9999999999");
    set("iat", now + 60);
    set("nbf", now + 60);
    const auto actor = [](const object& claims) {
        return object{{"iss", claims.at("iss")}, {"sub", support_agent.person}, {"role", "support_agent"}};
    };
    all.push_back({"act without imp", [actor](object& claims) { claims["act"] = actor(claims); }});
    all.push_back({"imp without act", [](object& claims) {
                       claims["imp"] =
                           object{{"sid", unknown_id()}, {"mode", "rw"}, {"approved_by", nullptr}};
                   }});
    all.push_back({"act within act", [actor](object& claims) {
                       claims["imp"] =
                           object{{"sid", unknown_id()}, {"mode", "ro"}, {"approved_by", nullptr}};
                       object outer = actor(claims);
                       outer["act"] = actor(claims);
                       claims["act"] = std::move(outer);
                   }});
    all.push_back({"act of an ordinary person", [](object& claims) {
                       claims["imp"] =
                           object{{"sid", unknown_id()}, {"mode", "ro"}, {"approved_by", nullptr}};
                       claims["act"] = object{
                           {"iss", claims.at("iss")}, {"sub", globex_user.person}, {"role", "standard"}
                       };
                   }});
    all.push_back({"act is a text", [](object& claims) { claims["act"] = "support_agent"; }});
    all.push_back({"issued after it expires", [now](object& claims) {
                       claims["iat"] = now + 20;
                       claims["nbf"] = now + 20;
                       claims["exp"] = now + 10;
                   }});
    all.push_back({"issued and expired long ago", [now](object& claims) {
                       claims["iat"] = now - 7'200;
                       claims["nbf"] = now - 7'200;
                       claims["exp"] = now - 7'200 + 900;
                   }});
    all.push_back({"issued long ago and still running", [now](object& claims) {
                       claims["iat"] = now - 86'400;
                       claims["nbf"] = now - 86'400;
                       claims["exp"] = now + 600;
                   }});
    return all;
}

class BadToken : public testing::TestWithParam<const char*> {};

TEST_P(BadToken, is_refused_and_never_the_public_tenant) {
    testkit::test_cluster();  // ends after the world
    const OpenBook book{GetParam()};
    ASSERT_EQ(book.get(book.sign(book.payload)).status(), 200) << "the test's own signature is good";

    const crypto::attack::Matrix attacks{*book.key, book.payload};
    EXPECT_GE(attacks.tokens().size(), 100U);
    std::size_t sent = 0;
    for (const auto& [name, token] : attacks.tokens()) {
        // What cannot travel in a header, or is not the same behind it, is the unit tests' business.
        if (token.size() > 12'000 ||
            token.find_first_of(std::string_view{"\r\n\0\v\t", 5}) != std::string::npos ||
            token.starts_with(' ') || token.ends_with(' ') || token.starts_with("Bearer")) {
            continue;
        }
        ++sent;
        EXPECT_TRUE(is_problem(book.get(token), 401, "invalid_token")) << name;
    }
    EXPECT_GE(sent, 100U);

    for (const auto& [name, change] : bad_claims()) {
        ++sent;
        const Reply reply = book.get(book.sign_changed(change));
        EXPECT_EQ(reply.status(), 401) << name << ": " << reply.text();
    }
    std::cout << "[ VECTORS  ] access tokens over HTTP: " << sent << " sent, each must be refused\n";
    for (const char* typ : {"JWT", "at+JWT ", "", "id+jwt", "logout+jwt"}) {
        EXPECT_TRUE(is_problem(book.get(book.sign(book.payload, typ)), 401, "invalid_token")) << typ;
    }
    EXPECT_TRUE(
        is_problem(book.get(book.sign(R"({"sub":"x",)" + book.payload.substr(1))), 401, "invalid_token")
    ) << "a claim that appears twice";
    EXPECT_TRUE(is_problem(book.get(book.sign("[]")), 401, "invalid_token"));

    const Reply expired = book.get(book.sign_changed([](object& claims) {
        const std::int64_t now = core::unix_seconds(core::SystemClock{}.now());
        claims["iat"] = now - 600;
        claims["nbf"] = now - 600;
        claims["exp"] = now - 31;
    }));
    EXPECT_TRUE(is_problem(expired, 401, "token_expired"));

    const Reply unknown_tenant =
        book.get(book.sign_changed([](object& claims) { claims["tenant_id"] = unknown_id(); }));
    EXPECT_TRUE(is_problem(unknown_tenant, 403, "tenant_suspended"));

    // Impersonation needs a live impersonation session; a token that only claims one is dead.
    const Reply impersonating = book.get(book.sign_changed([](object& claims) {
        claims["imp"] = object{{"sid", unknown_id()}, {"mode", "ro"}, {"approved_by", nullptr}};
        claims["act"] =
            object{{"iss", claims.at("iss")}, {"sub", support_agent.person}, {"role", "support_agent"}};
    }));
    EXPECT_TRUE(is_problem(impersonating, 401, "impersonation_ended"));
}

INSTANTIATE_TEST_SUITE_P(WithRequireAuth, BadToken, testing::Values("true", "false"), [](const auto& name) {
    return std::string{name.param};
});

}  // namespace

}  // namespace pz::product
