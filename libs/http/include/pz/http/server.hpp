#pragma once

#include <pz/http/exchange.hpp>
#include <pz/http/limits.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace pz::http {

/// Answers one request. It ends by returning after Exchange::respond(). It should not throw: an exception
/// that gets here is logged, answered with 500 (504 once the request's deadline has passed) and ends the
/// connection.
using Handler = std::function<boost::asio::awaitable<void>(Exchange)>;

/// Makes the handler of one thread, on that thread, before the first connection is accepted. What the handler
/// owns (database connections, caches) belongs to that thread and its io_context; it is destroyed there after
/// the last connection has ended and before the io_context. What is still pending on the io_context then is
/// destroyed, never resumed. An exception from the factory comes out of Server::start().
using HandlerFactory = std::function<Handler(boost::asio::io_context&, unsigned thread_index)>;

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< numeric IPv4 or IPv6
    std::uint16_t port = 0;             ///< 0: the kernel chooses; ask Server::port()
    unsigned threads = 1;
    /// A socket that already listens (a supervisor's, for restarts without a gap). It is owned by the server
    /// from the constructor on; address and port are then not looked at.
    std::optional<int> listening_socket = std::nullopt;
    Limits limits = {};
    /// Header lines, each with its CRLF, of the answers that are given here and not by the handler: to a
    /// request that is none, is too large or too slow, and for a handler that failed.
    std::string refusal_lines = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
};

/// An HTTP/1.1 server: N threads, each with its own io_context; a connection lives and dies on one of them,
/// and requests share nothing between threads. One listening socket feeds them all: the first thread accepts
/// and hands each connection to the thread that has the fewest (SO_REUSEPORT would spread few connections
/// unevenly, hide a port that is already in use, and lose queued connections at a restart).
class Server {
 public:
    Server(ServerOptions options, HandlerFactory factory);
    /// Stops and waits.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens, starts the threads and returns when all of them are ready.
    /// @throws boost::system::system_error (address in use, no permission), or what the factory threw
    void start();
    /// Begins a graceful end and returns at once. From now on every answer says Connection: close; for
    /// Limits::drain_idle_time new connections and requests are still taken, then the door closes and idle
    /// connections end; after Limits::drain_time handlers that still run are cancelled (their clients get
    /// 504) and everything else is cut. Safe from any thread, and more than once.
    void stop();
    /// Returns when every thread has ended. A handler that ignores its cancellation for another second is
    /// abandoned (its memory stays allocated, it never runs again), so that the process can end in time.
    void wait();

    /// The port listened on; after start().
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// True from stop() on: /readyz should say no.
    [[nodiscard]] bool stopping() const noexcept;
    /// Open connections now.
    [[nodiscard]] std::size_t connections() const noexcept;

 private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The life of a service: starts the server, calls `started`, waits for SIGTERM or SIGINT, stops it
/// gracefully and waits. A second signal ends the process at once. SIGPIPE is ignored. Throws what
/// Server::start() throws.
void run_until_signal(Server& server, const std::function<void()>& started = [] {});

}  // namespace pz::http
