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

class SecretText : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        directory_ = std::filesystem::temp_directory_path() / ("pz-secret-" + std::to_string(::getpid()));
        std::filesystem::create_directory(directory_);
        read_command();
        write("prelude.hpp", R"cpp(
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
        )cpp");
        const ProcessResult result = run({"-x", "c++-header", "prelude.hpp", "-o", "prelude.pch"});
        ASSERT_EQ(result.exit_code, 0) << result.output;
    }

    static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

    /// The compiler's verdict about one statement.
    static ProcessResult compile(const std::string& statement) {
        write(
            "use.cpp",
            "void use([[maybe_unused]] const pz::core::SecretString& secret, [[maybe_unused]] const Account& "
            "account) {\n" +
                statement + "\n}\n"
        );
        return run({"-include-pch", "prelude.pch", "-fsyntax-only", "use.cpp"});
    }

 private:
    /// Compiler and flags of this build, taken from a file of this library.
    static void read_command() {
        std::ifstream file{PZ_BINARY_DIR "/compile_commands.json"};
        const auto commands = boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
        for (const auto& entry : commands.as_array()) {
            if (!entry.at("file").as_string().ends_with("libs/core/src/config.cpp")) {
                continue;
            }
            std::istringstream words{std::string{entry.at("command").as_string()}};
            for (std::string word; words >> word && word != "-o";) {
                if (!word.ends_with("/ccache") && word != "-g") {
                    command_.push_back(word);
                }
            }
        }
        ASSERT_GT(command_.size(), 1U) << "the build wrote no compile_commands.json";
        command_.emplace_back("-fno-color-diagnostics");
    }

    static void write(const char* name, const std::string& text) { std::ofstream{directory_ / name} << text; }

    static ProcessResult run(const std::vector<std::string>& arguments) {
        ProcessOptions options;
        options.command = command_;
        options.command.insert(options.command.end(), arguments.begin(), arguments.end());
        options.working_directory = directory_;
        return run_process(std::move(options), 120s);
    }

    static inline std::filesystem::path directory_;
    static inline std::vector<std::string> command_;
};

TEST_F(SecretText, compiles_where_it_is_revealed_by_name) {
    const ProcessResult result =
        compile("std::cout << secret.reveal().size(); spdlog::info(\"{}\", account.name);");
    EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(SecretText, has_no_way_into_a_log_a_stream_a_text_or_a_document) {
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
