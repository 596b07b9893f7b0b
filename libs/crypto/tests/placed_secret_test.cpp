#include <pz/crypto/placed_secret.hpp>

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace pz::crypto {
namespace {

constexpr core::Timestamp noon{
    std::chrono::sys_days{std::chrono::January / 15 / 2026} + std::chrono::hours{12}
};

core::Uuid id(std::uint8_t last) {
    core::Uuid value;
    value.bytes.back() = last;
    return value;
}

const SecretPlace home{.column = "app.integration.secret_encrypted", .tenant = id(1), .row = id(2)};

class PlacedSecret : public testing::Test {
 protected:
    static FernetRing ring_of(const core::SecretString& keys) {
        auto ring = FernetRing::parse(keys);
        EXPECT_TRUE(ring.has_value());
        return std::move(ring).value();
    }

    [[nodiscard]] std::string place(std::string secret) const {
        return place_secret(ring, home, core::SecretString{std::move(secret)}, noon);
    }

    core::SecretString key = FernetRing::generate_key();
    FernetRing ring = ring_of(key);
};

TEST_F(PlacedSecret, opens_where_it_was_placed) {
    for (const std::string& secret :
         {std::string{}, std::string{"s"}, std::string{"two\nlines"}, std::string(16'000, 'x')}) {
        const auto taken = take_secret(ring, home, place(secret), noon);
        ASSERT_TRUE(taken.has_value());
        EXPECT_EQ(taken->reveal(), secret);
    }
}

TEST_F(PlacedSecret, opens_nowhere_else) {
    const std::string token = place("secret");
    const std::vector<std::pair<const char*, SecretPlace>> elsewhere{
        {"tenant", {.column = home.column, .tenant = id(9), .row = home.row}},
        {"row", {.column = home.column, .tenant = home.tenant, .row = id(9)}},
        {"column", {.column = "identity.totp.secret", .tenant = home.tenant, .row = home.row}},
        {"tenant and row exchanged", {.column = home.column, .tenant = home.row, .row = home.tenant}},
        {"a column that begins alike", {.column = "app.integration", .tenant = home.tenant, .row = home.row}},
    };
    for (const auto& [what, other] : elsewhere) {
        const auto taken = take_secret(ring, other, token, noon);
        ASSERT_FALSE(taken.has_value()) << what;
        EXPECT_EQ(taken.error(), PlacedSecretError::misplaced) << what;
    }
}

TEST_F(PlacedSecret, is_unreadable_when_altered_of_another_ring_or_not_placed_at_all) {
    std::string altered = place("secret");
    altered[20] = altered[20] == 'A' ? 'B' : 'A';
    const FernetRing other = ring_of(FernetRing::generate_key());
    const std::string plain = ring.encrypt(core::SecretString{"secret"}, noon);
    for (const std::string& token :
         {altered, place_secret(other, home, core::SecretString{"secret"}, noon), plain, std::string{}}) {
        const auto taken = take_secret(ring, home, token, noon);
        ASSERT_FALSE(taken.has_value());
        EXPECT_EQ(taken.error(), PlacedSecretError::unreadable);
    }
}

TEST_F(PlacedSecret, stays_placed_when_the_ring_turns) {
    const std::string token = place("secret");
    const FernetRing turned =
        ring_of(core::SecretString{FernetRing::generate_key().reveal() + ',' + key.reveal()});
    EXPECT_EQ(take_secret(turned, home, token, noon)->reveal(), "secret");
    // What `phasezero keys reencrypt` does: the plaintext as a whole, with the place in it.
    const std::string renewed = turned.encrypt(turned.decrypt(token, noon).value(), noon);
    EXPECT_EQ(take_secret(turned, home, renewed, noon)->reveal(), "secret");
}

}  // namespace
}  // namespace pz::crypto
