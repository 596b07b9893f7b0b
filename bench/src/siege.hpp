#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pz::bench {

/// Connections that made one request each and stay open. They come from many loopback addresses, because the
/// service limits the connections of one.
class IdleConnections {
 public:
    IdleConnections(std::uint16_t port, int count, const std::string& request);
    IdleConnections(const IdleConnections&) = delete;
    IdleConnections& operator=(const IdleConnections&) = delete;
    ~IdleConnections();

    /// How many the other side has closed by now.
    [[nodiscard]] int closed() const;

 private:
    std::vector<int> sockets_;
};

/// slowhttptest's three attacks, one after the other, each with `attackers` connections for at most
/// `duration`, beside good clients on connections of their own. Returns a Markdown table of what became of
/// both.
[[nodiscard]] std::string beside_slow_clients(int attackers, std::chrono::seconds duration);

/// Opens `count` connections that stay idle and measures good clients without and beside them, the memory of
/// each, and whether all of them are closed at the idle limit. Returns a Markdown table.
[[nodiscard]] std::string beside_idle_connections(int count, std::chrono::seconds duration);

/// `per_second` wrong sign-ins from a thousand addresses, some at one account and most at accounts that do
/// not exist, beside good clients of the API, while the attacked account signs in once a second with a
/// browser that it used before. Returns a Markdown table.
[[nodiscard]] std::string beside_wrong_logins(int per_second, std::chrono::seconds duration);

}  // namespace pz::bench
