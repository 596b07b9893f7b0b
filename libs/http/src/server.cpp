#include <pz/http/server.hpp>

#include "session.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace pz::http {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

namespace {

/// How long handlers have to end after they were cancelled at the end of the drain.
constexpr std::chrono::seconds time_to_cancel{1};
/// How long to leave the listening socket alone when there is no room or no file descriptor for another
/// connection.
constexpr std::chrono::milliseconds accept_pause{50};

/// One thread of the server with its io_context, its handler and its connections.
class Worker {
 public:
    Worker(const ServerOptions& options, unsigned index)
        : index_(index),
          state_{.limits = options.limits, .refusal_lines = options.refusal_lines, .handler = {}, .date = {}},
          timer_(context_) {}

    /// The thread's whole life. `ready` gets a value when the handler exists, or the factory's exception.
    void run(const HandlerFactory& factory, std::promise<void> ready) {
        try {
            state_.handler = factory(context_, index_);
        } catch (...) {
            ready.set_exception(std::current_exception());
            return;
        }
        const auto work = asio::make_work_guard(context_);
        schedule_tick();
        ready.set_value();
        for (;;) {
            try {
                context_.run();
                break;
            } catch (const std::exception& error) {
                // Something of the handler's own was posted here and threw; connections go on.
                spdlog::critical("uncaught exception on event loop {}: {}", index_, error.what());
            }
        }
        if (!abandoned_) {
            state_.handler = nullptr;
        }
    }

    /// From any thread: takes over a connection that was accepted into this worker's context.
    void adopt(Socket socket, std::string peer, ConnectionGate::Pass pass) {
        asio::dispatch(
            context_,
            [this, socket = std::move(socket), peer = std::move(peer), pass = std::move(pass)]() mutable {
                start(std::make_unique<Session>(state_, std::move(socket), std::move(peer), std::move(pass)));
            }
        );
    }

    /// From any thread: every answer from now on is the last one of its connection.
    void drain() {
        asio::post(context_, [this] { begin_drain(); });
    }

    /// From the thread that called adopt(), after the last time: the worker ends with its last connection.
    void finish() {
        asio::post(context_, [this] {
            has_every_connection_ = true;
            stop_if_done();
        });
    }

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }

    [[nodiscard]] std::atomic<std::size_t>& open() noexcept { return open_; }

    /// After run(): some handler did not end and may not be destroyed.
    [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }

 private:
    void start(std::unique_ptr<Session> session) {
        Session& started = *session;
        sessions_.push_back(started);
        // The session is the memory of its own cancellation slot, so it may go only after everything that
        // refers to the slot: hence the post.
        asio::co_spawn(
            context_,
            started.run(),
            asio::bind_cancellation_slot(
                started.cancellation_slot(),
                [this, session = std::move(session)](const std::exception_ptr& failure) mutable {
                    asio::post(context_, [this, failure, session = std::move(session)]() mutable {
                        session.reset();
                        session_ended(failure);
                    });
                }
            )
        );
    }

    void session_ended(const std::exception_ptr& failure) {
        if (failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& error) {
                spdlog::error("connection failed: {}", error.what());
            }
        }
        stop_if_done();
    }

    void schedule_tick() {
        timer_.expires_after(state_.limits.tick);
        timer_.async_wait([this](const error_code& error) {
            if (!error) {
                tick();
                schedule_tick();
            }
        });
    }

    void tick() {
        state_.now = steady_clock::now();
        state_.date.update(std::chrono::system_clock::now());
        for (Session& session : sessions_) {
            session.check_deadline(state_.now);
        }
        if (!state_.draining || state_.now < drain_deadline_) {
            return;
        }
        if (state_.now >= drain_deadline_ + time_to_cancel) {
            abandoned_ = true;
            spdlog::critical("event loop {}: a handler ignored its cancellation and is abandoned", index_);
            context_.stop();
            return;
        }
        if (!std::exchange(aborting_, true)) {
            spdlog::warn("event loop {}: drain time is over, cutting what is left", index_);
        }
        for (Session& session : sessions_) {
            session.abort();
        }
    }

    void begin_drain() {
        if (state_.draining) {
            return;
        }
        state_.draining = true;
        state_.now = steady_clock::now();
        drain_deadline_ = state_.now + state_.limits.drain_time;
        for (Session& session : sessions_) {
            session.begin_drain(state_.now + state_.limits.drain_idle_time);
        }
    }

    void stop_if_done() {
        // Counts connections on their way here as well as those in the list.
        if (has_every_connection_ && open_.load(std::memory_order_relaxed) == 0) {
            context_.stop();
        }
    }

    unsigned index_;
    std::atomic<std::size_t> open_ = 0;
    asio::io_context context_{1};
    ThreadState state_;
    SessionList sessions_;
    asio::steady_timer timer_;
    SteadyTime drain_deadline_;
    bool has_every_connection_ = false;
    bool aborting_ = false;
    bool abandoned_ = false;
};

/// The handlers of an abandoned worker still refer to it and to each other: nothing of it may be destroyed,
/// not even at the end of the process.
void keep_forever(std::unique_ptr<Worker> worker) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<std::unique_ptr<Worker>>;
    const std::lock_guard lock{mutex};
    kept.push_back(std::move(worker));
}

std::string text_of_peer(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

class Server::Impl {
 public:
    Impl(ServerOptions options, HandlerFactory factory)
        : options_(std::move(options)),
          factory_(std::move(factory)),
          gate_(options_.limits.connections_per_address),
          workers_(make_workers(options_)),
          acceptor_(workers_.front()->context()),
          closing_time_(workers_.front()->context()) {}

    void start() {
        listen();
        std::vector<std::future<void>> ready;
        for (const auto& worker : workers_) {
            std::promise<void> promise;
            ready.push_back(promise.get_future());
            threads_.emplace_back([this, &worker = *worker, promise = std::move(promise)]() mutable {
                worker.run(factory_, std::move(promise));
            });
        }
        std::exception_ptr failure;
        for (std::future<void>& one : ready) {
            try {
                one.get();
            } catch (...) {
                failure = std::current_exception();
            }
        }
        if (failure) {
            // Not by stop(): it goes through the first worker, which may be the one that failed.
            stopping_ = true;
            for (const auto& worker : workers_) {
                worker->finish();
            }
            wait();
            std::rethrow_exception(failure);
        }
        asio::co_spawn(
            workers_.front()->context(),
            accept_connections(),
            [](const std::exception_ptr& ended) {
                if (ended) {
                    // Whoever supervises it starts a service that has ended, but not one that takes nobody.
                    spdlog::critical("accepting connections failed: not enough memory or an internal error");
                    std::abort();
                }
            }
        );
    }

    void stop() {
        if (stopping_.exchange(true)) {
            return;
        }
        for (const auto& worker : workers_) {
            worker->drain();
        }
        asio::post(workers_.front()->context(), [this] {
            closing_time_.expires_after(options_.limits.drain_idle_time);
            closing_time_.async_wait([this](const error_code&) { close_door(); });
        });
    }

    void wait() {
        for (std::thread& thread : threads_) {
            if (thread.joinable()) {
                thread.join();
            }
        }
        for (std::unique_ptr<Worker>& worker : workers_) {
            if (worker && worker->abandoned()) {
                keep_forever(std::move(worker));
            }
        }
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::size_t connections() const noexcept {
        std::size_t sum = 0;
        for (const auto& worker : workers_) {
            sum += worker ? worker->open().load(std::memory_order_relaxed) : 0;
        }
        return sum;
    }

 private:
    static std::vector<std::unique_ptr<Worker>> make_workers(const ServerOptions& options) {
        std::vector<std::unique_ptr<Worker>> workers;
        for (unsigned index = 0; index < std::max(1U, options.threads); ++index) {
            workers.push_back(std::make_unique<Worker>(options, index));
        }
        return workers;
    }

    void listen() {
        if (options_.listening_socket) {
            sockaddr_storage address{};
            socklen_t size = sizeof address;
            ::getsockname(*options_.listening_socket, reinterpret_cast<sockaddr*>(&address), &size);
            acceptor_.assign(
                address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(),
                *options_.listening_socket
            );
        } else {
            const asio::ip::tcp::endpoint endpoint{asio::ip::make_address(options_.address), options_.port};
            acceptor_.open(endpoint.protocol());
            acceptor_.set_option(Acceptor::reuse_address(true));
            acceptor_.bind(endpoint);
            acceptor_.listen(Acceptor::max_listen_connections);
        }
        // Accepted sockets inherit both.
        acceptor_.set_option(asio::ip::tcp::no_delay(true));
        const auto patience = static_cast<unsigned>(options_.limits.write_stall.count());
        ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
        port_ = acceptor_.local_endpoint().port();
    }

    Worker& least_busy() {
        return **std::ranges::min_element(workers_, {}, [](const std::unique_ptr<Worker>& worker) {
            return worker->open().load(std::memory_order_relaxed);
        });
    }

    asio::awaitable<void> accept_connections() {
        asio::steady_timer pause{workers_.front()->context()};
        error_code error;
        bool failing = false;
        while (acceptor_.is_open()) {
            Worker& worker = least_busy();
            asio::ip::tcp::endpoint peer;
            if (connections() < options_.limits.connections) {
                // Want of memory passes as well: who was accepted without it is lost, who comes later is not.
                try {
                    Socket socket = co_await acceptor_.async_accept(
                        worker.context(), peer, asio::redirect_error(asio::use_awaitable, error)
                    );
                    if (!error) {
                        admit(worker, std::move(socket), peer.address());
                        failing = false;
                        continue;
                    }
                } catch (const std::bad_alloc&) {
                    error = asio::error::no_memory;
                }
                if (error == asio::error::connection_aborted || error == asio::error::operation_aborted) {
                    continue;
                }
                if (!std::exchange(failing, true)) {
                    spdlog::warn("cannot accept connections for now: {}", error.message());
                }
            }
            pause.expires_after(accept_pause);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    /// Takes those who are already in the kernel's queue, whom closing would reset, and nobody after them.
    void close_door() {
        error_code error;
        acceptor_.non_blocking(true, error);
        while (!error && connections() < options_.limits.connections) {
            Worker& worker = least_busy();
            asio::ip::tcp::endpoint peer;
            Socket socket{worker.context()};
            acceptor_.accept(socket, peer, error);
            if (!error) {
                admit(worker, std::move(socket), peer.address());
            }
        }
        acceptor_.close(error);
        for (const auto& worker : workers_) {
            worker->finish();
        }
    }

    void admit(Worker& worker, Socket socket, const asio::ip::address& peer) {
        try {
            // Beyond the limit of its address the socket is closed by going out of scope.
            if (auto pass = gate_.enter(peer, worker.open())) {
                worker.adopt(std::move(socket), text_of_peer(peer), std::move(*pass));
            }
        } catch (const std::exception& error) {
            spdlog::error("connection dropped: {}", error.what());
        }
    }

    ServerOptions options_;
    HandlerFactory factory_;
    ConnectionGate gate_;
    std::vector<std::unique_ptr<Worker>> workers_;
    // Both belong to the first worker's thread from start() on.
    Acceptor acceptor_;
    asio::steady_timer closing_time_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::vector<std::thread> threads_;
};

Server::Server(ServerOptions options, HandlerFactory factory)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(factory))) {}

// What join() may throw would be a bug of ours, and ends the process as it should.
Server::~Server() {  // NOLINT(bugprone-exception-escape)
    stop();
    wait();
}

void Server::start() {
    impl_->start();
}

void Server::stop() {
    impl_->stop();
}

void Server::wait() {
    impl_->wait();
}

std::uint16_t Server::port() const noexcept {
    return impl_->port();
}

bool Server::stopping() const noexcept {
    return impl_->stopping();
}

std::size_t Server::connections() const noexcept {
    return impl_->connections();
}

void run_until_signal(Server& server, const std::function<void()>& started) {
    std::signal(SIGPIPE, SIG_IGN);
    {
        asio::io_context context{1};
        asio::signal_set signals{context, SIGTERM, SIGINT};
        signals.async_wait([](const error_code&, int) {});
        server.start();
        started();
        context.run();
    }
    // The signals have their default effect again: whoever sends a second one wants the end now.
    server.stop();
    server.wait();
}

}  // namespace pz::http
