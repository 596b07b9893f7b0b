#include <pz/core/config.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace pz::core {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Config, an_empty_value_counts_as_absent) {
    Config config({{"PZ_ISSUER", ""}});
    EXPECT_EQ(config.text("PZ_ISSUER", "fallback", "issuer"), "fallback");
    EXPECT_THROW(config.required_text("PZ_ISSUER", "issuer"), ConfigError);
}

TEST(Config, a_wrong_number_is_named_with_its_bounds) {
    for (const std::string value : {"0", "65536", "80x", "-1", " 80", "99999999999999999999"}) {
        Config config({{"PORT", value}});
        EXPECT_THAT(
            [&] { (void)config.integer("PORT", 8000, 1, 65535, "port"); },
            ThrowsMessage<ConfigError>(
                "PORT must be a whole number from 1 to 65535, but is \"" + value + "\""
            )
        );
    }
}

TEST(Config, a_flag_takes_the_usual_words_and_no_other) {
    for (const auto& [word, expected] :
         std::map<std::string, bool>{{"true", true}, {"off", false}, {"1", true}}) {
        Config config({{"REQUIRE_AUTH", word}});
        EXPECT_EQ(config.flag("REQUIRE_AUTH", !expected, "auth"), expected);
    }
    Config config({{"REQUIRE_AUTH", "maybe"}});
    EXPECT_THAT(
        [&] { (void)config.flag("REQUIRE_AUTH", true, "auth"); },
        ThrowsMessage<ConfigError>(HasSubstr("REQUIRE_AUTH"))
    );
}

TEST(Config, a_secret_may_stand_in_a_file) {
    const auto path =
        std::filesystem::temp_directory_path() / ("pz-config-test-" + std::to_string(::getpid()));
    std::ofstream(path) << "s3cret\n";
    Config config({{"PZ_DATABASE_APP_FILE", path.string()}});
    EXPECT_EQ(config.required_secret("PZ_DATABASE_APP", "database").reveal(), "s3cret");
    std::filesystem::remove(path);
    Config gone({{"PZ_DATABASE_APP_FILE", path.string()}});
    EXPECT_THAT(
        [&] { (void)gone.required_secret("PZ_DATABASE_APP", "database"); },
        ThrowsMessage<ConfigError>(HasSubstr("PZ_DATABASE_APP_FILE"))
    );
}

TEST(Config, white_space_behind_a_secret_is_not_part_of_it) {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("pz-config-space-test-" + std::to_string(::getpid()));
    for (const char* end : {"\n", "\r\n", " ", "\t \n\n"}) {
        Config value({{"PZ_KEYS", std::string{"a b"} + end}});
        EXPECT_EQ(value.required_secret("PZ_KEYS", "keys").reveal(), "a b");
        std::ofstream(path) << "a b" << end;
        Config file({{"PZ_KEYS_FILE", path.string()}});
        EXPECT_EQ(file.required_secret("PZ_KEYS", "keys").reveal(), "a b");
        Config nothing({{"PZ_KEYS", end}});
        EXPECT_THROW((void)nothing.secret("PZ_KEYS", "keys"), ConfigError) << "a secret of nothing";
    }
    std::filesystem::remove(path);
}

TEST(Config, a_misspelt_setting_is_refused) {
    Config config({{"PZ_ISSUER", "x"}, {"PZ_ISSUR", "y"}, {"HOME", "/root"}});
    (void)config.text("PZ_ISSUER", "", "issuer");
    EXPECT_EQ(config.find_unknown(), "PZ_ISSUR");
    EXPECT_THAT(
        [&] { config.refuse_unknown(); },
        ThrowsMessage<ConfigError>(AllOf(HasSubstr("PZ_ISSUR is set"), HasSubstr("did you mean PZ_ISSUER?")))
    );
}

TEST(Config, a_secret_that_may_be_absent_is_known_under_both_names) {
    Config config({{"PZ_HEADERS_FILE", "/nonexistent"}, {"PZ_KEYS", "s3cret"}});
    EXPECT_FALSE(config.secret("PZ_NOTHING", "absent").has_value());
    EXPECT_EQ(config.secret("PZ_KEYS", "present")->reveal(), "s3cret");
    EXPECT_THROW((void)config.secret("PZ_HEADERS", "unreadable"), ConfigError);
    config.refuse_unknown();
}

TEST(Config, tells_what_is_set_and_of_a_secret_only_that_it_is) {
    Config config({{"PORT", "80"}, {"PZ_A", "s3cret"}, {"PZ_B_FILE", "/run/secrets/b"}});
    (void)config.integer("PORT", 8000, 0, 65535, "port");
    (void)config.secret("PZ_A", "first");
    EXPECT_THROW((void)config.secret("PZ_B", "second"), ConfigError);
    (void)config.text("PZ_C", "fallback", "third");
    EXPECT_EQ(config.settings()[0].current, "80");
    EXPECT_EQ(config.settings()[0].values, "0 to 65535");
    EXPECT_EQ(config.settings()[1].current, "set");
    EXPECT_EQ(config.settings()[2].current, "set from file");
    EXPECT_EQ(config.settings()[3].current, std::nullopt);
}

TEST(Config, listing_misses_nothing_and_keeps_no_secret) {
    Config config = Config::for_listing();
    (void)config.required_text("PZ_A", "first");
    (void)config.required_secret("PZ_B", "second");
    ASSERT_EQ(config.settings().size(), 2U);
    EXPECT_TRUE(config.settings()[0].required);
    EXPECT_TRUE(config.settings()[1].secret);
}

}  // namespace
}  // namespace pz::core
