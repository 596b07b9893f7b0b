#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pz::core {

/// For a service, first thing: no core dump and no other process of its account may read its memory (keys,
/// tokens), and as many file descriptors as the account allows, 20,000 at most unless there are more already.
/// Returns how many it may open.
std::size_t harden_this_process();

/// For a service that computes much more than it serves: gives the session it leads the niceness 10, so that
/// where Linux weighs whole sessions against each other (sched(7), "The autogroup feature") the others wait
/// less for a core. A thread's own niceness says nothing there beyond its session. True if it took; false
/// where this process leads no session or the kernel has no autogroups, which changes nothing.
bool yield_to_other_sessions() noexcept;

/// The listening socket that a supervisor has handed over in systemd's way (LISTEN_PID and LISTEN_FDS,
/// sd_listen_fds(3)), so that a successor can take connections before its predecessor has ended; nullopt
/// without one. The caller owns it. Throws ConfigError when what was passed is not one listening socket.
std::optional<int> take_passed_socket();

/// Tells a supervisor that wants to know (NOTIFY_SOCKET, sd_notify(3)) that this process serves; nothing
/// without one.
void tell_supervisor_ready() noexcept;

/// How a child process is started. The defaults are those of a tool that the parent waits for.
struct ProcessOptions {
    std::vector<std::string> command;  ///< command[0] is a path, or a name that is looked up in PATH
    /// "NAME=value" entries that replace the whole environment; nullopt: the parent's own.
    std::optional<std::vector<std::string>> environment{};
    std::filesystem::path working_directory{};  ///< empty: the parent's
    /// The account to become (user, group and supplementary groups); empty: stay who we are. Needs root.
    std::string user{};
    int input = -1;   ///< becomes standard input; -1: /dev/null
    int output = -1;  ///< becomes standard output and standard error; -1: the parent's own
    /// Sent by the kernel to the child when the thread that started it ends, however it ends.
    int parent_death_signal = SIGKILL;
};

/// A child process in a session of its own, as a supervisor starts it, that cannot outlive its parent. Not
/// copyable; the destructor kills its process group and reaps the child if nobody has waited for it. Start it
/// from a thread that lives as long as the child should: the kernel's parent-death signal is tied to that
/// thread.
class Process {
 public:
    /// Returns when the new program runs; throws std::system_error that names the failing step otherwise.
    explicit Process(const ProcessOptions& options);
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    ~Process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// False once the child has been reaped by wait_for() or poll_exit().
    [[nodiscard]] bool running() const noexcept { return running_; }

    /// Sends a signal to the child alone, or to its whole group. Harmless after the end.
    void signal(int number) const noexcept;
    void signal_group(int number) const noexcept;

    /// Reaps the child if it has ended: its exit code, or 128 + the signal that ended it.
    std::optional<int> poll_exit() noexcept;
    /// The same, waiting at most `limit`.
    std::optional<int> wait_for(std::chrono::milliseconds limit) noexcept;

 private:
    pid_t pid_ = -1;
    bool running_ = false;
    std::optional<int> exit_;
};

/// What a finished tool left behind.
struct ProcessResult {
    int exit_code = 0;
    std::string output;  ///< standard output and standard error, as they came
};

/// Runs a tool to its end, or kills it at the limit (exit code 128 + SIGKILL).
ProcessResult run_process(ProcessOptions options, std::chrono::milliseconds limit);

}  // namespace pz::core
