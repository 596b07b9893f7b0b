#include "mutations.hpp"

#include "exit_code.hpp"
#include "faults.hpp"
#include "proofs.hpp"
#include "rules.hpp"
#include "workspace.hpp"

#include <pz/core/process.hpp>
#include <pz/pg/cluster.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace pz::command::prove {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view prefix = "phasezero_prove_";

/// The same server, another database.
core::SecretString with_database_name(const core::SecretString& connection_string, std::string_view name) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> settings{
        PQconninfoParse(connection_string.reveal().c_str(), nullptr), &PQconninfoFree
    };
    std::vector<std::pair<std::string_view, std::string_view>> pairs;
    for (const PQconninfoOption* setting = settings.get(); setting != nullptr && setting->keyword != nullptr;
         ++setting) {
        if (setting->val != nullptr && std::string_view{setting->keyword} != "dbname") {
            pairs.emplace_back(setting->keyword, setting->val);
        }
    }
    pairs.emplace_back("dbname", name);
    return core::SecretString{pg::connection_string(pairs)};
}

/// For pg_dump and psql: an argument could be read by every account with ps.
std::vector<std::string> environment_of(const core::SecretString& connection_string) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> settings{
        PQconninfoParse(connection_string.reveal().c_str(), nullptr), &PQconninfoFree
    };
    std::vector<std::string> environment{"PATH=/usr/bin:/bin"};
    for (const char* name :
         {"HOME", "PGPASSFILE", "PGPASSWORD", "PGSERVICEFILE", "PGHOST", "PGPORT", "PGUSER"}) {
        if (const char* value = std::getenv(name)) {  // NOLINT(concurrency-mt-unsafe): single-threaded
            environment.push_back(fmt::format("{}={}", name, value));
        }
    }
    for (const PQconninfoOption* setting = settings.get(); setting != nullptr && setting->keyword != nullptr;
         ++setting) {
        if (setting->val != nullptr && setting->envvar != nullptr) {
            const std::string name = std::string{setting->envvar} + "=";
            std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name); });
            environment.push_back(name + setting->val);
        }
    }
    return environment;
}

void run_tool(std::vector<std::string> command, const core::SecretString& database) {
    core::ProcessOptions options;
    const std::string name = fs::path{command.front()}.filename().string();
    options.command = std::move(command);
    options.environment = environment_of(database);
    const core::ProcessResult result = core::run_process(std::move(options), std::chrono::minutes{2});
    if (result.exit_code != 0) {
        throw CommandError(
            ExitCode::usage,
            fmt::format(
                "the schema could not be copied: {}: {}",
                name,
                result.output.substr(0, result.output.find('\n'))
            )
        );
    }
}

/// A file that nobody else reads and that does not stay.
class DumpFile {
 public:
    DumpFile() {
        std::string name = (fs::temp_directory_path() / "pz-prove-XXXXXX").string();
        const int descriptor = ::mkstemp(name.data());
        if (descriptor < 0) {
            throw CommandError(ExitCode::usage, "no temporary file could be made for the schema");
        }
        ::close(descriptor);
        path_ = name;
    }

    DumpFile(const DumpFile&) = delete;
    DumpFile& operator=(const DumpFile&) = delete;

    ~DumpFile() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }

    [[nodiscard]] std::string path() const { return path_.string(); }

 private:
    fs::path path_;
};

}  // namespace

const Article MutationTest::article{
    .id = "D10",
    .severity = Severity::error,
    .title = "a planted fault was not found",
    .explanation =
        "A check that never turns red proves nothing. With --mutations the schema is copied into a database "
        "of its own, and "
        "every known way to break isolation is done to it, one at a time: row security off, a second policy, "
        "a loose "
        "foreign key, a grant too many. Each has to be found by the rule or proof that is made for it, in "
        "spite of the "
        "allow-list: an entry that is too wide shows here.",
};

MutationTest::MutationTest(
    core::SecretString connection_string,
    Lens lens,
    std::vector<NamedStatement> statements,
    AllowList allow_list
)
    : original_(std::move(connection_string)),
      lens_(std::move(lens)),
      statements_(std::move(statements)),
      allow_list_(std::move(allow_list)),
      server_(original_),
      name_(fmt::format("{}{}", prefix, ::getpid())) {
    server_.execute_script("set client_min_messages = error");
    drop_leftovers();
    server_.execute_script("create database " + pg::quote_identifier(name_) + " template template0");
    copy_ = with_database_name(original_, name_);
    try {
        copy_schema();
    } catch (...) {
        server_.execute_script("drop database " + pg::quote_identifier(name_) + " with (force)");
        throw;
    }
}

MutationTest::~MutationTest() {
    try {
        server_.execute_script("drop database " + pg::quote_identifier(name_) + " with (force)");
    } catch (const pg::BlockingError&) {
        // The server is gone; the next run removes what stayed.
    }
}

/// Of runs that were killed: nobody is connected, and no process of this machine has the number.
void MutationTest::drop_leftovers() {
    const pg::TextResult leftovers = server_.query(
        "select datname, substr(datname, length($1) + 1) from pg_database d where datname ~ ('^' || $1 || "
        "'\\d+$')"
        " and not exists (select from pg_stat_activity a where a.datid = d.oid)",
        {std::string{prefix}}
    );
    for (const pg::TextResult::Row& row : leftovers.rows) {
        std::error_code ignored;
        if (!fs::exists("/proc/" + row[1].value_or(""), ignored)) {
            server_.execute_script("drop database if exists " + pg::quote_identifier(row[0].value_or("")));
        }
    }
}

void MutationTest::copy_schema() {
    const fs::path programs = pg::find_postgres_programs();
    const DumpFile dump;
    run_tool(
        {(programs / "pg_dump").string(),
         "--schema-only",
         "--no-publications",
         "--no-subscriptions",
         "--file",
         dump.path()},
        original_
    );
    run_tool(
        {(programs / "psql").string(),
         "--no-psqlrc",
         "--quiet",
         "--set=ON_ERROR_STOP=1",
         "--file",
         dump.path()},
        copy_
    );
    // What is granted on a database is no part of its dump.
    const pg::TextResult grants = server_.query(
        "select format('grant %s on database %I to %s', a.privilege_type, $1::text,"
        "         case when a.grantee = 0 then 'public' else quote_ident(a.grantee::regrole::text) end)"
        "  from pg_database d cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        " where d.datname = current_database()",
        {name_}
    );
    server_.execute_script("revoke all on database " + pg::quote_identifier(name_) + " from public");
    for (const pg::TextResult::Row& row : grants.rows) {
        server_.execute_script(row[0].value_or(""));
    }
}

std::vector<Finding> MutationTest::findings_of(
    pg::BlockingConnection& connection, std::string_view id, const std::vector<NamedStatement>& statements
) const {
    if (id.starts_with('L')) {
        return run_rule(connection, lens_, *std::ranges::find(rules(), id, &Rule::id)).findings;
    }
    const Proof& proof = *std::ranges::find(proofs(), id, &Proof::id);
    Stage stage{connection, [this] { return pg::BlockingConnection{copy_}; }, lens_, statements};
    return proof.run(stage, proof);
}

std::vector<Finding> MutationTest::run(std::string_view only) {
    std::vector<Finding> missed;
    pg::BlockingConnection first{copy_};
    prepare_session(first);
    const Site site = find_site(first, lens_);
    std::map<std::string_view, std::set<std::string>> known;
    const auto key = [](const Finding& finding) { return finding.object + "\n" + finding.message; };
    for (const Fault& fault : planted_faults(site)) {
        if (!only.empty() && fault.id != only) {
            continue;
        }
        if (!known.contains(fault.id)) {
            pg::BlockingConnection whole{copy_};
            prepare_session(whole);
            whole.execute_script("begin read write");
            std::set<std::string>& objects = known[fault.id];
            for (const Finding& finding : findings_of(whole, fault.id, statements_)) {
                objects.insert(key(finding));
            }
        }
        std::vector<NamedStatement> statements = statements_;
        if (!fault.statement.empty()) {
            statements.push_back({site.role_name, "planted", fault.statement});
        }
        // A session of its own for each: some faults show only where nothing was bound before.
        pg::BlockingConnection connection{copy_};
        prepare_session(connection);
        std::string outcome = "passed in silence";
        try {
            connection.execute_script("begin read write");
            connection.execute_script(fault.sql);
            if (!fault.undo.empty()) {
                connection.execute_script("commit");
                connection = pg::BlockingConnection{copy_};
                prepare_session(connection);
                connection.execute_script("begin read write");
            }
            std::vector<Finding> findings = findings_of(connection, fault.id, statements);
            AllowList allow_list = allow_list_;
            allow_list.apply(findings);
            ++planted_;
            const bool found = std::ranges::any_of(findings, [&](const Finding& finding) {
                return !finding.allowed() && !known[fault.id].contains(key(finding));
            });
            outcome = found ? "" : outcome;
        } catch (const pg::BlockingError& error) {
            outcome = fmt::format("could not be tried: {}", error.what());
        }
        if (!fault.undo.empty()) {
            connection.execute_script("rollback");
            connection.execute_script("begin read write; " + fault.undo + "; commit");
        }
        if (!outcome.empty()) {
            missed.push_back(
                {.article = &article,
                 .object = fmt::format("{}: {}{}", fault.id, fault.sql, fault.statement),
                 .message = outcome,
                 .fix = "correct the rule, or the entry of the allow-list that covers the fault"}
            );
        }
    }
    return missed;
}

}  // namespace pz::command::prove
