#include "prove.hpp"

#include "allow_list.hpp"
#include "local_database.hpp"
#include "mutations.hpp"
#include "proofs.hpp"
#include "report.hpp"
#include "rules.hpp"
#include "stage.hpp"
#include "statements.hpp"
#include "workspace.hpp"

#include <pz/core/config.hpp>
#include <pz/core/spelling.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <utility>

namespace pz::command::prove {

namespace fs = std::filesystem;

namespace {

std::vector<const Article*> all_articles() {
    std::vector<const Article*> articles;
    for (const Rule& rule : rules()) {
        articles.push_back(&rule);
    }
    for (const Proof& proof : proofs()) {
        articles.push_back(&proof);
    }
    articles.push_back(&MutationTest::article);
    return articles;
}

const Article& find_article(const std::string& id) {
    std::vector<std::string> ids;
    for (const Article* article : all_articles()) {
        if (article->id == id) {
            return *article;
        }
        ids.emplace_back(article->id);
    }
    if (id == unused_entry().id) {
        return unused_entry();
    }
    const std::string near = core::nearest_word(id, ids);
    throw CommandError(
        ExitCode::usage,
        fmt::format(
            "there is no rule or proof {}{}; --list shows all",
            id,
            near.empty() ? "" : "; did you mean " + near + "?"
        )
    );
}

/// Runs `work` with a connection string: the given one, the environment's, or the local database's, which is
/// started if need be.
void with_subject(const ProveOptions& options, const std::function<void(const core::SecretString&)>& work) {
    if (!options.connect.empty()) {
        work(core::SecretString{options.connect});
        return;
    }
    if (std::getenv("PZ_DATABASE_MIGRATOR") != nullptr ||  // NOLINT(concurrency-mt-unsafe): single-threaded
        std::getenv("PZ_DATABASE_MIGRATOR_FILE") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
        core::Config config = core::Config::from_environment();
        work(config.required_secret("PZ_DATABASE_MIGRATOR", "connection string of pz_migrator"));
        return;
    }
    const Workspace workspace = Workspace::find();
    with_database(workspace, [&] {
        const core::SecretString local =
            pg::cluster_connection_string(workspace.cluster(), pg::LocalCluster::superuser, database_name);
        if (pg::database_version(local) == 0) {
            throw CommandError(ExitCode::usage, "the local database is empty: run phasezero migrate, or up");
        }
        work(local);
    });
}

bool is_ours(pg::BlockingConnection& connection) {
    return connection.value(
               "select to_regrole('pz_owner') is not null and to_regclass('platform.tenant') is not null"
           ) == "t";
}

AllowList find_allow_list(const ProveOptions& options, pg::BlockingConnection& connection) {
    if (!options.allow.empty()) {
        return AllowList::read(options.allow);
    }
    return is_ours(connection) ? AllowList::read(pg::find_database_folder() / "prove.allow") : AllowList{};
}

/// The files that made the schema: ours are known.
SourcePlaces find_places(const ProveOptions& options, pg::BlockingConnection& connection) {
    if (!options.sources.empty()) {
        return SourcePlaces{options.sources};
    }
    return is_ours(connection) ? SourcePlaces{pg::find_database_folder()} : SourcePlaces{};
}

/// libpq adds hints on lines of their own.
std::string first_line(std::string_view text) {
    return std::string{text.substr(0, text.find('\n'))};
}

class Run {
 public:
    Run(const ProveOptions& options, const core::SecretString& connection_string)
        : options_(options), connection_string_(connection_string), connection_(connection_string) {
        prepare_session(connection_);
        allow_list_ = find_allow_list(options, connection_);
        report_.strict = options.strict;
        report_.allow_file = relative_name(allow_list_.file());
        report_.places = find_places(options, connection_);
        report_.database = connection_.value(
            "select format('%s on PostgreSQL %s as %s', current_database(), "
            "current_setting('server_version'), current_user)"
        );
        require_tenant_tables();
    }

    Report finish() && {
        run_rules();
        if (!options_.rules_only) {
            run_proofs();
        }
        for (Finding& finding : allow_list_.unused([this](std::string_view id) { return was_run(id); })) {
            report_.findings.push_back(std::move(finding));
        }
        return std::move(report_);
    }

 private:
    /// A lens that sees nothing would find nothing, and look like proof.
    void require_tenant_tables() {
        const std::string count =
            connection_
                .query(
                    std::string{common_tables} + "select count(*) from candidate", options_.lens.parameters()
                )
                .rows.at(0)
                .at(0)
                .value_or("0");
        if (count == "0") {
            throw CommandError(
                ExitCode::usage,
                fmt::format(
                    "no table has a column {}: name the tenants' column with --tenant-column, and where to "
                    "look with --schema",
                    options_.lens.tenant_column
                )
            );
        }
    }

    [[nodiscard]] bool wanted(const Article& article) const {
        return options_.only.empty() || std::ranges::find(options_.only, article.id) != options_.only.end();
    }

    [[nodiscard]] bool was_run(std::string_view id) const {
        return std::ranges::any_of(report_.outcomes, [id](const Outcome& outcome) {
            return outcome.article->id == id && !outcome.not_run;
        });
    }

    /// A rule that fails has proven nothing, so it ends the command.
    RuleResult run(const Rule& rule) {
        try {
            return run_rule(connection_, options_.lens, rule);
        } catch (const pg::BlockingError& error) {
            throw CommandError(
                ExitCode::usage, fmt::format("{} could not run: {}", rule.id, first_line(error.what()))
            );
        }
    }

    void run_rules() {
        connection_.execute_script("begin isolation level repeatable read read only");
        for (const Rule& rule : rules()) {
            if (wanted(rule)) {
                RuleResult result = run(rule);
                add(rule, std::move(result.findings), std::move(result.not_run));
            }
        }
        connection_.execute_script("rollback");
    }

    void run_proofs() {
        const bool any = std::ranges::any_of(proofs(), [this](const Proof& proof) { return wanted(proof); });
        if (!any && !options_.mutations) {
            return;
        }
        if (const std::optional<std::string> obstacle = Stage::find_obstacle(connection_)) {
            throw CommandError(
                ExitCode::usage,
                *obstacle + ": connect as one, to a copy if need be, or ask for the rules alone with --static"
            );
        }
        const bool ours = is_ours(connection_);
        const std::vector<NamedStatement> statements =
            !options_.statements.empty()
                ? parse_statements(read_file(options_.statements), options_.statements)
            : ours ? statements_of_our_services()
                   : std::vector<NamedStatement>{};
        if (any) {
            connection_.execute_script("begin isolation level repeatable read read write");
            Stage stage{
                connection_,
                [this] { return pg::BlockingConnection{connection_string_}; },
                options_.lens,
                statements
            };
            for (const Proof& proof : proofs()) {
                if (wanted(proof)) {
                    std::optional<std::string> not_run;
                    if (proof.id == "D6" && statements.empty()) {
                        not_run = "no statements are known; give them with --statements";
                    }
                    add(proof, not_run ? std::vector<Finding>{} : proof.run(stage, proof), not_run);
                }
            }
            connection_.execute_script("rollback");
        }
        if (options_.mutations) {
            MutationTest test{connection_string_, options_.lens, statements, allow_list_};
            std::vector<Finding> missed = test.run();
            report_.planted = test.planted();
            add(MutationTest::article, std::move(missed), std::nullopt);
        }
    }

    void add(const Article& article, std::vector<Finding> findings, std::optional<std::string> not_run) {
        allow_list_.apply(findings);
        report_.outcomes.push_back(
            {.article = &article,
             .findings = findings.size(),
             .allowed = static_cast<std::size_t>(std::ranges::count_if(findings, &Finding::allowed)),
             .not_run = std::move(not_run)}
        );
        std::ranges::move(findings, std::back_inserter(report_.findings));
    }

    const ProveOptions& options_;
    const core::SecretString& connection_string_;
    pg::BlockingConnection connection_;
    AllowList allow_list_;
    Report report_;
};

void print(const Report& report, const Screen& screen, const ProveOptions& options) {
    if (options.sarif == "-") {
        std::cout << to_sarif(report) << std::flush;
        return;
    }
    if (!options.sarif.empty()) {
        write_file(options.sarif, to_sarif(report));
    }
    if (screen.json()) {
        std::cout << to_json_lines(report);
    } else {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): single-threaded
        const bool colour =
            options.colour && ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
        std::cout << to_table(report, {.colour = colour, .all = options.all});
    }
    std::cout << std::flush;
}

}  // namespace

ExitCode prove(const Screen& screen, const ProveOptions& options) {
    if (options.list) {
        std::cout << to_list(all_articles());
        return ExitCode::success;
    }
    if (!options.explain.empty()) {
        std::cout << explain(find_article(options.explain));
        return ExitCode::success;
    }
    for (const std::string& id : options.only) {
        static_cast<void>(find_article(id));
    }
    ExitCode code = ExitCode::success;
    try {
        with_subject(options, [&](const core::SecretString& connection_string) {
            const Report report = Run{options, connection_string}.finish();
            print(report, screen, options);
            code = report.clean() ? ExitCode::success : ExitCode::failure;
        });
    } catch (const CommandError& error) {
        throw CommandError(ExitCode::usage, error.what());  // 1 is for findings
    } catch (const pg::BlockingError& error) {
        throw CommandError(
            ExitCode::usage, fmt::format("the database could not be examined: {}", first_line(error.what()))
        );
    } catch (const std::exception& error) {
        throw CommandError(ExitCode::usage, first_line(error.what()));
    }
    return code;
}

}  // namespace pz::command::prove
