// What makes a browser a known one, and for whom.

#include "passwords/device_cookie.hpp"

#include <pz/core/text.hpp>

#include <gtest/gtest.h>

namespace pz::identity::passwords {

namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{std::chrono::hours{500'000}};

crypto::Sha256Digest key(std::uint8_t number) {
    crypto::Sha256Digest digest{};
    digest.fill(number);
    return digest;
}

const DeviceCookies cookies{{key(1)}};
const core::Uuid device = core::Uuid::parse("0197c0de-0000-4000-8000-000000000001").value();

TEST(DeviceCookie, names_the_device_for_the_account_that_it_was_made_for) {
    const std::string cookie = cookies.make(device, "jo@acme.example", noon);
    EXPECT_EQ(cookies.find(cookie, "jo@acme.example", noon), device);
    EXPECT_EQ(cookies.find(cookie, "al@acme.example", noon), std::nullopt)
        << "or an account of one's own would buy buckets for everybody else's";
}

TEST(DeviceCookie, is_refused_with_any_bit_changed) {
    const std::string cookie = cookies.make(device, "jo@acme.example", noon);
    const std::string bytes = core::base64url_decode(cookie).value();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_EQ(cookies.find(core::base64url_encode(changed), "jo@acme.example", noon), std::nullopt)
            << bit;
    }
    for (const std::string& other : {std::string{}, std::string{"x"}, cookie + "A", cookie.substr(1)}) {
        EXPECT_EQ(cookies.find(other, "jo@acme.example", noon), std::nullopt);
    }
}

TEST(DeviceCookie, ends_after_half_a_year_whatever_the_browser_says) {
    const std::string cookie = cookies.make(device, "jo@acme.example", noon);
    EXPECT_EQ(cookies.find(cookie, "jo@acme.example", noon + DeviceCookies::lifetime - 1s), device);
    EXPECT_EQ(cookies.find(cookie, "jo@acme.example", noon + DeviceCookies::lifetime), std::nullopt);
}

TEST(DeviceCookie, outlives_a_rotation_of_the_keys) {
    const std::string cookie = cookies.make(device, "jo@acme.example", noon);
    EXPECT_EQ(DeviceCookies({key(2), key(1)}).find(cookie, "jo@acme.example", noon), device);
    EXPECT_EQ(DeviceCookies({key(2)}).find(cookie, "jo@acme.example", noon), std::nullopt);
}

}  // namespace

}  // namespace pz::identity::passwords
