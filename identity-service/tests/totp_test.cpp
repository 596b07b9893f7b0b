// Codes of an authenticator app against a clock that is moved; secrets at rest; recovery codes.

#include "mfa/totp.hpp"

#include <pz/crypto/one_time_password.hpp>

#include <gtest/gtest.h>

#include <set>

namespace pz::identity::mfa {

namespace {

using namespace std::chrono_literals;

// In the middle of a step.
constexpr core::Timestamp noon{std::chrono::hours{500'000} + 15s};
const core::SecretString secret{"12345678901234567890"};
const core::Uuid jo = core::Uuid::parse("0197c0de-0000-7000-9000-000000000001").value();
const core::Uuid al = core::Uuid::parse("0197c0de-0000-7000-9000-000000000002").value();

crypto::FernetRing ring() {
    return crypto::FernetRing::parse(crypto::FernetRing::generate_key()).value();
}

TEST(Totp, accepts_the_step_of_now_the_one_before_and_the_one_after) {
    const std::int64_t step = crypto::totp_step(noon);
    const std::string code = crypto::one_time_password(secret, step);
    EXPECT_EQ(find_step(secret, code, noon, 0), step);
    EXPECT_EQ(find_step(secret, code, noon + 30s, 0), step) << "typed a moment too late";
    EXPECT_EQ(find_step(secret, code, noon - 30s, 0), step) << "a phone whose clock is ahead";
    EXPECT_EQ(find_step(secret, code, noon + 60s, 0), std::nullopt);
    EXPECT_EQ(find_step(secret, code, noon - 60s, 0), std::nullopt);
}

TEST(Totp, accepts_no_step_twice_and_none_before_the_last) {
    const std::int64_t step = crypto::totp_step(noon);
    EXPECT_EQ(find_step(secret, crypto::one_time_password(secret, step), noon, step), std::nullopt);
    EXPECT_EQ(find_step(secret, crypto::one_time_password(secret, step - 1), noon, step), std::nullopt);
    EXPECT_EQ(find_step(secret, crypto::one_time_password(secret, step + 1), noon, step), step + 1);
}

TEST(Totp, refuses_what_is_no_code) {
    for (const char* code : {"", "0", "00000", "0000000", "abcdef", " 755224", "+55224"}) {
        EXPECT_EQ(find_step(secret, code, noon, 0), std::nullopt) << code;
    }
}

TEST(Totp, keeps_a_secret_for_its_person_only) {
    const crypto::FernetRing keys = ring();
    const std::string sealed = seal(keys, jo, secret, noon);
    ASSERT_TRUE(open(keys, jo, sealed, noon));
    EXPECT_EQ(open(keys, jo, sealed, noon)->reveal(), secret.reveal());
    EXPECT_FALSE(open(keys, al, sealed, noon));
    EXPECT_FALSE(open(ring(), jo, sealed, noon));
    EXPECT_EQ(make_secret().reveal().size(), 20U);
}

TEST(Totp, makes_an_address_that_apps_can_read_whatever_the_email_has_in_it) {
    EXPECT_EQ(
        otpauth_uri(secret, "jo+x@a b.example"),
        "otpauth://totp/Phase%20Zero:jo%2Bx%40a%20b.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&issuer=Phase%20Zero&algorithm=SHA1&digits=6&period=30"
    );
}

TEST(RecoveryCode, has_eighty_random_bits_in_four_groups) {
    std::set<std::string> codes;
    for (int i = 0; i < 1'000; ++i) {
        const std::string code = make_recovery_code();
        ASSERT_EQ(code.size(), 19U);
        EXPECT_EQ(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567-"), std::string::npos) << code;
        codes.insert(code);
    }
    EXPECT_EQ(codes.size(), 1'000U);
}

TEST(RecoveryCode, is_the_same_however_it_is_written_and_another_for_another_person) {
    EXPECT_EQ(hash_recovery_code(jo, "abcd-efgh-ijkl-2345"), hash_recovery_code(jo, "ABCDEFGH IJKL2345"));
    EXPECT_NE(hash_recovery_code(jo, "abcd-efgh-ijkl-2345"), hash_recovery_code(jo, "abcd-efgh-ijkl-2346"));
    EXPECT_NE(hash_recovery_code(jo, "abcd-efgh-ijkl-2345"), hash_recovery_code(al, "abcd-efgh-ijkl-2345"));
}

}  // namespace

}  // namespace pz::identity::mfa
