#include "doctor.hpp"

#include "ports.hpp"
#include "run_record.hpp"

#include <pz/core/process.hpp>
#include <pz/pg/cluster.hpp>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace pz::command {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

enum class Verdict : std::uint8_t { good, remark, missing };

struct Finding {
    std::string what;
    std::string detail;
    Verdict verdict = Verdict::good;
};

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

/// The first line of "<tool> --version"; nullopt when the tool is not there.
std::optional<std::string> version_of(const std::string& tool, const std::string& flag = "--version") {
    try {
        const core::ProcessResult result = core::run_process({.command = {tool, flag}}, 5s);
        return first_line(result.output);
    } catch (const std::system_error&) {
        return std::nullopt;
    }
}

Finding examine_tool(
    const std::string& what, const std::string& tool, std::string_view package, Verdict when_missing
) {
    if (const std::optional<std::string> version = version_of(tool)) {
        return {what, *version};
    }
    return {what, fmt::format("{} is missing: apt-get install {}", tool, package), when_missing};
}

Finding examine_system() {
    utsname name{};
    ::uname(&name);
    const std::string release = read_file("/etc/os-release");
    constexpr std::string_view key = "PRETTY_NAME=\"";
    const std::size_t begin = release.find(key);
    const std::string pretty =
        begin == std::string::npos
            ? "Linux"
            : release.substr(begin + key.size(), release.find('"', begin + key.size()) - begin - key.size());
    return {
        "system",
        fmt::format(
            "{}, kernel {}, {}, {} cores",
            pretty,
            name.release,
            name.machine,
            std::thread::hardware_concurrency()
        )
    };
}

Finding examine_memory() {
    struct sysinfo info{};
    ::sysinfo(&info);
    const double gigabytes = static_cast<double>(info.totalram) * info.mem_unit / (1U << 30U);
    return {"memory", fmt::format("{:.1f} GB", gigabytes), gigabytes < 2 ? Verdict::remark : Verdict::good};
}

Finding examine_disk(const fs::path& state) {
    struct statvfs info{};
    if (::statvfs(state.c_str(), &info) != 0) {
        return {"disk", state.string() + " cannot be read", Verdict::remark};
    }
    const double gigabytes =
        static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize) / (1U << 30U);
    return {
        "disk",
        fmt::format("{:.1f} GB free in {}", gigabytes, state.string()),
        gigabytes < 2 ? Verdict::remark : Verdict::good
    };
}

/// The kernel knows whether somebody disciplines its clock, and how wrong it may be; no server needs to be
/// asked.
Finding examine_clock() {
    timex state{};
    const int result = ::adjtimex(&state);
    if (result == TIME_ERROR) {
        return {
            "clock",
            "not synchronised: a skew over 30 s makes other machines refuse our tokens",
            Verdict::remark
        };
    }
    return {"clock", fmt::format("synchronised, at most {} ms off", state.maxerror / 1000)};
}

Finding examine_node() {
    Finding finding = examine_tool("Node", "node", "nodejs npm", Verdict::remark);
    int major = 0;
    int minor = 0;
    if (std::sscanf(finding.detail.c_str(), "v%d.%d", &major, &minor) == 2 &&
        std::pair{major, minor} < std::pair{22, 18}) {
        finding.verdict = Verdict::remark;
        finding.detail += ": older than 22.18, so ./dev installs node@24 for itself";
    }
    return finding;
}

Finding examine_postgres() {
    try {
        const fs::path programs = pg::find_postgres_programs();
        return {"PostgreSQL", version_of(programs / "postgres").value_or(programs.string())};
    } catch (const pg::ClusterError& error) {
        return {"PostgreSQL", error.what(), Verdict::missing};
    }
}

Finding examine_nginx() {
    const std::optional<fs::path> nginx = find_nginx();
    if (!nginx) {
        return {
            "nginx", "missing, so `up` starts the API only: apt-get install nginx-light", Verdict::remark
        };
    }
    return {"nginx", version_of(nginx->string(), "-v").value_or("")};
}

/// Its start script asks the machine this and that on its standard error, so its version is not worth the
/// noise.
Finding examine_browser() {
    constexpr const char* path = "/usr/bin/chromium";
    std::error_code ignored;
    return fs::exists(path, ignored) ? Finding{"browser", path}
                                     : Finding{
                                           "browser",
                                           "missing, so browser tests are skipped: apt-get install chromium",
                                           Verdict::remark
                                       };
}

Finding examine_port(const char* service, std::uint16_t port, const std::optional<RunRecord>& running) {
    if (port_is_free(port)) {
        return {fmt::format("port {}", port), fmt::format("free for {}", service)};
    }
    const std::optional<PortOwner> owner = find_port_owner(port);
    const auto is_ours = [&] {
        for (const ProcessIdentity& process : running ? running->services : std::vector<ProcessIdentity>{}) {
            if (owner && owner->pid && process.pid == *owner->pid) {
                return true;
            }
        }
        return false;
    };
    if (is_ours()) {
        return {fmt::format("port {}", port), fmt::format("our {}", service)};
    }
    return {
        fmt::format("port {}", port), owner ? describe(port, *owner) : "cannot be bound", Verdict::remark
    };
}

}  // namespace

ExitCode examine_machine(const Workspace& workspace, const Screen& screen, const Ports& ports) {
    screen.greet(workspace.state().string());
    const std::optional<RunRecord> running = find_running(workspace);
    const std::vector<Finding> findings{
        examine_system(),
        examine_memory(),
        examine_disk(workspace.state()),
        examine_clock(),
        examine_tool("compiler", "clang++-19", "clang-19", Verdict::missing),
        examine_tool("CMake", "cmake", "cmake", Verdict::missing),
        examine_tool("Ninja", "ninja", "ninja-build", Verdict::missing),
        examine_tool("ccache", "ccache", "ccache", Verdict::remark),
        examine_node(),
        examine_postgres(),
        examine_nginx(),
        examine_browser(),
        examine_port("the web server", ports.web, running),
        examine_port("the API", ports.api, running),
        examine_port("identity", ports.identity, running),
        {"running",
         running ? fmt::format("pid {}, since {}", running->supervisor.pid, running->started_at) : "no"},
    };
    ExitCode code = ExitCode::success;
    for (const Finding& finding : findings) {
        const std::string line = fmt::format("{:<11} {}", finding.what, finding.detail);
        finding.verdict == Verdict::good ? screen.note(line) : screen.warn(line);
        if (finding.verdict == Verdict::missing) {
            code = ExitCode::missing_tool;
        }
    }
    return code;
}

}  // namespace pz::command
