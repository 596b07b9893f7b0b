// `phasezero config` with the real services: the table in the documentation, and what is shown of a value.
#include <pz/core/process.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace pz::command {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path programs = std::filesystem::path{PZ_BINARY_DIR} / "bin";

core::ProcessResult run(std::vector<std::string> command, const std::vector<std::string>& settings = {}) {
    command.front() = (programs / command.front()).string();
    std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
    environment.insert(environment.end(), settings.begin(), settings.end());
    core::ProcessOptions options;
    options.command = std::move(command);
    options.environment = std::move(environment);
    return core::run_process(std::move(options), 20s);
}

TEST(Configuration, is_documented_as_the_programs_read_it) {
    const core::ProcessResult table = run({"phasezero", "config", "--markdown"});
    ASSERT_EQ(table.exit_code, 0) << table.output;
    std::ifstream file{PZ_SOURCE_DIR "/docs/configuration.md", std::ios::binary};
    const std::string documented{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_TRUE(table.output == documented)
        << "docs/configuration.md is out of date; renew it with: phasezero config --markdown";
}

TEST(Configuration, is_explained_for_every_program_at_once) {
    const core::ProcessResult table = run({"phasezero", "config", "--explain"});
    ASSERT_EQ(table.exit_code, 0) << table.output;
    for (const char* text :
         {"Both services",
          "identity-service",
          "product-core-api",
          "phasezero and ./dev",
          "PZ_DATABASE_APP (or PZ_DATABASE_APP_FILE)",
          "8001 and 8000",
          "demo, test, production",
          "PZ_STATE_DIR"}) {
        EXPECT_NE(table.output.find(text), std::string::npos) << text << '\n' << table.output;
    }
    EXPECT_EQ(table.output.find("now:"), std::string::npos);
}

TEST(Configuration, shows_what_is_set_and_of_a_secret_only_that_it_is) {
    const std::vector<std::string> settings{
        "PZ_LOG_LEVEL=debug",
        "PZ_ENCRYPTION_KEYS=canary-51c2",
        "PZ_DATABASE_APP=host=db password=canary-51c2",
        "PZ_DATABASE_SUPPORT_FILE=/run/secrets/support",
        "OTEL_EXPORTER_OTLP_HEADERS=authorization=canary-51c2",
        "PZ_DATABASE_MIGRATOR=password=canary-51c2",
    };
    const core::ProcessResult table = run({"phasezero", "config", "--values"}, settings);
    ASSERT_EQ(table.exit_code, 0) << table.output;
    EXPECT_NE(table.output.find("now: \"debug\""), std::string::npos) << table.output;
    EXPECT_NE(table.output.find("now: set\n"), std::string::npos);
    EXPECT_NE(table.output.find("now: set from file\n"), std::string::npos);
    EXPECT_NE(table.output.find("now: not set\n"), std::string::npos);
    EXPECT_EQ(table.output.find("canary"), std::string::npos) << table.output;
    for (const char* service : {"identity-service", "product-core-api"}) {
        for (const char* form : {"--help-config", "--json"}) {
            const core::ProcessResult own = run({service, "--help-config", form}, settings);
            EXPECT_EQ(own.output.find("canary"), std::string::npos) << own.output;
        }
    }
}

TEST(Configuration, a_misspelt_setting_is_an_error_in_every_program_with_the_right_name) {
    struct Case {
        std::vector<std::string> command;
        std::vector<std::string> settings;
    };

    const std::vector<Case> cases{
        {{"phasezero", "keys", "generate"}, {}},
        {{"identity-service"}, {"PZ_DATABASE_IDENTITY=x", "PZ_ENCRYPTION_KEYS=x"}},
        {{"product-core-api"},
         {"PZ_DATABASE_APP=x", "PZ_DATABASE_SUPPORT=x", "PZ_DATABASE_ADMIN=x", "PZ_ENCRYPTION_KEYS=x"}},
    };
    for (auto [command, settings] : cases) {
        settings.emplace_back("PZ_LOG_LEVLE=debug");
        const core::ProcessResult result = run(command, settings);
        EXPECT_EQ(result.exit_code, 2) << result.output;
        EXPECT_TRUE(result.output.ends_with(
            "PZ_LOG_LEVLE is set, but there is no such setting; did you mean PZ_LOG_LEVEL? phasezero config "
            "and --help-config list them all\n"
        )) << result.output;
    }
    EXPECT_EQ(run({"phasezero", "keys", "generate"}, {"PZ_THREADS=2", "PZ_LOG_FORMAT=json"}).exit_code, 0);
}

}  // namespace
}  // namespace pz::command
