#include "answers.hpp"

#include <boost/json/array.hpp>

namespace pz::identity {

namespace {

using testkit::world;

constexpr const char* path = "/.well-known/jwks.json";

TEST(Jwks, shows_public_keys_and_nothing_private) {
    const Reply reply = identity().get(path);
    ASSERT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.header("Content-Type"), "application/json");
    EXPECT_EQ(members_of(reply.json().as_object()), std::vector<std::string>{"keys"});
    const auto document = reply.json();
    const auto& keys = document.at("keys").as_array();
    ASSERT_EQ(keys.size(), 2U) << "the one that signs, and the one that stands by";
    for (const auto& key : keys) {
        EXPECT_EQ(
            members_of(key.as_object()),
            (std::vector<std::string>{"crv", "kty", "x", "y", "alg", "use", "kid"})
        );
        EXPECT_EQ(key.at("kty").as_string(), "EC");
        EXPECT_EQ(key.at("alg").as_string(), "ES256");
        EXPECT_EQ(key.at("use").as_string(), "sig");
    }
    const auto kid = decode_part(world().token(acme_user), 0).at("kid");
    EXPECT_TRUE(kid == keys.at(0).at("kid") || kid == keys.at(1).at("kid"));
}

TEST(Jwks, may_be_cached_and_read_from_anywhere) {
    const Reply reply = identity().get(path);
    EXPECT_EQ(reply.header("Cache-Control"), "public, max-age=300, stale-if-error=86400");
    EXPECT_EQ(reply.header("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(reply.header("X-Request-Id").empty());
    EXPECT_EQ(reply.header("Set-Cookie"), "");
}

TEST(Jwks, answers_304_to_who_has_it) {
    const std::string etag = identity().get(path).header("ETag");
    ASSERT_TRUE(etag.starts_with('"') && etag.ends_with('"')) << etag;
    const Reply unchanged = identity().with("If-None-Match", etag).get(path);
    EXPECT_EQ(unchanged.status(), 304);
    EXPECT_TRUE(unchanged.text().empty());
    EXPECT_EQ(unchanged.header("ETag"), etag);
    EXPECT_EQ(unchanged.header("Cache-Control"), "public, max-age=300, stale-if-error=86400");
    for (const std::string& known : {"\"x\", " + etag, "W/" + etag, std::string{"*"}}) {
        EXPECT_EQ(identity().with("If-None-Match", known).get(path).status(), 304) << known;
    }
    EXPECT_EQ(identity().with("If-None-Match", "\"x\"").get(path).status(), 200);
    const Reply head = identity().send("HEAD", path);
    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.header("ETag"), etag);
    EXPECT_TRUE(head.text().empty());
}

TEST(Jwks, keeps_its_private_half_encrypted_at_rest) {
    const std::string stored =
        world()
            .database()
            .connect("pz_identity")
            .value("select private_key_encrypted from identity.signing_key where state = 'active'");
    EXPECT_TRUE(stored.starts_with("gAAAAA")) << "a Fernet token";
}

TEST(Metadata, says_what_there_is_and_nothing_that_there_is_not) {
    const std::string issuer = world().identity().origin();
    const Reply reply = identity().get("/.well-known/oauth-authorization-server");
    ASSERT_EQ(reply.status(), 200);
    EXPECT_EQ(reply.field("issuer"), issuer);
    EXPECT_EQ(reply.field("token_endpoint"), issuer + "/token");
    EXPECT_EQ(reply.field("jwks_uri"), issuer + path);
    const auto document = reply.json();
    EXPECT_EQ(document.at("response_types_supported"), boost::json::array{"code"});
    EXPECT_EQ(document.at("code_challenge_methods_supported"), boost::json::array{"S256"});
    EXPECT_TRUE(document.at("authorization_response_iss_parameter_supported").as_bool());
    for (const auto& grant : document.at("grant_types_supported").as_array()) {
        EXPECT_FALSE(is_oauth_error(
            identity().post_form("/token", {{"grant_type", std::string{grant.as_string()}}}),
            400,
            "unsupported_grant_type"
        )) << grant;
    }
    for (const auto& member : document.as_object()) {
        if (member.key().ends_with("_endpoint")) {
            const std::string address{member.value().as_string()};
            ASSERT_TRUE(address.starts_with(issuer)) << address;
            EXPECT_NE(identity().get(address.substr(issuer.size())).status(), 404) << address;
        }
    }
    EXPECT_EQ(identity().get("/.well-known/openid-configuration").text(), reply.text());
}

TEST(Metadata, leads_to_the_keys_that_sign) {
    const std::string address = identity().get("/.well-known/openid-configuration").field("jwks_uri");
    ASSERT_TRUE(address.starts_with(world().identity().origin()));
    EXPECT_EQ(identity().get(address.substr(world().identity().origin().size())).status(), 200);
}

}  // namespace

}  // namespace pz::identity
