// Routes that must not compile, and the sentence that their author reads. Each snippet is checked by the
// compiler and with the flags that this build uses, over a precompiled router.hpp.

#include <pz/core/process.hpp>
#include <pz/testkit/temporary_directory.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace pz::web {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* prelude = R"cpp(#include <pz/web/router.hpp>

                                      using boost::asio::awaitable;
                                      using pz::auth::Role;
                                      using pz::core::Uuid;
                                      using pz::tenancy::AdminDb, pz::tenancy::TenantDb;
                                      using namespace pz::web;

                                      struct Note {
                                          std::string text;
                                      };
                                      PZ_DESCRIBE(Note, text)

                                      struct Undescribed {
                                          std::string text;
                                      };

                                      struct Holder {
                                          Undescribed inner;
                                      };
                                      PZ_DESCRIBE(Holder, inner)
)cpp";

class Route : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        directory_ = std::make_unique<testkit::TemporaryDirectory>("compile");
        read_command();
        write("prelude.hpp", prelude);
        const core::ProcessResult result = compile({"-x", "c++-header", "prelude.hpp", "-o", "prelude.pch"});
        ASSERT_EQ(result.exit_code, 0) << result.output;
    }

    static void TearDownTestSuite() { directory_.reset(); }

    /// The compiler's verdict about a handler and its registration.
    static core::ProcessResult check(const std::string& handler, const std::string& registration) {
        write("route.cpp", handler + "\nvoid add_routes(Router& router) {\n    " + registration + "\n}\n");
        return compile({"-include-pch", "prelude.pch", "-fsyntax-only", "route.cpp"});
    }

    static void expect_refusal(
        const std::string& handler, const std::string& registration, const std::string& sentence
    ) {
        const core::ProcessResult result = check(handler, registration);
        EXPECT_NE(result.exit_code, 0) << "this compiles: " << handler;
        EXPECT_NE(result.output.find(sentence), std::string::npos) << result.output;
    }

 private:
    /// Compiler and flags of this build, taken from a file of this library.
    static void read_command() {
        std::ifstream file{PZ_BINARY_DIR "/compile_commands.json"};
        const auto commands = boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
        for (const auto& entry : commands.as_array()) {
            if (!entry.at("file").as_string().ends_with("libs/web/src/router.cpp")) {
                continue;
            }
            std::istringstream words{std::string{entry.at("command").as_string()}};
            for (std::string word; words >> word && word != "-o";) {
                if (word.ends_with("/ccache") || word == "-g") {
                    continue;
                }
                command_.push_back(word);
            }
        }
        ASSERT_GT(command_.size(), 1U) << "the build wrote no compile_commands.json";
        command_.emplace_back("-fno-color-diagnostics");
    }

    static void write(const char* name, const std::string& text) {
        std::ofstream{directory_->path() / name} << text;
    }

    static core::ProcessResult compile(const std::vector<std::string>& arguments) {
        core::ProcessOptions options;
        options.command = command_;
        options.command.insert(options.command.end(), arguments.begin(), arguments.end());
        options.working_directory = directory_->path();
        return core::run_process(std::move(options), 60s);
    }

    static inline std::unique_ptr<testkit::TemporaryDirectory> directory_;
    static inline std::vector<std::string> command_;
};

TEST_F(Route, compiles_when_it_says_everything) {
    const core::ProcessResult result = check(
        "awaitable<Note> handle(TenantDb, Require<Role::admin>, Path<\"id\", Uuid>, Json<Note>) { co_return "
        "Note{}; }",
        "router.put<\"/notes/{id}\", handle, Impersonation::deny>(\"Put\");"
    );
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_EQ(result.output, "");
}

TEST_F(Route, does_not_compile_without_saying_who_may_call_it) {
    expect_refusal(
        "awaitable<Note> handle() { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a route says who may call it: exactly one Require<"
    );
    expect_refusal(
        "awaitable<Note> handle(Public, Require<Role::admin>) { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a route says who may call it: exactly one Require<"
    );
}

TEST_F(Route, does_not_compile_without_an_impersonation_rule) {
    expect_refusal(
        "awaitable<Note> handle(Member) { co_return Note{}; }",
        "router.get<\"/notes\", handle>(\"Get\");",
        "couldn't infer template argument 'Rule'"
    );
}

TEST_F(Route, does_not_compile_with_a_path_parameter_that_its_pattern_lacks) {
    expect_refusal(
        "awaitable<Note> handle(Member, Path<\"id\", Uuid>) { co_return Note{}; }",
        "router.get<\"/notes/{note}\", handle, Impersonation::deny>(\"Get\");",
        "is not in the route's pattern"
    );
}

TEST_F(Route, does_not_compile_with_a_parameter_by_reference) {
    for (const char* parameter : {"const Member&", "Member&&"}) {
        expect_refusal(
            "awaitable<Note> handle(" + std::string{parameter} + ") { co_return Note{}; }",
            "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
            "handler parameters are taken by value: the coroutine outlives the call"
        );
    }
}

TEST_F(Route, does_not_compile_with_two_bodies) {
    expect_refusal(
        "awaitable<Note> handle(Member, Json<Note>, Json<Note, 10>) { co_return Note{}; }",
        "router.post<\"/notes\", handle, Impersonation::deny>(\"Post\");",
        "a request has one body: at most one body extractor"
    );
}

TEST_F(Route, does_not_compile_with_two_databases) {
    expect_refusal(
        "awaitable<Note> handle(Member, TenantDb, AdminDb) { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a request has one transaction: at most one database"
    );
}

TEST_F(Route, does_not_compile_with_a_database_and_no_role) {
    for (const char* database : {"TenantDb", "AdminDb"}) {
        expect_refusal(
            "awaitable<Note> handle(" + std::string{database} + ", Public) { co_return Note{}; }",
            "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
            "nobody reaches the database without a role"
        );
    }
}

TEST_F(Route, does_not_compile_with_a_type_that_is_not_described) {
    expect_refusal(
        "awaitable<Note> handle(Member, Json<Undescribed>) { co_return Note{}; }",
        "router.post<\"/notes\", handle, Impersonation::deny>(\"Post\");",
        "'Undescribed' does not satisfy 'Described'"
    );
    expect_refusal(
        "awaitable<Holder> handle(Member) { co_return Holder{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "the type needs PZ_DESCRIBE"
    );
    expect_refusal(
        "awaitable<Undescribed> handle(Member) { co_return Undescribed{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a handler returns a described struct (PZ_DESCRIBE) or a type with a Responder"
    );
}

}  // namespace

}  // namespace pz::web
