#include <pz/crypto/key.hpp>

#include "vectors.hpp"

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace json = boost::json;

namespace pz::crypto {
namespace {

json::object public_jwk() {
    return json::parse(SigningKey::generate().public_key().to_jwk()).as_object();
}

KeyError refusal_of(const json::object& jwk) {
    const auto key = PublicKey::parse(json::serialize(jwk));
    EXPECT_FALSE(key.has_value()) << json::serialize(jwk);
    return key ? KeyError{} : key.error();
}

TEST(SigningKey, generated_key_signs_what_its_public_half_verifies) {
    const SigningKey key = SigningKey::generate();
    const std::string signature = key.sign("message");
    EXPECT_EQ(signature.size(), 64U);
    EXPECT_TRUE(key.public_key().verify("message", signature));
    EXPECT_FALSE(key.public_key().verify("massage", signature));
    EXPECT_FALSE(SigningKey::generate().public_key().verify("message", signature));
    EXPECT_EQ(key.public_key().kid(), key.public_key().thumbprint());
    EXPECT_EQ(key.public_key().algorithm(), Algorithm::es256);
}

TEST(SigningKey, survives_storage) {
    const SigningKey key = SigningKey::generate();
    const auto again = SigningKey::parse(key.to_jwk());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->public_key().to_jwk(), key.public_key().to_jwk());
    EXPECT_TRUE(key.public_key().verify("message", again->sign("message")));
}

TEST(SigningKey, refuses_halves_of_different_keys) {
    auto one = json::parse(SigningKey::generate().to_jwk().reveal()).as_object();
    const auto other = json::parse(SigningKey::generate().to_jwk().reveal()).as_object();
    one["d"] = other.at("d");
    const auto key = SigningKey::parse(core::SecretString{json::serialize(one)});
    ASSERT_FALSE(key.has_value());
    EXPECT_EQ(key.error(), KeyError::invalid);
}

TEST(SigningKey, refuses_rsa_parts_that_do_not_belong_together) {
    PZ_NEED_VECTORS("jose-rfc");
    const auto good = vectors::read_json(vectors::folder() / "jose-rfc/rfc7515_A.2.jwk").as_object();
    ASSERT_TRUE(SigningKey::parse(core::SecretString{json::serialize(good)}).has_value());
    for (const char* member : {"n", "d", "p", "q", "dp", "dq", "qi"}) {
        for (const std::string& value : {std::string{"AQAB"}, std::string(342, 'x'), std::string{"AQ"}}) {
            auto changed = good;
            changed[member] = value;
            const auto key = SigningKey::parse(core::SecretString{json::serialize(changed)});
            // OpenSSL checks and repairs a wrong signature of the short cut with d; what signs must then
            // verify.
            EXPECT_TRUE(!key || key->public_key().verify("message", key->sign("message"))) << member;
        }
    }
}

TEST(SigningKey, refuses_a_public_key) {
    const auto key = SigningKey::parse(core::SecretString{json::serialize(public_jwk())});
    ASSERT_FALSE(key.has_value());
    EXPECT_EQ(key.error(), KeyError::not_private);
}

TEST(PublicKey, form_for_the_jwks_has_public_members_only_and_reads_back) {
    const PublicKey key = SigningKey::generate().public_key();
    const auto jwk = json::parse(key.to_jwk()).as_object();
    std::vector<std::string> names;
    for (const auto& member : jwk) {
        names.emplace_back(member.key());
    }
    EXPECT_EQ(names, (std::vector<std::string>{"crv", "kty", "x", "y", "alg", "use", "kid"}));
    const auto again = PublicKey::parse(key.to_jwk());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->to_jwk(), key.to_jwk());
}

TEST(PublicKey, refuses_what_is_not_a_public_signature_key) {
    const auto with = [](const char* member, const auto& value) {
        auto jwk = public_jwk();
        jwk[member] = value;
        return jwk;
    };
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
        EXPECT_EQ(refusal_of(with(member, "AQAB")), KeyError::not_public) << member;
    }
    EXPECT_EQ(refusal_of(with("kty", "oct")), KeyError::not_public);
    EXPECT_EQ(refusal_of(with("kty", "ec")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("kty", 1)), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("crv", "P-384")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("crv", "secp256k1")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("alg", "HS256")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("alg", "none")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("alg", nullptr)), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("use", "enc")), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("key_ops", json::array{"sign"})), KeyError::unsupported);
    EXPECT_EQ(refusal_of(with("key_ops", "verify")), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("kid", "")), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("kid", std::string(65, 'k'))), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("kid", 7)), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("x", core::base64url_encode(std::string(32, '\1')))), KeyError::invalid);
    EXPECT_EQ(refusal_of(with("x", core::base64url_encode(std::string(31, '\1')))), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("x", core::base64url_encode(std::string(33, '\1')))), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("x", "not base64url")), KeyError::malformed);
    EXPECT_EQ(refusal_of(with("x", "")), KeyError::malformed);
}

TEST(PublicKey, accepts_a_stated_purpose_that_fits) {
    auto jwk = public_jwk();
    jwk["key_ops"] = json::array{"verify"};
    EXPECT_TRUE(PublicKey::parse(json::serialize(jwk)).has_value());
    for (const char* member : {"alg", "use", "key_ops", "kid"}) {
        jwk.erase(member);
    }
    const auto bare = PublicKey::parse(json::serialize(jwk));
    ASSERT_TRUE(bare.has_value());
    EXPECT_EQ(bare->kid(), bare->thumbprint());
}

TEST(PublicKey, refuses_json_that_is_not_one_object) {
    for (const std::string text : {"", "null", "[]", "{}x", "{\"kty\":\"EC\",\"kty\":\"EC\"}", "{"}) {
        EXPECT_FALSE(PublicKey::parse(text).has_value()) << text;
    }
    const auto too_large = PublicKey::parse(std::string(70'000, ' '));
    ASSERT_FALSE(too_large.has_value());
    EXPECT_EQ(too_large.error(), KeyError::too_large);
}

TEST(PublicKey, verifies_from_several_threads_at_once) {
    const SigningKey key = SigningKey::generate();
    const std::string signature = key.sign("message");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([public_key = key.public_key(), signature] {
            for (int round = 0; round < 50; ++round) {
                EXPECT_TRUE(public_key.verify("message", signature));
            }
        });
    }
}

TEST(KeySet, finds_keys_by_kid_and_prints_what_it_reads) {
    const PublicKey one = SigningKey::generate().public_key();
    const PublicKey two = SigningKey::generate().public_key();
    const KeySet set{{one, two}};
    ASSERT_NE(set.find(two.kid()), nullptr);
    EXPECT_EQ(set.find(two.kid())->to_jwk(), two.to_jwk());
    EXPECT_EQ(set.find("../../etc/passwd"), nullptr);
    EXPECT_EQ(set.find(""), nullptr);
    const auto again = KeySet::parse(set.to_json());
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->to_json(), set.to_json());
}

TEST(KeySet, refuses_sets_it_cannot_trust) {
    const auto refusal = [](const std::string& text) {
        const auto set = KeySet::parse(text);
        EXPECT_FALSE(set.has_value()) << text.substr(0, 100);
        return set ? KeyError{} : set.error();
    };
    const std::string good = SigningKey::generate().public_key().to_jwk();
    const std::string secret = SigningKey::generate().to_jwk().reveal();
    const std::string no_kid = good.substr(0, good.find(",\"kid\"")) + '}';
    EXPECT_EQ(refusal(R"({"keys":[)" + good + ',' + good + "]}"), KeyError::ambiguous);
    EXPECT_EQ(refusal(R"({"keys":[)" + no_kid + "]}"), KeyError::ambiguous);
    EXPECT_EQ(refusal(R"({"keys":[)" + good + ',' + secret + "]}"), KeyError::not_public);
    EXPECT_EQ(
        refusal(R"({"keys":[)" + good + R"(,{"kty":"oct","kid":"s","k":"AAAA"}]})"), KeyError::not_public
    );
    EXPECT_EQ(refusal(R"({"keys":[]})"), KeyError::nothing_usable);
    EXPECT_EQ(refusal(R"({"keys":[{"kty":"new","kid":"n"}]})"), KeyError::nothing_usable);
    EXPECT_EQ(refusal(R"({"keys":[1]})"), KeyError::malformed);
    EXPECT_EQ(refusal(R"({"keys":{}})"), KeyError::malformed);
    EXPECT_EQ(refusal(good), KeyError::malformed);
    EXPECT_EQ(refusal("<html></html>"), KeyError::malformed);
    EXPECT_EQ(refusal(""), KeyError::malformed);
    EXPECT_EQ(refusal(std::string(64 * 1024 + 1, ' ')), KeyError::too_large);
    std::string seventeen = R"({"keys":[)";
    for (int i = 0; i < 17; ++i) {
        seventeen += (i == 0 ? "" : ",") + SigningKey::generate().public_key().to_jwk();
    }
    EXPECT_EQ(refusal(seventeen + "]}"), KeyError::too_large);
}

TEST(KeySet, passes_over_keys_of_other_kinds) {
    const PublicKey key = SigningKey::generate().public_key();
    const auto set = KeySet::parse(R"({"keys":[{"kty":"new","kid":"n"},)" + key.to_jwk() + "]}");
    ASSERT_TRUE(set.has_value());
    EXPECT_EQ(set->keys().size(), 1U);
}

/// A group's key; some groups of ECDSA state the point only.
std::string jwk_of(const json::object& group, const char* jwk_member) {
    if (const json::value* jwk = group.if_contains(jwk_member)) {
        return json::serialize(*jwk);
    }
    const std::string point = vectors::from_hex(vectors::text(group.at("publicKey"), "uncompressed"));
    return R"({"kty":"EC","crv":"P-256","x":")" + core::base64url_encode(point.substr(1, 32)) + R"(","y":")" +
           core::base64url_encode(point.substr(33)) + "\"}";
}

/// One raw-signature file of Wycheproof: every valid signature verifies, every invalid one does not. Keys
/// with a public exponent of 3 are refused as weak, whatever they signed.
void check_raw_signatures(const std::string& file_name, const char* jwk_member) {
    const auto file = vectors::read_json(vectors::folder() / "wycheproof" / file_name);
    std::size_t entries = 0;
    std::size_t weak = 0;
    for (const auto& group : file.at("testGroups").as_array()) {
        const auto& tests = group.at("tests").as_array();
        entries += tests.size();
        const auto key = PublicKey::parse(jwk_of(group.as_object(), jwk_member));
        if (!key) {
            weak += static_cast<std::size_t>(std::ranges::count_if(tests, [](const auto& test) {
                return vectors::text(test, "result") == "valid";
            }));
            EXPECT_EQ(key.error(), KeyError::weak) << file_name;
            EXPECT_EQ(vectors::text(group.at("publicKey"), "publicExponent"), "03");
            continue;
        }
        for (const auto& test : tests) {
            const bool good = key->verify(
                vectors::from_hex(vectors::text(test, "msg")), vectors::from_hex(vectors::text(test, "sig"))
            );
            const std::string result = vectors::text(test, "result");
            EXPECT_TRUE(result == "acceptable" || good == (result == "valid"))
                << file_name << ' ' << test.at("tcId") << ' ' << test.at("comment");
        }
    }
    vectors::report("wycheproof " + file_name, {entries, weak});
    EXPECT_EQ(static_cast<std::int64_t>(entries), file.at("numberOfTests").as_int64());
}

TEST(PublicKey, agrees_with_wycheproof_on_raw_signatures) {
    PZ_NEED_VECTORS("wycheproof");
    check_raw_signatures("ecdsa_secp256r1_sha256_p1363_test.json", "publicKeyJwk");
    check_raw_signatures("ed25519_test.json", "publicKeyJwk");
    check_raw_signatures("rsa_signature_2048_sha256_test.json", "keyJwk");
}

TEST(PublicKey, thumbprint_is_that_of_rfc_7638) {
    PZ_NEED_VECTORS("jose-rfc");
    const auto key = PublicKey::parse(vectors::read(vectors::folder() / "jose-rfc/rfc7638_3.1.jwk"));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->thumbprint(), vectors::read(vectors::folder() / "jose-rfc/rfc7638_3.1.thp"));
}

}  // namespace
}  // namespace pz::crypto
