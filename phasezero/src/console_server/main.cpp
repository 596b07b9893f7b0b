// console-server: the console in a container or under systemd. It fills in nginx's configuration from the
// environment, runs nginx below itself, and hands on its log lines, because nginx cannot be told to do any of
// this by environment. SIGTERM becomes nginx's SIGQUIT: what is being answered is finished, for eight seconds
// at most.

#include "console_server/settings.hpp"
#include "exit_code.hpp"
#include "nginx.hpp"

#include <pz/core/json.hpp>
#include <pz/core/process.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using namespace pz;
using namespace pz::command;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

volatile std::sig_atomic_t asked_to_end = 0;

void note_signal(int) {
    asked_to_end = 1;
}

std::string read_all(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        throw CommandError(ExitCode::failure, path.string() + " cannot be read");
    }
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_all(const fs::path& path, std::string_view text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    if (!file.flush()) {
        throw CommandError(ExitCode::failure, path.string() + " cannot be written");
    }
}

/// A directory of our own for nginx to run in; gone with this object.
class RunDirectory {
 public:
    explicit RunDirectory(const ConsoleSettings& settings) {
        std::string pattern = (fs::temp_directory_path() / "console-server-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw CommandError(ExitCode::failure, pattern + " cannot be made");
        }
        path_ = pattern;
        fs::create_directory(path_ / "temporary");
        fs::create_directory(path_ / "demo");
        fs::create_directory_symlink(settings.files / "dist", path_ / "console");
        write_all(
            path_ / "nginx.conf", console_configuration(read_all(settings.files / "nginx.conf.in"), settings)
        );
        write_all(
            path_ / "demo/config.json",
            fmt::format("{{\"environment\":{}}}\n", core::to_json(settings.environment))
        );
    }

    RunDirectory(const RunDirectory&) = delete;
    RunDirectory& operator=(const RunDirectory&) = delete;

    ~RunDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
    fs::path path_;
};

/// One line of nginx for the log: its accesses are JSON already, its complaints are not.
void hand_on(std::string_view line) {
    std::string out;
    if (line.starts_with('{')) {
        out = line;
    } else {
        const char* severity = line.contains(" [error] ") || line.contains(" [crit] ") ||
                                       line.contains(" [alert] ") || line.contains(" [emerg] ")
                                   ? "ERROR"
                                   : "WARNING";
        out =
            fmt::format("{{\"severity\":\"{}\",\"message\":{}}}", severity, core::to_json(std::string{line}));
    }
    out += '\n';
    std::fwrite(out.data(), 1, out.size(), stdout);
    std::fflush(stdout);
}

/// Both ends of a pipe. nginx opens /dev/stdout by name, which an account may do with a pipe of its own and
/// not with whatever the container gave us.
struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
        reader = ends[0];
        writer = ends[1];
    }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    ~Pipe() {
        ::close(reader);
        close_writer();
    }

    void close_writer() {
        if (writer >= 0) {
            ::close(writer);
        }
        writer = -1;
    }

    int reader = -1;
    int writer = -1;
};

/// Waits up to 100 ms for output and hands on every whole line; false once nobody can write any more.
bool forward(int reader, std::string& pending) {
    pollfd wanted{.fd = reader, .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, 100) <= 0) {
        return true;
    }
    std::array<char, 16384> buffer{};
    const ssize_t count = ::read(reader, buffer.data(), buffer.size());
    if (count <= 0) {
        return count < 0 && (errno == EINTR || errno == EAGAIN);
    }
    pending.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
        hand_on(std::string_view{pending}.substr(begin, end - begin));
    }
    pending.erase(0, begin);
    return true;
}

int serve(const ConsoleSettings& settings) {
    const auto nginx = find_nginx();
    if (!nginx) {
        throw CommandError(ExitCode::missing_tool, "nginx is not installed");
    }
    const RunDirectory directory{settings};
    Pipe log;
    core::ProcessOptions options;
    options.command = {
        nginx->string(),
        "-p",
        directory.path().string() + "/",
        "-c",
        "nginx.conf",
        "-e",
        "stderr",
        "-g",
        "daemon off;"
    };
    options.working_directory = directory.path();
    options.output = log.writer;
    options.parent_death_signal = SIGTERM;  // the master has to take its workers along
    core::Process process{options};
    log.close_writer();

    std::string pending;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    while (forward(log.reader, pending)) {
        if (asked_to_end != 0 && !deadline) {
            process.signal(SIGQUIT);
            deadline = std::chrono::steady_clock::now() + 8s;
        }
        if (deadline && std::chrono::steady_clock::now() > *deadline) {
            process.signal(SIGTERM);
        }
    }
    const int code = process.wait_for(1s).value_or(static_cast<int>(ExitCode::failure));
    return asked_to_end != 0 ? 0 : code;
}

}  // namespace

int main(int argc, char**) {
    std::signal(SIGTERM, note_signal);
    std::signal(SIGINT, note_signal);
    try {
        core::Config config = core::Config::from_environment();
        const ConsoleSettings settings = read_console_settings(config);
        config.refuse_unknown();
        if (argc > 1) {
            std::puts(
                "console-server takes its settings from the environment: docs/configuration.md has the table"
            );
            return static_cast<int>(ExitCode::usage);
        }
        return serve(settings);
    } catch (const core::ConfigError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return static_cast<int>(ExitCode::usage);
    } catch (const CommandError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return static_cast<int>(ExitCode::failure);
    }
}
