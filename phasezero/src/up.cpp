#include "up.hpp"

#include "local_database.hpp"
#include "plan.hpp"
#include "run_record.hpp"
#include "services.hpp"
#include "signals.hpp"
#include "smoke.hpp"
#include "supervisor.hpp"
#include "watch.hpp"

#include <pz/core/clock.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace pz::command {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds ready_limit = 10s;
constexpr milliseconds drain_limit = 3s;

milliseconds since(steady_clock::time_point start) {
    return duration_cast<milliseconds>(steady_clock::now() - start);
}

ReadyReport ready_report(const RunRecord& record, const UpOptions& options) {
    const auto url = [](std::int64_t port) { return local_url(static_cast<std::uint16_t>(port)); };
    return {
        .duration = since(options.started),
        .build = options.build_note.starts_with("build") ? options.build_note : "build " + options.build_note,
        .database = {},
        .web = record.web_port != 0 ? url(record.web_port) : "not started",
        .api = url(record.api_port),
        .identity = url(record.identity_port),
        .command = options.called_as,
        .web_runs = record.web_port != 0,
    };
}

/// Somebody else holds the lock: tell what runs, once it does. Changes nothing.
ExitCode report_running(const Workspace& workspace, const Screen& screen, const UpOptions& options) {
    if (options.reset) {
        throw CommandError(
            ExitCode::failure, "Phase Zero is running: stop it first (" + options.called_as + " down)"
        );
    }
    const auto deadline = steady_clock::now() + 60s;
    std::optional<RunRecord> record = find_running(workspace);
    if (!record || !record->ready) {
        screen.note("Phase Zero is being started by another process; waiting for it");
    }
    while ((!record || !record->ready) && steady_clock::now() < deadline) {
        std::this_thread::sleep_for(100ms);
        record = find_running(workspace);
        if (!record && SupervisorLock::try_take(workspace)) {
            throw CommandError(ExitCode::failure, "the other start did not succeed; run it again");
        }
    }
    if (!record || !record->ready) {
        throw CommandError(
            ExitCode::failure, "the other start takes too long; see " + options.called_as + " status"
        );
    }
    screen.note(fmt::format(
        "already running (pid {}, since {}): nothing changed", record->supervisor.pid, record->started_at
    ));
    ReadyReport report = ready_report(*record, options);
    report.database = "db untouched";
    screen.ready(report);
    return ExitCode::success;
}

/// One run of everything. Its members are ended in reverse order: services first, then PostgreSQL.
class Run {
 public:
    Run(const Workspace& workspace, const Screen& screen, const UpOptions& options)
        : workspace_(workspace),
          screen_(screen),
          options_(options),
          supervisor_(screen, signals_, workspace.logs()) {}

    /// Returns when it was told to stop.
    ExitCode operator()() {
        try {
            start();
            stay();
        } catch (...) {
            stop();
            throw;
        }
        stop();
        return signals_.by_keyboard() ? ExitCode::interrupted : ExitCode::success;
    }

 private:
    void start() {
        record_.started_at = core::to_string(core::SystemClock{}.now()).substr(0, 19) + "Z";
        record_.supervisor = identify("phasezero", ::getpid());
        const std::optional<RunRecord> earlier = load_run_record(workspace_);
        save(workspace_, record_);
        choose_ports(earlier);
        start_postgres();
        start_service(plan_identity(workspace_, ports_));
        start_service(plan_api(workspace_, ports_));
        start_web();
        if (options_.smoke_test) {
            smoke_test();
        }
        record_.ready = true;
        save(workspace_, record_);
        ReadyReport report = ready_report(record_, options_);
        report.database = cluster_->created() ? "db created" : "db reused";
        screen_.ready(report);
    }

    void choose_ports(const std::optional<RunRecord>& earlier) {
        const auto start = steady_clock::now();
        const PortDialogue dialogue{
            .say = [this](const std::string& text) { screen_.warn(text); },
            .confirm = [this](const std::string& question) { return screen_.confirm(question); },
            .is_ours =
                [&](pid_t pid) {
                    return earlier &&
                           std::ranges::any_of(earlier->services, [&](const ProcessIdentity& service) {
                               return service.pid == pid && is_alive(service);
                           });
                },
        };
        const TakenPort policy = options_.taken_port == TakenPort::ask && !screen_.interactive()
                                     ? TakenPort::next_free
                                     : options_.taken_port;
        ports_ = options_.ports;
        std::vector<std::uint16_t> given;
        const auto choose = [&](const char* service, std::uint16_t& port) {
            port = choose_port(
                {.service = service, .wanted = port, .policy = policy, .reserved = given}, dialogue
            );
            given.push_back(port);
        };
        choose("identity", ports_.identity);
        choose("api", ports_.api);
        choose("web", ports_.web);
        screen_.step(
            "ports",
            fmt::format("web {}, api {}, identity {}", ports_.web, ports_.api, ports_.identity),
            since(start)
        );
        record_.api_port = ports_.api;
        record_.identity_port = ports_.identity;
    }

    void start_postgres() {
        auto start = steady_clock::now();
        try {
            cluster_ = start_database(workspace_, [this] { return !supervisor_.asked_to_stop(); });
            screen_.step(
                "database",
                cluster_->created() ? "private PostgreSQL created" : "private PostgreSQL reused",
                since(start)
            );
            note_process(identify("postgres", cluster_->pid()));
            stop_if_asked();

            start = steady_clock::now();
            const pg::MigrationReport report = migrate_local(workspace_);
            const std::string migrations =
                report.applied.empty()
                    ? fmt::format("up to date (migration {})", report.version)
                    : fmt::format("{} applied, now at {}", report.applied.size(), report.version);
            screen_.step("migrate", migrations, since(start));
            stop_if_asked();

            start = steady_clock::now();
            seed_demo(workspace_);
            screen_.step("seed", "demo organizations and accounts are in place", since(start));
            stop_if_asked();
        } catch (const pg::ClusterError& error) {
            stop_if_asked();
            throw CommandError(ExitCode::failure, error.what());
        } catch (const pg::MigrationError& error) {
            throw CommandError(ExitCode::failure, error.what());
        }
    }

    void start_service(ServicePlan plan) {
        const std::string name = plan.name;
        supervisor_.start(std::move(plan));
        note_process(supervisor_.processes().back());
        const milliseconds duration = supervisor_.wait_until_ready(name, ready_limit);
        screen_.step(name, "ready", duration);
    }

    void start_web() {
        const bool development =
            options_.watch && fs::exists(workspace_.console() / "node_modules/vite/bin/vite.js");
        const std::optional<std::string> missing =
            development ? std::nullopt : web_server_missing(workspace_);
        if (missing) {
            screen_.warn("API only: " + *missing);
            return;
        }
        record_.web_port = ports_.web;
        start_service(development ? plan_development_web(workspace_, ports_) : plan_web(workspace_, ports_));
    }

    void smoke_test() {
        const auto start = steady_clock::now();
        const SmokeTargets targets{
            .identity = local_url(record_.web_port != 0 ? ports_.web : ports_.identity),
            .api = local_url(record_.web_port != 0 ? ports_.web : ports_.api),
        };
        // Asked while a request is under way: also keeps the services' log pipes from filling up.
        const auto keep_going = [this] {
            supervisor_.pump(0ms);
            return !supervisor_.asked_to_stop();
        };
        try {
            const std::string done = run_smoke_test(targets, keep_going);
            screen_.step("smoke", done, since(start));
        } catch (const CommandError&) {
            stop_if_asked();
            throw;
        }
    }

    /// Until we are asked to stop, or a service ends by itself.
    void stay() {
        supervisor_.show_logs();
        std::optional<SourceWatch> watch;
        if (options_.watch) {
            watch.emplace(workspace_.root(), program_directory(), screen_);
            supervisor_.also_watch(watch->descriptor());
            screen_.note("watching the sources; a change rebuilds and restarts what it touches");
        }
        while (!supervisor_.asked_to_stop()) {
            supervisor_.pump(200ms);
            if (watch) {
                restart_changed(*watch);
            }
            if (std::optional<std::string> end = supervisor_.take_unexpected_end()) {
                if (!watch) {
                    throw CommandError(ExitCode::failure, *end);
                }
                screen_.warn(*end + "\nwaiting for the next change");
            }
            if (cluster_->poll_exit()) {
                throw CommandError(
                    ExitCode::failure,
                    "PostgreSQL ended by itself\n" + last_lines(read_file(cluster_->log_file()), 30)
                );
            }
        }
    }

    void restart_changed(SourceWatch& watch) {
        for (const std::string& name : watch.rebuilt_services()) {
            try {
                supervisor_.restart(name);
                for (const ProcessIdentity& process : supervisor_.processes()) {
                    note_process(process);
                }
                screen_.step(
                    name, "rebuilt and ready again", supervisor_.wait_until_ready(name, ready_limit)
                );
            } catch (const CommandError& error) {
                stop_if_asked();
                screen_.warn(std::string{error.what()} + "\nwaiting for the next change");
            }
        }
    }

    void stop() {
        const auto start = steady_clock::now();
        const int requests = signals_.stop_requests();
        if (requests > 0) {
            screen_.note("stopping");
        }
        supervisor_.stop(requests > 1 ? 0ms : drain_limit);
        if (cluster_) {
            // The second request means "now": an immediate stop, which the next start repairs from the log.
            cluster_->stop(signals_.stop_requests() > 1 ? 0ms : 5s);
        }
        forget(workspace_);
        if (requests > 0) {
            screen_.note("stopped in " + format_duration(since(start)));
        }
    }

    void stop_if_asked() {
        if (supervisor_.asked_to_stop()) {
            throw CommandError(ExitCode::interrupted, "stopped");
        }
    }

    /// In the record for other terminals; a restarted service takes its old entry's place.
    void note_process(const ProcessIdentity& process) {
        const auto known = std::ranges::find(record_.services, process.name, &ProcessIdentity::name);
        if (known == record_.services.end()) {
            record_.services.push_back(process);
        } else {
            *known = process;
        }
        save(workspace_, record_);
    }

    const Workspace& workspace_;
    const Screen& screen_;
    const UpOptions& options_;
    Signals signals_;
    Ports ports_;
    RunRecord record_;
    std::unique_ptr<pg::LocalCluster> cluster_;
    Supervisor supervisor_;
};

}  // namespace

ExitCode up(const Workspace& workspace, const Screen& screen, const UpOptions& options) {
    screen.greet(workspace.state().string());
    if (options.plan_only) {
        int number = 0;
        for (const std::string& step : describe_plan(workspace, options)) {
            screen.note(fmt::format("{}. {}", ++number, step));
        }
        return ExitCode::success;
    }
    workspace.create();
    const std::optional<SupervisorLock> lock = SupervisorLock::try_take(workspace);
    if (!lock) {
        return report_running(workspace, screen, options);
    }
    if (options.reset) {
        reset_state(workspace, screen, options.confirm_reset);
    }
    return Run{workspace, screen, options}();
}

void reset_state(const Workspace& workspace, const Screen& screen, const std::string& confirmation) {
    screen.warn(
        fmt::format("this deletes the database and its keys in {} for good", workspace.state().string())
    );
    const std::string typed =
        confirmation.empty() ? screen.ask(fmt::format("Type {} to go on: ", workspace.id())) : confirmation;
    if (typed != workspace.id()) {
        throw CommandError(
            ExitCode::usage,
            fmt::format("nothing was deleted; to confirm, type {0} (or use --confirm {0})", workspace.id())
        );
    }
    for (const fs::path& path :
         {workspace.cluster(), workspace.secrets(), workspace.mail(), workspace.audit(), workspace.run()}) {
        fs::remove_all(path);
    }
    workspace.create();
    screen.note("deleted");
}

}  // namespace pz::command
