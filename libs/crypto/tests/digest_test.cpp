#include <pz/crypto/digest.hpp>

#include "vectors.hpp"

#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::crypto {
namespace {

TEST(Digest, sha256_gives_the_published_value_of_abc) {
    EXPECT_EQ(
        bytes_of(sha256("abc")),
        vectors::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
}

TEST(Digest, sha256_gives_the_challenges_of_the_rfcs) {
    PZ_NEED_VECTORS("rfc-constants");
    const auto constants = vectors::read_json(vectors::folder() / "rfc-constants/constants.json");
    const auto& pairs = constants.at("pkce_s256").as_array();
    for (const auto& pair : pairs) {
        EXPECT_EQ(
            core::base64url_encode(bytes_of(sha256(vectors::text(pair, "verifier")))),
            vectors::text(pair, "challenge")
        );
    }
    const Sha256Digest empty = sha256("");
    EXPECT_EQ(bytes_of(empty), vectors::from_hex(vectors::text(constants, "merkle_empty_root_hex")));
    vectors::report("rfc-constants, SHA-256", {pairs.size() + 1});
}

TEST(Digest, hmac_gives_the_values_of_the_rfcs) {
    PZ_NEED_VECTORS("rfc-constants");
    const auto constants = vectors::read_json(vectors::folder() / "rfc-constants/constants.json");
    const auto& entries = constants.at("hmac_sha256").as_array();
    for (const auto& entry : entries) {
        const Sha256Digest mac = hmac_sha256(
            vectors::from_hex(vectors::text(entry, "key_hex")),
            vectors::from_hex(vectors::text(entry, "data_hex"))
        );
        EXPECT_EQ(bytes_of(mac), vectors::from_hex(vectors::text(entry, "mac_hex")));
    }
    vectors::report("rfc-constants, HMAC", {entries.size()});
}

TEST(Digest, hmac_agrees_with_wycheproof) {
    PZ_NEED_VECTORS("wycheproof");
    const auto file = vectors::read_json(vectors::folder() / "wycheproof/hmac_sha256_test.json");
    std::size_t entries = 0;
    for (const auto& group : file.at("testGroups").as_array()) {
        const auto tag_bytes = static_cast<std::size_t>(group.at("tagSize").as_int64()) / 8;
        for (const auto& test : group.at("tests").as_array()) {
            const Sha256Digest mac = hmac_sha256(
                vectors::from_hex(vectors::text(test, "key")), vectors::from_hex(vectors::text(test, "msg"))
            );
            const bool equal = equal_in_constant_time(
                bytes_of(mac).substr(0, tag_bytes), vectors::from_hex(vectors::text(test, "tag"))
            );
            EXPECT_EQ(equal, vectors::text(test, "result") == "valid") << test.at("tcId");
            ++entries;
        }
    }
    vectors::report("wycheproof hmac_sha256_test.json", {entries});
    EXPECT_EQ(static_cast<std::int64_t>(entries), file.at("numberOfTests").as_int64());
}

TEST(Digest, comparison_tells_length_and_content_apart) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
    EXPECT_FALSE(equal_in_constant_time("", "x"));
}

}  // namespace
}  // namespace pz::crypto
