#include "ports.hpp"

#include "exit_code.hpp"
#include "workspace.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <sstream>
#include <system_error>
#include <thread>

namespace pz::command {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t search_range = 20;

/// Addresses as the kernel prints them: 32-bit words in host order.
constexpr std::array<std::string_view, 5> localhost_addresses{
    "00000000",                          // 0.0.0.0
    "0100007F",                          // 127.0.0.1
    "00000000000000000000000000000000",  // ::
    "00000000000000000000000001000000",  // ::1
    "0000000000000000FFFF00000100007F",  // ::ffff:127.0.0.1
};

/// Binds to the loopback address; the port it got, or 0.
std::uint16_t try_bind(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return 0;
    }
    const int on = 1;
    // As the services do: a connection in TIME_WAIT is no obstacle, a listener is.
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(descriptor, generic, size) == 0 && ::listen(descriptor, 1) == 0 &&
                       ::getsockname(descriptor, generic, &size) == 0;
    ::close(descriptor);
    return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

std::string user_name(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> text{};
    getpwuid_r(user, &entry, text.data(), text.size(), &found);
    return found != nullptr ? found->pw_name : std::to_string(user);
}

std::vector<ListeningSocket> all_listening_sockets(std::uint16_t port) {
    std::vector<ListeningSocket> sockets = listening_sockets(read_file("/proc/net/tcp"), port);
    std::ranges::copy(listening_sockets(read_file("/proc/net/tcp6"), port), std::back_inserter(sockets));
    return sockets;
}

/// The process that holds one of the sockets; nullopt when none of those we may look into does.
std::optional<pid_t> find_holder(const std::vector<ListeningSocket>& sockets) {
    std::vector<std::string> names;
    names.reserve(sockets.size());
    for (const ListeningSocket& socket : sockets) {
        names.push_back(fmt::format("socket:[{}]", socket.inode));
    }
    std::error_code ignored;
    for (const auto& process : fs::directory_iterator("/proc", ignored)) {
        const std::string name = process.path().filename();
        pid_t pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) {
            continue;
        }
        std::error_code unreadable;
        for (const auto& descriptor : fs::directory_iterator(process.path() / "fd", unreadable)) {
            std::error_code gone;
            if (std::ranges::find(names, fs::read_symlink(descriptor.path(), gone).native()) != names.end()) {
                return pid;
            }
        }
    }
    return std::nullopt;
}

bool wait_until_free(std::uint16_t port, std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!port_is_free(port) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    return port_is_free(port);
}

/// TERM, five seconds, KILL. Throws when it is not ours to end.
void end_owner(std::uint16_t port, const PortOwner& owner) {
    if (!owner.pid || ::kill(*owner.pid, SIGTERM) != 0) {
        throw CommandError(
            ExitCode::port_in_use, describe(port, owner) + ", and this account may not end it"
        );
    }
    if (!wait_until_free(port, 5s)) {
        ::kill(*owner.pid, SIGKILL);
        if (!wait_until_free(port, 2s)) {
            throw CommandError(ExitCode::port_in_use, describe(port, owner) + ", and it does not end");
        }
    }
}

std::uint16_t next_free_port(const PortRequest& request) {
    for (std::uint16_t step = 1; step <= search_range; ++step) {
        const auto candidate = static_cast<std::uint16_t>(request.wanted + step);
        if (std::ranges::find(request.reserved, candidate) == request.reserved.end() &&
            port_is_free(candidate)) {
            return candidate;
        }
    }
    throw CommandError(
        ExitCode::port_in_use,
        fmt::format(
            "no port from {} to {} is free for {}",
            request.wanted,
            request.wanted + search_range,
            request.service
        )
    );
}

}  // namespace

std::vector<ListeningSocket> listening_sockets(std::string_view table, std::uint16_t port) {
    std::vector<ListeningSocket> found;
    const std::string port_suffix = fmt::format(":{:04X}", port);
    std::istringstream lines{std::string{table}};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::array<std::string, 10> field;
        for (std::string& word : field) {
            words >> word;
        }
        const std::string& local = field[1];
        constexpr std::string_view listen_state = "0A";
        if (!words || field[3] != listen_state || !local.ends_with(port_suffix)) {
            continue;
        }
        const std::string_view address = std::string_view{local}.substr(0, local.size() - port_suffix.size());
        if (std::ranges::find(localhost_addresses, address) != localhost_addresses.end()) {
            found.push_back({std::stoull(field[9]), static_cast<uid_t>(std::stoul(field[7]))});
        }
    }
    return found;
}

bool port_is_free(std::uint16_t port) {
    // The table also tells of a listener on [::1], which a browser would reach first under the name
    // localhost.
    return all_listening_sockets(port).empty() && try_bind(port) == port;
}

std::optional<PortOwner> find_port_owner(std::uint16_t port) {
    const std::vector<ListeningSocket> sockets = all_listening_sockets(port);
    if (sockets.empty()) {
        return std::nullopt;
    }
    PortOwner owner{
        .pid = find_holder(sockets), .program = {}, .user = user_name(sockets.front().user), .directory = {}
    };
    if (owner.pid) {
        const fs::path process = fs::path{"/proc"} / std::to_string(*owner.pid);
        std::error_code unreadable;
        owner.program = read_file(process / "comm");
        while (owner.program.ends_with('\n')) {
            owner.program.pop_back();
        }
        owner.directory = fs::read_symlink(process / "cwd", unreadable);
    }
    return owner;
}

std::string describe(std::uint16_t port, const PortOwner& owner) {
    if (!owner.pid) {
        return fmt::format("{} is used by a process of user {}", port, owner.user);
    }
    const std::string text =
        fmt::format("{} is used by {}, pid {}, user {}", port, owner.program, *owner.pid, owner.user);
    return owner.directory.empty() ? text : text + ", cwd " + owner.directory.string();
}

std::uint16_t choose_port(const PortRequest& request, const PortDialogue& dialogue) {
    if (request.wanted == 0) {
        return try_bind(0);
    }
    const bool reserved = std::ranges::find(request.reserved, request.wanted) != request.reserved.end();
    if (!reserved && port_is_free(request.wanted)) {
        return request.wanted;
    }
    const std::optional<PortOwner> owner = reserved ? std::nullopt : find_port_owner(request.wanted);
    if (owner && owner->pid && dialogue.is_ours(*owner->pid)) {
        dialogue.say(
            fmt::format("ending what an earlier run left on port {} (pid {})", request.wanted, *owner->pid)
        );
        end_owner(request.wanted, *owner);
        return request.wanted;
    }
    const std::string reason = reserved ? fmt::format("{} is given to another service", request.wanted)
                               : owner  ? describe(request.wanted, *owner)
                                        : fmt::format("{} cannot be bound", request.wanted);
    if (request.policy == TakenPort::refuse) {
        throw CommandError(ExitCode::port_in_use, reason);
    }
    dialogue.say(reason);
    const bool end =
        owner && (request.policy == TakenPort::end_owner ||
                  (request.policy == TakenPort::ask && owner->pid && dialogue.confirm("End it?")));
    if (end) {
        end_owner(request.wanted, *owner);
        return request.wanted;
    }
    const std::uint16_t port = next_free_port(request);
    dialogue.say(fmt::format("{} moves to port {}", request.service, port));
    return port;
}

}  // namespace pz::command
