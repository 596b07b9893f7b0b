#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::command {

/// Who listens on a port, as far as this account may know.
struct PortOwner {
    std::optional<pid_t> pid;  ///< nullopt: the process belongs to somebody else and hides its descriptors
    std::string program;
    std::string user;
    std::filesystem::path directory;
};

/// One line of /proc/net/tcp or /proc/net/tcp6.
struct ListeningSocket {
    std::uint64_t inode = 0;
    uid_t user = 0;
};

/// The sockets of such a table that listen on the port at an address a browser reaches as "localhost": the
/// wildcard or the loopback address of either family. Connections, and listeners on other addresses, are no
/// obstacle.
[[nodiscard]] std::vector<ListeningSocket> listening_sockets(std::string_view table, std::uint16_t port);

/// True if nobody listens there and a socket can be bound to 127.0.0.1:port.
[[nodiscard]] bool port_is_free(std::uint16_t port);

/// The listening owner, never a client; nullopt when nobody listens.
[[nodiscard]] std::optional<PortOwner> find_port_owner(std::uint16_t port);

/// "3000 is used by node, pid 812, user bob, cwd /home/bob/site"
[[nodiscard]] std::string describe(std::uint16_t port, const PortOwner& owner);

/// What to do about a port that somebody else has.
enum class TakenPort : std::uint8_t { ask, next_free, end_owner, refuse };

struct PortRequest {
    std::string service;       ///< for the messages
    std::uint16_t wanted = 0;  ///< 0: any free one
    TakenPort policy = TakenPort::next_free;
    std::vector<std::uint16_t> reserved{};  ///< already given to another service of ours
};

/// The three seams of the negotiation, so that it can be tested without a terminal.
struct PortDialogue {
    std::function<void(const std::string&)> say;
    std::function<bool(const std::string&)> confirm;  ///< a y/N question; asked under TakenPort::ask only
    std::function<bool(pid_t)> is_ours;               ///< left behind by an earlier run of this work tree
};

/// The port that the service gets. Leftovers of ours are ended without a question: TERM, five seconds, KILL.
/// A stranger is named first; then, by policy, it is ended in the same way, or the next free port within 20
/// is taken, or CommandError (exit code 4) says so.
[[nodiscard]] std::uint16_t choose_port(const PortRequest& request, const PortDialogue& dialogue);

}  // namespace pz::command
