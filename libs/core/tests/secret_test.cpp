// What a secret must not do does not compile. Each snippet is checked by the compiler and with the flags that
// this build uses.

#include <pz/core/secret.hpp>

#include <pz/core/process.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace pz::core {
namespace {

using namespace std::chrono_literals;

/// Compiler and flags of this build, taken from a file of this library.
std::vector<std::string> compile_command() {
    std::ifstream file{PZ_BINARY_DIR "/compile_commands.json"};
    const auto commands = boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
    std::vector<std::string> command;
    for (const auto& entry : commands.as_array()) {
        if (!entry.at("file").as_string().ends_with("libs/core/src/config.cpp")) {
            continue;
        }
        std::istringstream words{std::string{entry.at("command").as_string()}};
        for (std::string word; words >> word && word != "-o";) {
            if (!word.ends_with("/ccache")) {
                command.push_back(word);
            }
        }
    }
    command.insert(command.end(), {"-fno-color-diagnostics", "-fsyntax-only"});
    return command;
}

ProcessResult compile(const std::string& statement) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("pz-secret-" + std::to_string(::getpid()) + ".cpp");
    std::ofstream(file) << R"cpp(
#include <pz/core/json.hpp>
#include <pz/core/secret.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <iostream>

            struct Account {
                std::string name;
                pz::core::SecretString password;
            };
            PZ_DESCRIBE(Account, name, password)
            void use(const pz::core::SecretString& secret, const Account& account) {
                (void)secret;
                (void)account;
        )cpp" << statement
                        << "\n}\n";
    ProcessOptions options;
    options.command = compile_command();
    options.command.push_back(file.string());
    ProcessResult result = run_process(std::move(options), 120s);
    std::filesystem::remove(file);
    return result;
}

TEST(Secret, compiles_where_it_is_revealed_by_name) {
    const ProcessResult result =
        compile("std::cout << secret.reveal().size(); spdlog::info(\"{}\", account.name);");
    EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST(Secret, has_no_way_into_a_log_a_stream_a_text_or_a_document) {
    for (const char* statement :
         {"spdlog::info(\"{}\", secret);",
          "(void)fmt::format(\"{}\", secret);",
          "std::cout << secret;",
          "(void)pz::core::to_json(secret);",
          "(void)pz::core::to_json(account);",
          "std::string text = secret;",
          "(void)(\"password=\" + secret);"}) {
        const ProcessResult result = compile(statement);
        EXPECT_NE(result.exit_code, 0) << "this compiles: " << statement;
        EXPECT_NE(result.output.find("error:"), std::string::npos) << result.output;
        EXPECT_EQ(result.output.find("file not found"), std::string::npos) << result.output;
    }
}

}  // namespace
}  // namespace pz::core
