// Routes and tables that must not compile, and the sentence that their author reads. Each snippet is checked
// by the compiler and with the flags that this build uses, over a precompiled router.hpp and table.hpp.

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
#include <pz/web/table.hpp>

                                      using boost::asio::awaitable;
                                      using pz::auth::Role;
                                      using pz::core::Uuid;
                                      using pz::tenancy::AdminDb, pz::tenancy::PeopleDb, pz::tenancy::TenantDb;
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

                                      enum class RowSort { newest, name };
                                      BOOST_DESCRIBE_ENUM(RowSort, newest, name)

                                      struct Row {
                                          Uuid id;
                                          std::string name;
                                          std::optional<std::string> note;
                                          pz::core::Timestamp created_at;
                                      };
                                      PZ_DESCRIBE(Row, id, name, note, created_at)

                                      struct RowCreate {
                                          std::string name;
                                      };
                                      PZ_DESCRIBE(RowCreate, name)

                                      struct RowUpdate {
                                          pz::core::Change<std::string> name;
                                      };
                                      PZ_DESCRIBE(RowUpdate, name)

                                      struct RowQuery {
                                          std::int32_t limit = 20;
                                          std::optional<std::string> cursor;
                                          RowSort sort = RowSort::newest;
                                      };
                                      PZ_DESCRIBE(RowQuery, limit, cursor, sort)

                                      using Newest = Sort<RowSort::newest, Descending<&Row::created_at>>;
                                      using ByName = Sort<RowSort::name, Folded<&Row::name>>;
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
        command_.clear();
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
        "router.put<\"/notes/{id}\", handle, Impersonation::deny, Unaudited<\"x\">>(\"Put\");"
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

TEST_F(Route, does_not_compile_without_saying_what_a_change_leaves_in_the_audit_log) {
    expect_refusal(
        "awaitable<Note> handle(TenantDb, Member, Json<Note>) { co_return Note{}; }",
        "router.post<\"/notes\", handle, Impersonation::deny>(\"Post\");",
        "a route that changes something says what it leaves in the audit log"
    );
    expect_refusal(
        "awaitable<Note> handle(AdminDb, Require<Role::platform_admin>) { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "AdminDb sees every tenant, so each use is in the audit log"
    );
    const core::ProcessResult result = check(
        "awaitable<Note> handle(TenantDb, Member, Json<Note>) { co_return Note{}; }",
        "router.post<\"/notes\", handle, Impersonation::deny, Audits<\"note.created\">>(\"Post\");"
    );
    EXPECT_EQ(result.exit_code, 0) << result.output;
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
        "router.post<\"/notes\", handle, Impersonation::deny, Unaudited<\"x\">>(\"Post\");",
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
    for (const char* database : {"TenantDb", "PeopleDb", "AdminDb"}) {
        expect_refusal(
            "awaitable<Note> handle(" + std::string{database} + ", Public) { co_return Note{}; }",
            "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
            "nobody reaches the database without a role"
        );
    }
}

TEST_F(Route, does_not_compile_with_all_tenants_rows_for_a_tenants_role) {
    for (const char* who : {"Member", "CurrentUser", "Require<Role::platform_admin, Role::admin>"}) {
        expect_refusal(
            "awaitable<Note> handle(AdminDb, " + std::string{who} + ") { co_return Note{}; }",
            "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
            "AdminDb sees every tenant: beside it stands a Require<"
        );
    }
}

TEST_F(Route, does_not_compile_with_a_part_of_the_path_that_nobody_reads) {
    expect_refusal(
        "awaitable<Note> handle(Member, Path<\"id\", Uuid>) { co_return Note{}; }",
        "router.get<\"/notes/{id}/parts/{part}\", handle, Impersonation::deny>(\"Get\");",
        "each {parameter} of the pattern is read by one Path"
    );
    expect_refusal(
        "awaitable<Note> handle(Member, Path<\"a\", Uuid>, Path<\"b\", Uuid>, Path<\"c\", Uuid>, "
        "Path<\"d\", Uuid>, Path<\"e\", Uuid>) { co_return Note{}; }",
        "router.get<\"/{a}/{b}/{c}/{d}/{e}\", handle, Impersonation::deny>(\"Get\");",
        "a pattern has at most four parameters"
    );
}

TEST_F(Route, does_not_compile_with_a_body_on_get) {
    expect_refusal(
        "awaitable<Note> handle(Member, Json<Note>) { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a GET has no body: what it asks for stands in path and query"
    );
}

TEST_F(Route, does_not_compile_with_a_patch_that_names_no_version) {
    for (const char* match : {"", ", std::optional<IfMatch>"}) {
        expect_refusal(
            "awaitable<Note> handle(Member" + std::string{match} + ", Json<Note>) { co_return Note{}; }",
            "router.patch<\"/notes\", handle, Impersonation::deny, Unaudited<\"x\">>(\"Patch\");",
            "a PATCH says which version it changes: IfMatch among the parameters"
        );
    }
}

TEST_F(Route, does_not_compile_with_a_parameter_that_nobody_can_fill) {
    expect_refusal(
        "awaitable<Note> handle(Member, std::string) { co_return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "each parameter of a handler has an Extractor"
    );
}

TEST_F(Route, does_not_compile_with_a_handler_that_is_no_coroutine) {
    expect_refusal(
        "Note handle(Member) { return Note{}; }",
        "router.get<\"/notes\", handle, Impersonation::deny>(\"Get\");",
        "a handler is a function that returns awaitable<Response>"
    );
}

TEST_F(Route, does_not_compile_with_a_type_that_is_not_described) {
    expect_refusal(
        "awaitable<Note> handle(Member, Json<Undescribed>) { co_return Note{}; }",
        "router.post<\"/notes\", handle, Impersonation::deny, Unaudited<\"x\">>(\"Post\");",
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

using TableDeclaration = Route;

TEST_F(TableDeclaration, compiles_when_everything_has_a_column) {
    const core::ProcessResult result = check(
        "using Rows = Table<\"app.row\", Row, RowCreate, RowUpdate, RowQuery, Newest, ByName>;",
        "(void)router; (void)Rows::queries();"
    );
    EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(TableDeclaration, does_not_compile_with_an_update_that_cannot_leave_a_member_alone) {
    expect_refusal(
        "using Rows = Table<\"app.row\", Row, RowCreate, RowCreate, RowQuery, Newest, ByName>;",
        "(void)router; (void)Rows::queries();",
        "each member of an update is a core::Change<"
    );
}

TEST_F(TableDeclaration, does_not_compile_with_a_sort_that_has_no_order_or_two) {
    for (const char* sorts : {"Newest", "Newest, ByName, ByName"}) {
        expect_refusal(
            "using Rows = Table<\"app.row\", Row, RowCreate, RowUpdate, RowQuery, " + std::string{sorts} +
                ">;",
            "(void)router; (void)Rows::queries();",
            "each enumerator of the query's sort has one Sort among the table's options"
        );
    }
}

TEST_F(TableDeclaration, does_not_compile_with_an_order_that_has_gaps) {
    expect_refusal(
        "using Order = Ascending<&Row::note>;",
        "(void)router; (void)Order::column;",
        "a list is ordered by a column that is never null"
    );
    expect_refusal(
        "using Order = Descending<&Row::name>;",
        "(void)router; (void)Order::column;",
        "text has no last value: a list by text is ascending"
    );
}

TEST_F(TableDeclaration, does_not_compile_with_a_filter_that_is_always_there) {
    expect_refusal(
        "struct NameQuery { std::int32_t limit = 20; std::optional<std::string> cursor; std::string name; "
        "};\n"
        "PZ_DESCRIBE(NameQuery, limit, cursor, name)\n"
        "using Rows = Table<\"app.row\", Row, RowCreate, RowUpdate, NameQuery>;",
        "(void)router; (void)Rows::queries();",
        "a filter is a std::optional member of the query"
    );
}

TEST_F(TableDeclaration, does_not_compile_with_a_stamp_that_nobody_sets) {
    expect_refusal(
        "using Rows = Table<\"app.row\", Row, RowCreate, RowUpdate, RowQuery, Newest, ByName, "
        "Stamp<\"created_by\">>;",
        "(void)router; (void)Rows::insert(std::declval<TenantDb>(), Uuid{}, RowCreate{});",
        "insert() takes one value for each Stamp of the table"
    );
}

}  // namespace

}  // namespace pz::web
