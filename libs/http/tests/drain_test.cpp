// The end of a server: what stop() finishes, what it cuts, and in which order things are destroyed.
#include "raw_client.hpp"

#include <pz/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

namespace pz::http::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::atomic<int> waiting = 0;

/// Waits as many milliseconds as its query says.
asio::awaitable<void> wait_and_answer(Exchange exchange) {
    const std::chrono::milliseconds time{std::stoi("0" + std::string{exchange.query()})};
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    ++waiting;
    co_await timer.async_wait(asio::use_awaitable);
    exchange.respond(200, "text/plain") = "done";
}

std::string get(std::string_view target) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

class DrainTest : public testing::Test {
 protected:
    void start(Limits limits, const Handler& handler = wait_and_answer) {
        waiting = 0;
        limits.tick = 10ms;
        server_.emplace(
            ServerOptions{.threads = 2, .limits = limits},
            [handler](asio::io_context&, unsigned) { return handler; }
        );
        server_->start();
    }

    /// Sends the request and returns when its handler runs.
    void begin(const RawClient& client, std::string_view target) {
        const int before = waiting;
        client.send(get(target));
        while (waiting == before) {
            std::this_thread::sleep_for(1ms);
        }
    }

    std::optional<Server> server_;
};

TEST_F(DrainTest, finishes_the_request_in_flight_and_says_close) {
    start({});
    RawClient client{server_->port()};
    begin(client, "/?200");
    server_->stop();
    EXPECT_TRUE(server_->stopping());
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "done");
    EXPECT_TRUE(response->says_close());
    EXPECT_TRUE(client.sees_close());
    server_->wait();
}

TEST_F(DrainTest, takes_new_connections_until_the_door_closes_and_none_after_it) {
    Limits limits;
    limits.drain_idle_time = 1500ms;
    start(limits);
    RawClient running{server_->port()};
    begin(running, "/?4000");
    server_->stop();
    // Whoever has not heard of the end yet is served, and told: so a load balancer reads 503 from /readyz.
    RawClient late{server_->port()};
    late.send(get("/?0"));
    const auto response = late.read();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->says_close());
    // The door closes while the first request still runs.
    bool open = true;
    while (open && server_->connections() != 0) {
        try {
            const RawClient knock{server_->port()};
            std::this_thread::sleep_for(5ms);
        } catch (const std::runtime_error&) {
            open = false;
        }
    }
    EXPECT_FALSE(open);
    ASSERT_TRUE(running.read());
}

TEST_F(DrainTest, lets_an_idle_connection_send_a_last_request) {
    start({});
    RawClient client{server_->port()};
    begin(client, "/?0");
    ASSERT_FALSE(client.read()->says_close());
    server_->stop();
    std::this_thread::sleep_for(50ms);
    client.send(get("/?0"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->says_close());
}

TEST_F(DrainTest, closes_connections_that_stay_idle) {
    Limits limits;
    limits.drain_idle_time = 20ms;
    start(limits);
    RawClient client{server_->port()};
    begin(client, "/?0");
    ASSERT_TRUE(client.read());
    server_->stop();
    EXPECT_TRUE(client.sees_close());
    server_->wait();
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(DrainTest, cancels_handlers_and_cuts_what_is_left_after_its_time) {
    Limits limits;
    limits.drain_time = 50ms;
    start(limits);
    RawClient handling{server_->port()};
    begin(handling, "/?60000");
    RawClient sending{server_->port()};
    sending.send("POST / HTTP/1.1\r\nHost: a\r\n");
    server_->stop();
    server_->wait();
    // Its client learns what became of the request; who has not sent one yet learns nothing.
    const auto response = handling.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 504U);
    EXPECT_TRUE(response->says_close());
    EXPECT_FALSE(sending.read());
}

TEST_F(DrainTest, is_over_within_eight_seconds_whatever_clients_and_handlers_do) {
    const Limits limits;
    constexpr std::chrono::milliseconds time_to_cancel = 1s;
    EXPECT_LE(limits.drain_time + time_to_cancel + 2 * limits.tick, 8s);
}

TEST_F(DrainTest, ends_although_nobody_ever_connected) {
    start({});
    server_->stop();
    server_->stop();
    server_->wait();
    server_->wait();
}

asio::awaitable<void> ignore_cancellation(Exchange exchange) {
    for (;;) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
        ++waiting;
        co_await timer.async_wait(asio::use_awaitable);
        if (exchange.path() == "/never") {
            break;
        }
    }
}

TEST_F(DrainTest, abandons_a_handler_that_ignores_its_cancellation) {
    Limits limits;
    limits.drain_time = 20ms;
    start(limits, ignore_cancellation);
    RawClient client{server_->port()};
    begin(client, "/");
    server_->stop();
    server_->wait();
    const int then = waiting;
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(waiting, then);
}

/// Notes on which thread it was made and destroyed.
struct ThreadWitness {
    std::shared_ptr<std::atomic<int>> right;
    std::thread::id thread = std::this_thread::get_id();

    explicit ThreadWitness(std::shared_ptr<std::atomic<int>> counter) : right(std::move(counter)) {}

    ThreadWitness(const ThreadWitness&) = delete;
    ThreadWitness& operator=(const ThreadWitness&) = delete;

    ~ThreadWitness() {
        if (std::this_thread::get_id() == thread) {
            ++*right;
        }
    }
};

TEST_F(DrainTest, destroys_each_handler_on_the_thread_that_made_it) {
    auto right = std::make_shared<std::atomic<int>>(0);
    server_.emplace(ServerOptions{.threads = 3}, [right](asio::io_context&, unsigned) -> Handler {
        return [witness = std::make_shared<ThreadWitness>(right)](Exchange exchange) {
            return wait_and_answer(exchange);
        };
    });
    server_->start();
    server_->stop();
    server_->wait();
    EXPECT_EQ(right->load(), 3);
}

TEST_F(DrainTest, stops_on_sigterm_and_finishes_the_request_in_flight) {
    waiting = 0;
    const int listener = listen_on_loopback();
    const std::uint16_t port = port_of(listener);
    server_.emplace(ServerOptions{.listening_socket = listener}, [](asio::io_context&, unsigned) {
        return Handler{wait_and_answer};
    });
    std::thread runner{[this] { run_until_signal(*server_); }};
    RawClient client{port};  // the kernel takes the connection even before the server does
    begin(client, "/?100");
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "done");
    runner.join();
}

}  // namespace
}  // namespace pz::http::test
