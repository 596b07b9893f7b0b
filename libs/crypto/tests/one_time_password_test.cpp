// The vectors of RFC 4226 appendix D, RFC 6238 appendix B (SHA-1, the last six digits) and RFC 4648
// section 10.

#include <pz/crypto/one_time_password.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace pz::crypto {

namespace {

const core::SecretString secret{"12345678901234567890"};

TEST(OneTimePassword, is_that_of_rfc_4226) {
    constexpr const char* codes[] = {
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"
    };
    for (int count = 0; count < 10; ++count) {
        EXPECT_EQ(one_time_password(secret, count), codes[count]) << count;
    }
}

TEST(OneTimePassword, is_that_of_rfc_6238) {
    for (const auto& [seconds, code] :
         {std::pair{59L, "287082"},
          std::pair{1'111'111'109L, "081804"},
          std::pair{1'111'111'111L, "050471"},
          std::pair{1'234'567'890L, "005924"},
          std::pair{2'000'000'000L, "279037"},
          std::pair{20'000'000'000L, "353130"}}) {
        const core::Timestamp time{std::chrono::seconds{seconds}};
        EXPECT_EQ(one_time_password(secret, totp_step(time)), code) << seconds;
    }
}

TEST(Base32, is_that_of_rfc_4648) {
    for (const auto& [bytes, text] :
         {std::pair{"", ""},
          std::pair{"f", "MY"},
          std::pair{"fo", "MZXQ"},
          std::pair{"foo", "MZXW6"},
          std::pair{"foob", "MZXW6YQ"},
          std::pair{"fooba", "MZXW6YTB"},
          std::pair{"foobar", "MZXW6YTBOI"}}) {
        EXPECT_EQ(base32_encode(bytes), text);
    }
    EXPECT_EQ(base32_encode(std::string_view{"\xff\xff\xff\xff\xff", 5}), "77777777");
}

}  // namespace

}  // namespace pz::crypto
