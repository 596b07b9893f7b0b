#include <pz/crypto/jws.hpp>

#include "attack_tokens.hpp"
#include "vectors.hpp"

#include <pz/core/text.hpp>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <set>

namespace json = boost::json;

namespace pz::crypto {
namespace {

bool is_accepted(std::string_view token, const KeySet& keys) {
    const auto jws = parse_compact(token);
    const PublicKey* key = jws ? keys.find(jws->kid) : nullptr;
    return key != nullptr && verify(*jws, *key);
}

bool is_accepted(std::string_view token, const PublicKey& key) {
    const auto jws = parse_compact(token);
    return jws && verify(*jws, key);
}

TEST(Jws, reads_back_what_it_signed) {
    const SigningKey key = SigningKey::generate();
    const std::string token = sign_compact("at+jwt", R"({"a":1})", key);
    const auto jws = parse_compact(token);
    ASSERT_TRUE(jws.has_value());
    EXPECT_EQ(jws->algorithm, Algorithm::es256);
    EXPECT_EQ(jws->typ, "at+jwt");
    EXPECT_EQ(jws->kid, key.public_key().kid());
    EXPECT_EQ(jws->payload, R"({"a":1})");
    EXPECT_TRUE(verify(*jws, key.public_key()));
    EXPECT_FALSE(verify(*jws, SigningKey::generate().public_key()));
}

TEST(Jws, a_key_of_another_algorithm_never_verifies) {
    const SigningKey key = SigningKey::generate();
    auto jws = parse_compact(sign_compact("at+jwt", "{}", key));
    ASSERT_TRUE(jws.has_value());
    jws->algorithm = Algorithm::rs256;
    EXPECT_FALSE(verify(*jws, key.public_key()));
}

TEST(Jws, says_why_it_refuses) {
    const auto error_of = [](std::string_view header) {
        const auto jws = parse_compact(core::base64url_encode(header) + ".e30.AAAA");
        EXPECT_FALSE(jws.has_value()) << header;
        return jws ? JwsError{} : jws.error();
    };
    EXPECT_EQ(error_of(R"({"alg":"none"})"), JwsError::unsupported_algorithm);
    EXPECT_EQ(error_of(R"({"alg":"HS256"})"), JwsError::unsupported_algorithm);
    EXPECT_EQ(error_of(R"({"alg":"ES256","crit":["exp"]})"), JwsError::forbidden_header);
    EXPECT_EQ(error_of(R"({"alg":"ES256","alg":"ES256"})"), JwsError::bad_header);
    EXPECT_EQ(error_of("{}"), JwsError::bad_header);
    EXPECT_EQ(parse_compact("a.b").error(), JwsError::malformed);
    EXPECT_EQ(parse_compact(std::string(max_jws_size + 1, 'A')).error(), JwsError::too_large);
}

TEST(Jws, accepts_a_token_of_exactly_the_largest_size) {
    const SigningKey key = SigningKey::generate();
    const std::size_t rest = sign_compact("at+jwt", "", key).size();
    const std::string token = sign_compact("at+jwt", std::string((max_jws_size - rest) / 4 * 3, 'x'), key);
    EXPECT_GT(token.size(), max_jws_size - 4);
    EXPECT_TRUE(is_accepted(token, key.public_key()));
}

TEST(Jws, refuses_every_token_of_the_attack_matrix) {
    const SigningKey key = SigningKey::generate();
    const attack::Matrix matrix{key, R"({"sub":"somebody"})"};
    const KeySet keys{{key.public_key()}};
    ASSERT_TRUE(is_accepted(matrix.good(), keys));
    for (const auto& token : matrix.tokens()) {
        EXPECT_FALSE(is_accepted(token.text, keys)) << token.name;
    }
    EXPECT_GE(matrix.tokens().size(), 100U);
    std::cout << "[ VECTORS  ] attack matrix: " << matrix.tokens().size() << " tokens refused\n";
}

TEST(Jws, agrees_with_wycheproof) {
    PZ_NEED_VECTORS("wycheproof");
    const auto file = vectors::read_json(vectors::folder() / "wycheproof/json_web_signature_test.json");
    std::size_t entries = 0;
    std::size_t unsupported = 0;
    std::size_t accepted = 0;
    for (const auto& group : file.at("testGroups").as_array()) {
        const auto& object = group.as_object();
        const auto* jwk = object.contains("public") ? &object.at("public") : &object.at("private");
        const auto key = PublicKey::parse(json::serialize(*jwk));
        for (const auto& test : group.at("tests").as_array()) {
            ++entries;
            const auto& jws = test.at("jws");
            const std::string token = jws.is_string() ? std::string{jws.as_string()} : json::serialize(jws);
            const auto parsed = parse_compact(token);
            const bool supported = key && parsed;
            const bool good = key && is_accepted(token, *key);
            const bool valid = test.at("result").as_string() == "valid";
            unsupported += valid && !supported ? 1U : 0U;
            accepted += good ? 1U : 0U;
            EXPECT_EQ(good, valid && supported) << test.at("tcId") << ' ' << test.at("comment");
            // What we do not support is another algorithm, never a form of ours.
            if (valid && !supported) {
                const auto& algorithm = jwk->at("alg").as_string();
                EXPECT_TRUE(algorithm != "ES256" && algorithm != "RS256" && algorithm != "EdDSA")
                    << test.at("tcId");
            }
        }
    }
    vectors::report("wycheproof json_web_signature_test.json", {entries, unsupported});
    EXPECT_GE(accepted, 1U);
    EXPECT_EQ(static_cast<std::int64_t>(entries), file.at("numberOfTests").as_int64());
}

TEST(KeySet, agrees_with_wycheproof) {
    PZ_NEED_VECTORS("wycheproof");
    const auto file = vectors::read_json(vectors::folder() / "wycheproof/json_web_key_test.json");
    std::size_t entries = 0;
    std::size_t accepted = 0;
    for (const auto& group : file.at("testGroups").as_array()) {
        const auto& object = group.as_object();
        const bool has_public = object.contains("public");
        const auto keys =
            KeySet::parse(json::serialize(has_public ? object.at("public") : object.at("private")));
        for (const auto& test : group.at("tests").as_array()) {
            ++entries;
            const bool good = keys && is_accepted(vectors::text(test, "jws"), *keys);
            accepted += good ? 1U : 0U;
            const bool valid = vectors::text(test, "result") == "valid";
            EXPECT_EQ(good, valid && has_public)
                << group.at("comment");  // no public part: symmetric, so refused
        }
    }
    vectors::report("wycheproof json_web_key_test.json", {entries});
    EXPECT_GE(accepted, 1U);
    EXPECT_EQ(static_cast<std::int64_t>(entries), file.at("numberOfTests").as_int64());
}

/// A key file of an RFC, which usually holds the private half.
std::optional<SigningKey> signing_key(const std::string& text) {
    auto key = SigningKey::parse(core::SecretString{text});
    return key ? std::optional{std::move(*key)} : std::nullopt;
}

TEST(Jws, agrees_with_the_examples_of_the_rfcs) {
    PZ_NEED_VECTORS("jose-rfc");
    const std::set<std::string> verified_names{
        "rfc7515_A.2", "rfc7515_A.3", "rfc7520_4.1"
    };  // RS256, ES256, RS256
    const std::set<std::string> usable_keys{
        "rfc7515_A.2",
        "rfc7515_A.3",
        "rfc7520_3.3",
        "rfc7520_3.4",
        "rfc7520_4.1",
        "rfc7520_4.8.1",
        "rfc7638_3.1"
    };
    std::size_t entries = 0;
    for (const auto& item : std::filesystem::directory_iterator{vectors::folder() / "jose-rfc"}) {
        const std::string name = item.path().stem();
        const std::string kind = item.path().extension();
        const std::string content = vectors::read(item.path());
        ++entries;
        if (kind == ".jwsc") {
            const auto key_file = std::filesystem::path{item.path()}.replace_extension(".jwk");
            const auto key = signing_key(vectors::read(key_file));
            const bool good = key && is_accepted(content, key->public_key());
            EXPECT_EQ(good, verified_names.contains(name)) << name;
            if (good && key->public_key().algorithm() == Algorithm::rs256) {
                const auto jws = parse_compact(content);
                EXPECT_EQ(key->sign(jws->signing_input), jws->signature) << name;
            }
        } else if (kind == ".jwsf" || kind == ".jwsg" || kind == ".payl") {
            EXPECT_FALSE(parse_compact(content).has_value()) << "only the compact form is ours: " << name;
        } else if (kind == ".jwk") {
            EXPECT_EQ(signing_key(content) || PublicKey::parse(content), usable_keys.contains(name)) << name;
        } else if (kind == ".jwkset") {
            const auto keys = KeySet::parse(content);
            EXPECT_EQ(keys.has_value(), name == "rfc7517_A.1") << name;  // the other two hold private keys
        } else {
            EXPECT_TRUE(kind == ".thp" || kind == ".md") << item.path();
        }
    }
    vectors::report("jose-rfc", {entries});
}

TEST(Jws, agrees_with_the_cookbook) {
    PZ_NEED_VECTORS("jose-cookbook");
    std::size_t entries = 0;
    std::size_t verified = 0;
    for (const auto& item :
         std::filesystem::recursive_directory_iterator{vectors::folder() / "jose-cookbook"}) {
        if (item.path().extension() != ".json") {
            continue;
        }
        ++entries;
        const auto example = vectors::read_json(item.path()).as_object();
        if (!example.contains("input")) {
            const std::string text = json::serialize(example);
            const bool rsa = example.at("kty").as_string() == "RSA";  // the others are P-521 and symmetric
            EXPECT_EQ(signing_key(text).has_value(), rsa && example.contains("d")) << item.path();
            EXPECT_EQ(PublicKey::parse(text).has_value(), rsa && !example.contains("d")) << item.path();
            continue;
        }
        const auto* compact = example.at("output").as_object().if_contains("compact");
        if (compact == nullptr) {
            EXPECT_FALSE(parse_compact(json::serialize(example.at("output").at("json"))).has_value())
                << item.path();
            continue;
        }
        const auto key = signing_key(json::serialize(example.at("input").at("key")));
        const std::string token{compact->as_string()};
        const bool ours = example.at("input").at("alg").as_string() == "RS256";
        EXPECT_EQ(key && is_accepted(token, key->public_key()), ours) << item.path();
        if (ours && key) {
            ++verified;
            const auto jws = parse_compact(token);
            EXPECT_EQ(key->sign(jws->signing_input), jws->signature) << "RS256 is deterministic";
        }
    }
    EXPECT_EQ(verified, 1U);
    vectors::report("jose-cookbook", {entries});
}

}  // namespace
}  // namespace pz::crypto
