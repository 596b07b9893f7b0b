#include "commands.hpp"

#include "http_client.hpp"
#include "local_database.hpp"
#include "run_record.hpp"
#include "services.hpp"
#include "up.hpp"

#include <pz/core/config.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

RunRecord require_running(const Workspace& workspace) {
    if (std::optional<RunRecord> record = find_running(workspace)) {
        return *record;
    }
    throw CommandError(ExitCode::failure, "Phase Zero is not running: start it with ./dev up");
}

Ports ports_of(const RunRecord& record) {
    const Ports usual;
    return {
        .web = record.web_port != 0 ? static_cast<std::uint16_t>(record.web_port) : usual.web,
        .api = static_cast<std::uint16_t>(record.api_port),
        .identity = static_cast<std::uint16_t>(record.identity_port),
    };
}

bool wait_until_gone(const ProcessIdentity& process, milliseconds limit) {
    const auto deadline = steady_clock::now() + limit;
    while (is_alive(process) && steady_clock::now() < deadline) {
        std::this_thread::sleep_for(10ms);
    }
    return !is_alive(process);
}

/// A file that is followed: what was appended since, also across a rotation.
class FollowedFile {
 public:
    FollowedFile(std::string name, fs::path path) : name_(std::move(name)), path_(std::move(path)) {}

    void print_last(const Screen& screen, std::size_t number, int lines) {
        const std::string text = read_file(path_);
        position_ = text.size();
        inode_ = current_inode();
        print(screen, number, last_lines(text, lines));
    }

    void print_new(const Screen& screen, std::size_t number) {
        if (current_inode() != inode_) {
            inode_ = current_inode();
            position_ = 0;
        }
        std::ifstream file(path_, std::ios::binary);
        file.seekg(static_cast<std::streamoff>(position_));
        std::string text{std::istreambuf_iterator<char>(file), {}};
        text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
        position_ += text.size();
        print(screen, number, text);
    }

 private:
    [[nodiscard]] ino_t current_inode() const {
        struct stat state{};
        return ::stat(path_.c_str(), &state) == 0 ? state.st_ino : 0;
    }

    void print(const Screen& screen, std::size_t number, std::string_view text) const {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            screen.log_line(number, name_, text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    std::string name_;
    fs::path path_;
    std::size_t position_ = 0;
    ino_t inode_ = 0;
};

/// For a shell: in single quotes, with those inside written as '\''.
std::string shell_quote(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "'\\''" : std::string{c};
    }
    return out + "'";
}

/// Sets libpq's own variables. Not an argument, which every account could read with ps: another account
/// cannot read our environment.
void export_connection(const core::SecretString& connection_string) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> settings{
        PQconninfoParse(connection_string.reveal().c_str(), nullptr), &PQconninfoFree
    };
    for (const PQconninfoOption* setting = settings.get(); setting != nullptr && setting->keyword != nullptr;
         ++setting) {
        if (setting->val != nullptr && setting->envvar != nullptr) {
            ::setenv(setting->envvar, setting->val, 1);  // NOLINT(concurrency-mt-unsafe): single-threaded
        }
    }
}

std::string find_tenant(const Workspace& workspace, const std::string& tenant) {
    pg::BlockingConnection connection{
        pg::cluster_connection_string(workspace.cluster(), pg::LocalCluster::superuser, database_name)
    };
    const pg::TextResult found =
        connection.query("SELECT id::text FROM platform.tenant WHERE slug = $1 OR id::text = $1", {tenant});
    if (found.rows.empty()) {
        throw CommandError(ExitCode::usage, "there is no organization " + tenant);
    }
    return found.rows.front().front().value();
}

}  // namespace

ExitCode down(const Workspace& workspace, const Screen& screen) {
    const std::optional<RunRecord> record = find_running(workspace);
    if (!record) {
        screen.note("nothing is running");
        return ExitCode::success;
    }
    const auto start = steady_clock::now();
    ::kill(static_cast<pid_t>(record->supervisor.pid), SIGTERM);
    if (!wait_until_gone(record->supervisor, 12s)) {
        screen.warn("the supervisor does not stop; killing it, which takes the services along");
        ::kill(static_cast<pid_t>(record->supervisor.pid), SIGKILL);
        wait_until_gone(record->supervisor, 2s);
    }
    for (const ProcessIdentity& service : record->services) {
        if (!wait_until_gone(service, 5s)) {
            throw CommandError(
                ExitCode::failure, fmt::format("{} (pid {}) is still there", service.name, service.pid)
            );
        }
    }
    screen.step("down", "everything has stopped", duration_cast<milliseconds>(steady_clock::now() - start));
    return ExitCode::success;
}

ExitCode status(const Workspace& workspace, const Screen& screen) {
    const std::optional<RunRecord> record = find_running(workspace);
    if (!record) {
        screen.note("not running; the state is kept in " + workspace.state().string());
        return ExitCode::failure;
    }
    const std::map<std::string, std::int64_t> ports{
        {"identity", record->identity_port}, {"api", record->api_port}, {"web", record->web_port}
    };
    screen.note(fmt::format("running since {}, pid {}", record->started_at, record->supervisor.pid));
    HttpClient client;
    bool all_ready = record->ready;
    for (const ProcessIdentity& service : record->services) {
        const auto port = ports.find(service.name);
        if (port == ports.end()) {
            screen.note(fmt::format(
                "{:<10} pid {:<8} {}", service.name, service.pid, is_alive(service) ? "runs" : "gone"
            ));
            continue;
        }
        const std::string url = local_url(static_cast<std::uint16_t>(port->second));
        const HttpAnswer answer =
            client.request("GET", url + (service.name == "web" ? "/" : "/readyz"), {}, {}, 2s);
        all_ready = all_ready && answer.status == 200;
        const std::string state = answer.status == 200 ? "ready"
                                  : answer.status != 0 ? fmt::format("not ready ({})", answer.status)
                                                       : "no answer";
        screen.note(fmt::format("{:<10} pid {:<8} {:<16} {}", service.name, service.pid, state, url));
    }
    return all_ready ? ExitCode::success : ExitCode::failure;
}

ExitCode logs(const Workspace& workspace, const Screen& screen, const LogOptions& options) {
    const std::vector<std::string> known{"identity", "api", "web", "postgres"};
    std::vector<std::pair<std::size_t, FollowedFile>> files;
    for (const std::string& name : options.services.empty() ? known : options.services) {
        const auto position = std::ranges::find(known, name);
        if (position == known.end()) {
            throw CommandError(
                ExitCode::usage, "there is no log of " + name + "; known are identity, api, web, postgres"
            );
        }
        fs::path path =
            name == "postgres" ? workspace.cluster() / "postgres.log" : workspace.logs() / (name + ".log");
        files.emplace_back(
            static_cast<std::size_t>(position - known.begin()), FollowedFile{name, std::move(path)}
        );
    }
    for (auto& [number, file] : files) {
        file.print_last(screen, number, options.lines);
    }
    while (options.follow) {
        std::this_thread::sleep_for(200ms);
        for (auto& [number, file] : files) {
            file.print_new(screen, number);
        }
    }
    return ExitCode::success;
}

ExitCode psql(const Workspace& workspace, const PsqlOptions& options) {
    static_cast<void>(require_running(workspace));
    const std::string tenant = options.tenant.empty() ? "" : find_tenant(workspace, options.tenant);
    const std::string role = !options.role.empty() ? options.role
                             : tenant.empty()      ? std::string{pg::LocalCluster::superuser}
                                                   : "pz_app";
    export_connection(pg::cluster_connection_string(workspace.cluster(), role, database_name));
    if (!tenant.empty()) {
        ::setenv("PGOPTIONS", ("-c app.current_tenant=" + tenant).c_str(), 1);
    }
    std::vector<std::string> command{(pg::find_postgres_programs() / "psql").string()};
    command.insert(command.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> pointers;
    pointers.reserve(command.size() + 1);
    for (std::string& word : command) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    ::execv(command.front().c_str(), pointers.data());
    throw CommandError(
        ExitCode::missing_tool, "psql did not start: " + std::generic_category().message(errno)
    );
}

ExitCode print_environment(const Workspace& workspace, const std::string& service) {
    const std::optional<RunRecord> record = find_running(workspace);
    const Ports ports = record ? ports_of(*record) : Ports{};
    workspace.create();
    const ServiceEnvironment environment =
        service == "identity" ? identity_environment(workspace, ports) : api_environment(workspace, ports);
    for (const auto& [name, value] : environment) {
        if (name.starts_with("PZ_") || name == "PORT" || name == "REQUIRE_AUTH") {
            std::cout << "export " << name << '=' << shell_quote(value) << '\n';
        }
    }
    return ExitCode::success;
}

ExitCode migrate_database(const Workspace& workspace, const Screen& screen, const std::string& migrations) {
    const auto start = steady_clock::now();
    pg::MigrationReport report;
    core::Config config = core::Config::from_environment();
    const bool elsewhere =
        std::getenv("PZ_DATABASE_MIGRATOR") != nullptr ||     // NOLINT(concurrency-mt-unsafe)
        std::getenv("PZ_DATABASE_MIGRATOR_FILE") != nullptr;  // NOLINT(concurrency-mt-unsafe)
    if (elsewhere) {
        report = pg::migrate(
            config.required_secret("PZ_DATABASE_MIGRATOR", "connection string of pz_migrator"),
            pg::load_migrations(migrations.empty() ? pg::find_migrations() : fs::path{migrations}),
            [&](const std::string& name) { screen.note("applying " + name); }
        );
    } else {
        with_database(workspace, [&] { report = migrate_local(workspace, migrations); });
    }
    screen.step(
        "migrate",
        report.applied.empty() ? fmt::format("up to date (migration {})", report.version)
                               : fmt::format("{} applied, now at {}", report.applied.size(), report.version),
        duration_cast<milliseconds>(steady_clock::now() - start)
    );
    return ExitCode::success;
}

ExitCode seed(const Workspace& workspace, const Screen& screen) {
    const auto start = steady_clock::now();
    with_database(workspace, [&] {
        static_cast<void>(migrate_local(workspace));
        seed_demo(workspace);
    });
    screen.step(
        "seed",
        "demo organizations and accounts are in place",
        duration_cast<milliseconds>(steady_clock::now() - start)
    );
    return ExitCode::success;
}

ExitCode reset(const Workspace& workspace, const Screen& screen, const std::string& confirmation) {
    const std::optional<SupervisorLock> lock = SupervisorLock::try_take(workspace);
    if (!lock) {
        throw CommandError(ExitCode::failure, "Phase Zero is running: stop it first (./dev down)");
    }
    reset_state(workspace, screen, confirmation);
    return ExitCode::success;
}

}  // namespace pz::command
