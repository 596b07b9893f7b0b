#include <pz/core/process.hpp>

#include <pz/core/config.hpp>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

namespace pz::core {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FileDescriptor {
 public:
    explicit FileDescriptor(int number = -1) noexcept : number_(number) {}

    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;

    ~FileDescriptor() { close(); }

    [[nodiscard]] int number() const noexcept { return number_; }

    void close() noexcept {
        if (number_ >= 0) {
            ::close(std::exchange(number_, -1));
        }
    }

 private:
    int number_;
};

[[noreturn]] void fail(int error, const std::string& what) {
    throw std::system_error(error, std::generic_category(), what);
}

/// An account, looked up before fork(): after it only async-signal-safe calls are allowed.
struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
};

Account find_account(const std::string& name) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    const int error = getpwnam_r(name.c_str(), &entry, text.data(), text.size(), &found);
    if (found == nullptr) {
        fail(error == 0 ? ENOENT : error, "there is no account " + name);
    }
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count) < 0) {
        fail(E2BIG, "the account " + name + " is in too many groups");
    }
    groups.resize(static_cast<std::size_t>(count));
    return {entry.pw_uid, entry.pw_gid, std::move(groups)};
}

/// What execvp() would run, resolved before fork().
std::string find_program(const std::string& name) {
    if (name.find('/') != std::string::npos) {
        return name;
    }
    const char* path =
        std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody here writes the environment
    std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string candidate = std::string{rest.substr(0, end)} + "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    fail(ENOENT, "there is no program " + name);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Which step of becoming the new program failed; travels through a pipe from the child.
enum class Step : int { none, account, directory, output, parent, program };

struct Failure {
    Step step = Step::none;
    int error = 0;
};

std::string describe(Step step, const ProcessOptions& options) {
    switch (step) {
        case Step::account:
            return "could not become the account " + options.user;
        case Step::directory:
            return "could not enter the directory " + options.working_directory.string() +
                   (options.user.empty() ? "" : " as " + options.user);
        case Step::output:
            return "could not redirect the output";
        case Step::parent:
            return "the parent ended first";
        default:
            return "could not run " + options.command.front();
    }
}

/// Everything the child needs, prepared by the parent.
struct Plan {
    const char* program;
    char* const* arguments;
    char* const* environment;
    const char* directory;
    const Account* account;
    int input;
    int output;
    int parent_death_signal;
    pid_t parent;
    int report;
};

/// The child's part: async-signal-safe calls only.
[[noreturn]] void become(const Plan& plan) noexcept {
    Failure failure;
    const auto give_up = [&](Step step) {
        failure = {step, errno};
        [[maybe_unused]] const ssize_t written = ::write(plan.report, &failure, sizeof failure);
        ::_exit(127);
    };
    ::setsid();
    for (int number = 1; number < NSIG; ++number) {
        ::signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);

    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (::dup2(plan.input >= 0 ? plan.input : null, STDIN_FILENO) < 0) {
        give_up(Step::output);
    }
    if (plan.output >= 0 &&
        (::dup2(plan.output, STDOUT_FILENO) < 0 || ::dup2(plan.output, STDERR_FILENO) < 0)) {
        give_up(Step::output);
    }
    // Whatever a library of ours forgot to mark: the child gets three descriptors and no more.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);

    if (plan.account != nullptr &&
        (::setgroups(plan.account->groups.size(), plan.account->groups.data()) != 0 ||
         ::setgid(plan.account->group) != 0 || ::setuid(plan.account->user) != 0)) {
        give_up(Step::account);
    }
    if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
        give_up(Step::directory);
    }
    // After the change of account, which would clear it; then look whether the parent died in between.
    ::prctl(PR_SET_PDEATHSIG, plan.parent_death_signal);
    if (::getppid() != plan.parent) {
        give_up(Step::parent);
    }
    ::execve(plan.program, plan.arguments, plan.environment);
    give_up(Step::program);
    ::_exit(127);
}

int exit_code_of(int status) noexcept {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::size_t harden_this_process() {
    constexpr rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    // A core_pattern that pipes into a program does not look at the limit, but does not dump the undumpable.
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0) {
        fail(errno, "forbidding core dumps");
    }
    constexpr rlim_t wanted_files = 20'000;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
        fail(errno, "reading the limit of open files");
    }
    if (files.rlim_cur < wanted_files) {
        files.rlim_cur = std::min(wanted_files, files.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &files) != 0) {
            fail(errno, "raising the limit of open files");
        }
    }
    return files.rlim_cur;
}

bool yield_to_other_sessions() noexcept {
    if (::getsid(0) != ::getpid()) {
        return false;  // a terminal's session, or a test's: its other processes are not ours to slow down
    }
    constexpr std::string_view niceness = "10";
    const FileDescriptor file{::open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)};
    return ::write(file.number(), niceness.data(), niceness.size()) == static_cast<ssize_t>(niceness.size());
}

std::optional<int> take_passed_socket() {
    constexpr int first_passed = 3;
    // NOLINTBEGIN(concurrency-mt-unsafe): at the start, before there are threads
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    // NOLINTEND(concurrency-mt-unsafe)
    if (pid == nullptr || count == nullptr || pid != std::to_string(::getpid())) {
        return std::nullopt;  // nothing, or meant for another process
    }
    int listens = 0;
    socklen_t size = sizeof listens;
    if (std::string_view{count} != "1" ||
        ::getsockopt(first_passed, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
        throw ConfigError("LISTEN_FDS must be 1, and file descriptor 3 a socket that listens");
    }
    ::fcntl(first_passed, F_SETFD, FD_CLOEXEC);
    return first_passed;
}

void tell_supervisor_ready() noexcept {
    constexpr std::string_view message = "READY=1";
    const char* path = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody here writes it
    const std::string_view name = path != nullptr ? path : "";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.empty() || name.size() >= sizeof address.sun_path) {
        return;
    }
    std::ranges::copy(name, &address.sun_path[0]);
    if (name.front() == '@') {
        address.sun_path[0] = '\0';  // an abstract name
    }
    const FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ::sendto(
        socket.number(),
        message.data(),
        message.size(),
        MSG_NOSIGNAL,
        reinterpret_cast<const sockaddr*>(&address),
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())
    );
}

Process::Process(const ProcessOptions& options) {
    std::vector<std::string> arguments = options.command;
    const std::string program = find_program(arguments.at(0));
    std::vector<char*> argument_pointers = pointers_to(arguments);
    std::vector<std::string> environment = options.environment.value_or(std::vector<std::string>{});
    std::vector<char*> environment_pointers = pointers_to(environment);
    const std::optional<Account> account =
        options.user.empty() ? std::nullopt : std::optional{find_account(options.user)};

    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        fail(errno, "could not make a pipe");
    }
    const FileDescriptor read_end{pipe_ends[0]};
    FileDescriptor write_end{pipe_ends[1]};

    const Plan plan{
        .program = program.c_str(),
        .arguments = argument_pointers.data(),
        .environment = options.environment ? environment_pointers.data() : environ,
        .directory = options.working_directory.empty() ? nullptr : options.working_directory.c_str(),
        .account = account ? &*account : nullptr,
        .input = options.input,
        .output = options.output,
        .parent_death_signal = options.parent_death_signal,
        .parent = ::getpid(),
        .report = pipe_ends[1],
    };
    pid_ = ::fork();
    if (pid_ < 0) {
        fail(errno, "could not start a process");
    }
    if (pid_ == 0) {
        become(plan);
    }
    running_ = true;
    write_end.close();

    Failure failure;
    ssize_t received = 0;
    do {
        received = ::read(read_end.number(), &failure, sizeof failure);
    } while (received < 0 && errno == EINTR);
    if (received == static_cast<ssize_t>(sizeof failure)) {
        wait_for(milliseconds{1'000});
        fail(failure.error, describe(failure.step, options));
    }
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      running_(std::exchange(other.running_, false)),
      exit_(other.exit_) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(running_, other.running_);
    std::swap(exit_, other.exit_);
    return *this;
}

Process::~Process() {
    if (running_) {
        signal_group(SIGKILL);
        signal(SIGKILL);
        wait_for(milliseconds{5'000});
    }
}

void Process::signal(int number) const noexcept {
    if (running_) {
        ::kill(pid_, number);
    }
}

void Process::signal_group(int number) const noexcept {
    if (running_) {
        ::kill(-pid_, number);
    }
}

std::optional<int> Process::poll_exit() noexcept {
    if (!running_) {
        return exit_;
    }
    siginfo_t info{};
    // Look first without reaping: as long as the dead leader keeps its number, the group's number cannot be
    // reused, and what the leader left behind can be swept safely.
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return std::nullopt;
    }
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    running_ = false;
    exit_ = exit_code_of(status);
    return exit_;
}

std::optional<int> Process::wait_for(milliseconds limit) noexcept {
    const auto deadline = steady_clock::now() + limit;
    // By number: glibc 2.36 declares pidfd_open() without C linkage.
    const FileDescriptor handle{running_ ? static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)) : -1};
    while (running_ && !poll_exit()) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
        if (left <= milliseconds::zero()) {
            return std::nullopt;
        }
        pollfd ended{.fd = handle.number(), .events = POLLIN, .revents = 0};
        ::poll(&ended, 1, static_cast<int>(std::min(left, milliseconds{1'000}).count()));
    }
    return exit_;
}

ProcessResult run_process(ProcessOptions options, milliseconds limit) {
    std::array<int, 2> pipe_ends{};
    if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
        fail(errno, "could not make a pipe");
    }
    const FileDescriptor read_end{pipe_ends[0]};
    FileDescriptor write_end{pipe_ends[1]};
    options.output = write_end.number();
    const auto deadline = steady_clock::now() + limit;
    Process process{options};
    write_end.close();

    ProcessResult result;
    std::array<char, 4096> chunk{};
    while (true) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
        pollfd readable{.fd = read_end.number(), .events = POLLIN, .revents = 0};
        if (left <= milliseconds::zero()) {
            process.signal_group(SIGKILL);
            break;
        }
        if (::poll(&readable, 1, static_cast<int>(std::min(left, milliseconds{1'000}).count())) <= 0) {
            continue;
        }
        const ssize_t received = ::read(read_end.number(), chunk.data(), chunk.size());
        if (received == 0 || (received < 0 && errno != EINTR)) {
            break;
        }
        result.output.append(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(received, 0)));
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    std::optional<int> code = process.wait_for(std::max(left, milliseconds{100}));
    if (!code) {
        process.signal_group(SIGKILL);
        code = process.wait_for(milliseconds{5'000});
    }
    result.exit_code = code.value_or(128 + SIGKILL);
    return result;
}

}  // namespace pz::core
