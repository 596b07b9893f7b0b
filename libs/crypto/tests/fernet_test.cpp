#include <pz/crypto/fernet.hpp>

#include "vectors.hpp"

#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::crypto {
namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{std::chrono::sys_days{std::chrono::January / 15 / 2026} + 12h};

FernetRing ring_of(const std::string& keys) {
    auto ring = FernetRing::parse(core::SecretString{keys});
    EXPECT_TRUE(ring.has_value());
    return std::move(ring).value();
}

core::SecretString secret(std::string text) {
    return core::SecretString{std::move(text)};
}

core::Timestamp time_of(const boost::json::value& entry) {
    return core::parse_timestamp(vectors::text(entry, "now")).value();
}

TEST(Fernet, generates_the_token_of_the_specification) {
    PZ_NEED_VECTORS("fernet");
    const auto entries = vectors::read_json(vectors::folder() / "fernet/generate.json");
    for (const auto& entry : entries.as_array()) {
        std::array<std::uint8_t, 16> iv{};
        for (std::size_t i = 0; i < iv.size(); ++i) {
            iv[i] = static_cast<std::uint8_t>(entry.at("iv").at(i).as_int64());
        }
        const FernetRing ring = ring_of(vectors::text(entry, "secret"));
        EXPECT_EQ(
            ring.encrypt_with_iv(secret(vectors::text(entry, "src")), time_of(entry), iv),
            vectors::text(entry, "token")
        );
    }
    vectors::report("fernet generate", {entries.as_array().size()});
}

TEST(Fernet, reads_the_tokens_of_the_specification) {
    PZ_NEED_VECTORS("fernet");
    const auto good = vectors::read_json(vectors::folder() / "fernet/verify.json");
    for (const auto& entry : good.as_array()) {
        const auto plaintext = ring_of(vectors::text(entry, "secret"))
                                   .decrypt(
                                       vectors::text(entry, "token"),
                                       time_of(entry),
                                       std::chrono::seconds{entry.at("ttl_sec").as_int64()}
                                   );
        ASSERT_TRUE(plaintext.has_value());
        EXPECT_EQ(plaintext->reveal(), vectors::text(entry, "src"));
    }
    const auto bad = vectors::read_json(vectors::folder() / "fernet/invalid.json");
    for (const auto& entry : bad.as_array()) {
        const auto plaintext = ring_of(vectors::text(entry, "secret"))
                                   .decrypt(
                                       vectors::text(entry, "token"),
                                       time_of(entry),
                                       std::chrono::seconds{entry.at("ttl_sec").as_int64()}
                                   );
        EXPECT_FALSE(plaintext.has_value()) << entry.at("desc");
    }
    vectors::report("fernet verify", {good.as_array().size()});
    vectors::report("fernet invalid", {bad.as_array().size()});
}

TEST(FernetRing, first_key_encrypts_and_any_key_decrypts) {
    const std::string old_key = FernetRing::generate_key().reveal();
    const std::string new_key = FernetRing::generate_key().reveal();
    const std::string token = ring_of(old_key).encrypt(secret("value"), noon);
    const FernetRing both = ring_of(new_key + ',' + old_key);
    EXPECT_EQ(both.decrypt(token, noon)->reveal(), "value");
    EXPECT_TRUE(both.needs_reencryption(token));
    const std::string renewed = both.encrypt(secret("value"), noon);
    EXPECT_FALSE(both.needs_reencryption(renewed));
    EXPECT_EQ(ring_of(new_key).decrypt(renewed, noon)->reveal(), "value");
    EXPECT_EQ(ring_of(new_key).decrypt(token, noon).error(), FernetError::not_ours);
}

TEST(FernetRing, keeps_texts_of_every_length_around_the_block_size) {
    const FernetRing ring = ring_of(FernetRing::generate_key().reveal());
    for (std::size_t size = 0; size < 66; ++size) {
        const std::string text(size, static_cast<char>(size));
        EXPECT_EQ(ring.decrypt(ring.encrypt(secret(text), noon), noon)->reveal(), text);
    }
    const std::string largest(max_fernet_plaintext, 'x');
    EXPECT_EQ(ring.decrypt(ring.encrypt(secret(largest), noon), noon)->reveal(), largest);
    EXPECT_THROW((void)ring.encrypt(secret(largest + 'x'), noon), std::length_error);
}

TEST(FernetRing, never_makes_the_same_token_twice) {
    const FernetRing ring = ring_of(FernetRing::generate_key().reveal());
    EXPECT_NE(ring.encrypt(secret("value"), noon), ring.encrypt(secret("value"), noon));
}

TEST(FernetRing, refuses_a_token_with_any_byte_changed) {
    const FernetRing ring = ring_of(FernetRing::generate_key().reveal());
    const std::string token = ring.encrypt(secret("value"), noon);
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string changed = token;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(ring.decrypt(changed, noon).has_value()) << at;
    }
    for (const std::string& other :
         {token + "AAAA", token + '=', token.substr(4), token + '\n', std::string{}}) {
        EXPECT_FALSE(ring.decrypt(other, noon).has_value());
    }
    EXPECT_FALSE(ring.decrypt(std::string(200'000, 'A'), noon).has_value());
}

TEST(FernetRing, time_to_live_counts_from_the_tokens_own_time) {
    const FernetRing ring = ring_of(FernetRing::generate_key().reveal());
    const std::string token = ring.encrypt(secret("value"), noon);
    EXPECT_TRUE(ring.decrypt(token, noon + 60s, 60s).has_value());
    EXPECT_EQ(ring.decrypt(token, noon + 61s, 60s).error(), FernetError::expired);
    EXPECT_TRUE(ring.decrypt(token, noon - 60s, 60s).has_value());
    EXPECT_EQ(ring.decrypt(token, noon - 61s, 60s).error(), FernetError::too_new);
    EXPECT_TRUE(ring.decrypt(token, noon + 24h * 365 * 10).has_value());
}

TEST(FernetRing, refuses_rings_that_are_not_rings) {
    const std::string key = FernetRing::generate_key().reveal();
    EXPECT_EQ(key.size(), 44U);
    for (const std::string& text :
         {std::string{},
          std::string{","},
          key + ',',
          ',' + key,
          key + ", " + key,
          key + ',' + key,
          key.substr(0, 43),
          key.substr(4),
          key + "AAAA",
          "*" + key.substr(1)}) {
        const auto ring = FernetRing::parse(core::SecretString{text});
        ASSERT_FALSE(ring.has_value());
        EXPECT_EQ(ring.error(), FernetError::bad_key);
    }
}

}  // namespace
}  // namespace pz::crypto
