#include "sessions/refresh_token.hpp"

#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::identity::sessions {

namespace {

const core::Uuid session = core::Uuid::parse("0197c0de-0000-7000-8000-000000000001").value();
const std::vector<std::uint8_t> nonce(16, 7);

RefreshTokenCodec codec(const std::vector<std::string>& keys) {
    std::vector<core::SecretString> ring;
    for (const std::string& key : keys) {
        ring.emplace_back(key);
    }
    return RefreshTokenCodec{ring};
}

TEST(RefreshTokenCodec, reads_what_it_made) {
    const RefreshTokenCodec one = codec({"a"});
    for (const std::int32_t counter : {0, 1, 255, 256, 0x7FFF'FFFF}) {
        const auto token = RefreshTokenCodec::parse(one.make(session, nonce, counter));
        ASSERT_TRUE(token.has_value());
        EXPECT_EQ(token->session, session);
        EXPECT_EQ(token->counter, counter);
        EXPECT_TRUE(one.verify(*token, nonce));
    }
}

TEST(RefreshTokenCodec, makes_the_same_token_again) {
    EXPECT_EQ(codec({"a"}).make(session, nonce, 3), codec({"a", "b"}).make(session, nonce, 3));
}

TEST(RefreshTokenCodec, accepts_every_key_of_the_ring_and_makes_with_the_first) {
    const auto old_token = RefreshTokenCodec::parse(codec({"old"}).make(session, nonce, 1));
    EXPECT_TRUE(codec({"new", "old"}).verify(*old_token, nonce));
    EXPECT_FALSE(codec({"new"}).verify(*old_token, nonce));
    const auto new_token = RefreshTokenCodec::parse(codec({"new", "old"}).make(session, nonce, 1));
    EXPECT_FALSE(codec({"old"}).verify(*new_token, nonce));
}

TEST(RefreshTokenCodec, ties_the_code_to_session_nonce_and_generation) {
    const RefreshTokenCodec one = codec({"a"});
    const auto good = RefreshTokenCodec::parse(one.make(session, nonce, 1));
    EXPECT_FALSE(one.verify(*good, std::vector<std::uint8_t>(16, 8)));
    RefreshToken changed = *good;
    changed.counter = 2;
    EXPECT_FALSE(one.verify(changed, nonce));
    changed = *good;
    changed.session.bytes[15] ^= 1;
    EXPECT_FALSE(one.verify(changed, nonce));
    for (std::size_t at = 0; at < good->mac.size(); ++at) {
        changed = *good;
        changed.mac[at] ^= decltype(changed.mac)::value_type{1};
        EXPECT_FALSE(one.verify(changed, nonce)) << at;
    }
}

TEST(RefreshTokenCodec, refuses_every_other_shape) {
    const std::string good = codec({"a"}).make(session, nonce, 1);
    ASSERT_EQ(good.size(), 70U);
    for (const std::string& text :
         {std::string{},
          good.substr(1),
          good.substr(0, good.size() - 1),
          good + 'A',
          good + "==",
          ' ' + good,
          good + '\n',
          std::string(70, '!'),
          std::string(70, '\0'),
          std::string(10'000, 'A')}) {
        EXPECT_EQ(RefreshTokenCodec::parse(text).has_value(), false) << text;
    }
    std::string negative = core::base64url_decode(good).value();
    negative[16] = '\x80';
    EXPECT_FALSE(RefreshTokenCodec::parse(core::base64url_encode(negative)).has_value());
}

}  // namespace

}  // namespace pz::identity::sessions
