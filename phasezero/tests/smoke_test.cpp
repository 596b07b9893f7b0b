#include "smoke.hpp"

#include "exit_code.hpp"
#include "http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pz::command {
namespace {

TEST(FormEncode, escapes_everything_but_unreserved_characters) {
    EXPECT_EQ(
        form_encode({{"username", "a b@c.example"}, {"password", "x&y=z+%é"}}),
        "username=a%20b%40c.example&password=x%26y%3Dz%2B%25%C3%A9"
    );
}

TEST(SmokeTest, says_which_step_failed_when_nobody_answers) {
    try {
        // Port 9 (discard) of loopback: nobody listens.
        run_smoke_test({.identity = "http://127.0.0.1:9", .api = "http://127.0.0.1:9"}, [] { return true; });
        FAIL() << "passed";
    } catch (const CommandError& error) {
        EXPECT_EQ(error.code(), ExitCode::failure);
        EXPECT_THAT(error.what(), testing::HasSubstr("fetching the signing keys should answer 200, but:"));
        EXPECT_THAT(error.what(), testing::HasSubstr("phasezero logs identity"));
    }
}

}  // namespace
}  // namespace pz::command
