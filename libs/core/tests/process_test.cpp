#include <pz/core/process.hpp>

#include <pz/core/config.hpp>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

namespace pz::core {
namespace {

using namespace std::chrono_literals;

ProcessOptions shell(const std::string& script) {
    return {.command = {"sh", "-c", script}};
}

/// A zombie that its new parent has not reaped yet has ended: it has no memory, no files, no sockets.
bool exists(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(')');
    return name_end != std::string::npos && text.compare(name_end, 3, ") Z") != 0;
}

bool ends_within(pid_t pid, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (exists(pid) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(5ms);
    }
    return !exists(pid);
}

TEST(Process, reports_exit_codes_and_signals) {
    EXPECT_EQ(Process{shell("exit 7")}.wait_for(5s), 7);
    EXPECT_EQ(Process{shell("kill -TERM $$")}.wait_for(5s), 128 + SIGTERM);
    EXPECT_EQ(Process{shell("sleep 30")}.wait_for(20ms), std::nullopt);
}

TEST(Process, names_a_program_that_is_not_there) {
    try {
        const Process process{{.command = {"no-such-program"}}};
        FAIL() << "started";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code().value(), ENOENT);
        EXPECT_NE(std::string{error.what()}.find("no-such-program"), std::string::npos);
    }
}

TEST(Process, names_a_directory_it_could_not_enter) {
    try {
        const Process process{{.command = {"/bin/true"}, .working_directory = "/no/such/place"}};
        FAIL() << "started";
    } catch (const std::system_error& error) {
        EXPECT_NE(std::string{error.what()}.find("/no/such/place"), std::string::npos);
    }
}

TEST(Process, collects_both_outputs_in_order) {
    const ProcessResult result = run_process(shell("echo one; echo two >&2; echo three; exit 3"), 5s);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(result.output, "one\ntwo\nthree\n");
}

TEST(Process, kills_a_tool_at_its_limit) {
    const auto start = std::chrono::steady_clock::now();
    const ProcessResult result = run_process(shell("echo started; sleep 30"), 200ms);
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_EQ(result.output, "started\n");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(Process, replaces_the_environment) {
    ProcessOptions options = shell("echo \"$PZ_GREETING-${HOME:-none}\"");
    options.command[0] = "/bin/sh";
    options.environment = {"PZ_GREETING=hello"};
    EXPECT_EQ(run_process(options, 5s).output, "hello-none\n");
}

TEST(Process, becomes_another_account_when_root) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can change accounts";
    }
    ProcessOptions options = shell("id -un; id -gn");
    options.user = "nobody";
    EXPECT_EQ(run_process(options, 5s).output, "nobody\nnogroup\n");
}

TEST(Process, leaves_no_core_and_no_readable_memory_when_hardened) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        rlimit core{};
        rlimit files{};
        const bool enough = harden_this_process() > 0 && ::getrlimit(RLIMIT_NOFILE, &files) == 0 &&
                            (files.rlim_cur >= 20'000 || files.rlim_cur == files.rlim_max);
        const bool secret =
            ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0;
        ::_exit(enough && secret ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST(Process, gives_each_child_a_session_of_its_own) {
    ProcessOptions options =
        shell("read -r pid name state parent group session rest < /proc/self/stat; echo $pid $group $session"
        );
    std::istringstream text{run_process(options, 5s).output};
    pid_t pid = 0;
    pid_t group = 0;
    pid_t session = 0;
    ASSERT_TRUE(text >> pid >> group >> session);
    EXPECT_EQ(group, pid);
    EXPECT_EQ(session, pid);
    EXPECT_NE(session, ::getsid(0));
}

TEST(Process, yields_to_other_sessions_only_when_it_leads_one) {
    const auto in_a_child = [](bool leads) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (leads) {
                ::setsid();
            }
            const bool yielded = yield_to_other_sessions();
            std::ifstream file("/proc/self/autogroup");
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            // Where the kernel has no autogroups there is nothing to read, and it must say so.
            const bool nice = text.ends_with(" nice 10\n");
            ::_exit(leads ? (yielded == !text.empty() && yielded == nice ? 0 : 1) : (yielded ? 1 : 0));
        }
        int status = -1;
        return ::waitpid(child, &status, 0) == child ? status : -1;
    };
    EXPECT_EQ(in_a_child(true), 0);
    EXPECT_EQ(in_a_child(false), 0);
}

TEST(Process, takes_its_group_along_when_it_is_destroyed) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    pid_t grandchild = 0;
    {
        ProcessOptions options = shell("sleep 60 & echo $!; wait");
        options.output = ends[1];
        const Process process{options};
        char text[32] = {};
        ASSERT_GT(::read(ends[0], text, sizeof text - 1), 0);
        grandchild = std::stoi(text);
        EXPECT_TRUE(exists(grandchild));
    }
    EXPECT_TRUE(ends_within(grandchild, 2s));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(Process, ends_when_its_parent_is_killed) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t parent = ::fork();
    ASSERT_GE(parent, 0);
    if (parent == 0) {
        const Process child{{.command = {"sleep", "60"}}};
        const pid_t pid = child.pid();
        if (::write(ends[1], &pid, sizeof pid) == sizeof pid) {
            ::pause();
        }
        ::_exit(0);
    }
    pid_t child = 0;
    ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
    EXPECT_TRUE(exists(child));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(ends_within(child, 2s));
    ::close(ends[0]);
    ::close(ends[1]);
}

/// In a child of its own, because the socket has to be file descriptor 3: what take_passed_socket() does
/// there.
enum class Taken : std::uint8_t { nothing, three, refused, something_else };

Taken take_in_a_child(int passed, const char* count, bool meant_for_us) {
    const pid_t child = ::fork();
    if (child == 0) {
        // NOLINTBEGIN(concurrency-mt-unsafe): one thread
        ::dup2(passed, 3);
        ::setenv("LISTEN_FDS", count, 1);
        ::setenv("LISTEN_PID", std::to_string(meant_for_us ? ::getpid() : ::getppid()).c_str(), 1);
        // NOLINTEND(concurrency-mt-unsafe)
        Taken taken = Taken::something_else;
        try {
            const std::optional<int> socket = take_passed_socket();
            taken = !socket ? Taken::nothing : *socket == 3 ? Taken::three : Taken::something_else;
        } catch (const ConfigError&) {
            taken = Taken::refused;
        }
        ::_exit(static_cast<int>(taken));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return static_cast<Taken>(WEXITSTATUS(status));
}

TEST(PassedSocket, is_taken_when_it_listens_and_is_meant_for_this_process) {
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::listen(listening, 1), 0);
    const int idle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(take_in_a_child(listening, "1", /*meant_for_us=*/true), Taken::three);
    EXPECT_EQ(take_in_a_child(listening, "1", /*meant_for_us=*/false), Taken::nothing);
    EXPECT_EQ(take_in_a_child(listening, "2", /*meant_for_us=*/true), Taken::refused);
    EXPECT_EQ(take_in_a_child(idle, "1", /*meant_for_us=*/true), Taken::refused);
    ::close(listening);
    ::close(idle);
}

TEST(Supervisor, is_told_when_it_wants_to_know) {
    const std::string name = "@pz-test-notify-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(&address.sun_path[0], name.size());
    address.sun_path[0] = '\0';
    const int supervisor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(supervisor, reinterpret_cast<const sockaddr*>(&address), size), 0);
    tell_supervisor_ready();                     // nobody asked
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
    tell_supervisor_ready();
    ::unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
    std::array<char, 64> message{};
    const ssize_t length = ::recv(supervisor, message.data(), message.size(), 0);
    EXPECT_EQ(std::string(message.data(), static_cast<std::size_t>(length)), "READY=1");
    EXPECT_EQ(::recv(supervisor, message.data(), message.size(), MSG_DONTWAIT), -1);
    ::close(supervisor);
}

}  // namespace
}  // namespace pz::core
