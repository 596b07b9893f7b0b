// One server, real sockets on loopback: what a client can see of keep-alive, bodies, limits and deadlines.
#include <pz/http/server.hpp>

#include "raw_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace pz::http::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> sleep_for(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> echo_body(Exchange exchange, std::size_t limit) {
    unsigned refused = 0;
    try {
        const std::string_view body = co_await exchange.read_body(limit);
        exchange.respond(200, "text/plain").assign(body);
    } catch (const BodyError& error) {
        refused = error.status();
    }
    if (refused != 0) {
        exchange.respond(refused, "text/plain") = "no body";
    }
}

/// What the tests need of an application, by path.
asio::awaitable<void> application(Exchange exchange) {
    const std::string_view path = exchange.path();
    if (path == "/echo") {
        co_await echo_body(exchange, 100'000);
    } else if (path == "/small") {
        co_await echo_body(exchange, 10);
    } else if (path == "/peer") {
        exchange.respond(200, "text/plain").assign(exchange.peer());
    } else if (path == "/nothing") {
        exchange.respond(204).assign("never sent");
    } else if (path == "/close") {
        exchange.respond(200, "text/plain") = "bye";
        exchange.close();
    } else if (path == "/throw") {
        exchange.respond(200, "text/plain") = "half of an ans";
        throw std::runtime_error("the handler broke");
    } else if (path == "/silent") {
        co_return;
    } else if (path == "/slow") {
        co_await sleep_for(100ms);
        exchange.respond(200, "text/plain") = "slow";
    } else if (path == "/never") {
        co_await sleep_for(1h);
    } else if (path == "/large") {
        exchange.respond(200, "text/plain").assign(20'000'000, 'x');
    } else if (path == "/headers") {
        exchange.respond(201, "text/plain") = "made";
        exchange.add_header("Location", "/api/v1/items/1");
        exchange.add_header("X-Two", "2");
    } else {
        exchange.respond(200, "text/plain").assign(exchange.target());
    }
}

Limits quick_limits() {
    Limits limits;
    limits.tick = 10ms;
    limits.drain_idle_time = 0ms;
    return limits;
}

class ServerTest : public testing::Test {
 protected:
    void start(Limits limits = quick_limits(), Handler handler = application) {
        server_.emplace(
            ServerOptions{.limits = limits},
            [handler = std::move(handler)](asio::io_context&, unsigned) { return handler; }
        );
        server_->start();
    }

    [[nodiscard]] RawClient connect() const { return RawClient{server_->port()}; }

    /// One request on a connection of its own; 0 if there was no response.
    [[nodiscard]] unsigned status_of_request(std::string_view bytes) const {
        RawClient client = connect();
        client.send(bytes);
        const std::optional<Response> response = client.read();
        return response ? response->status : 0;
    }

    std::optional<Server> server_;
};

std::string get(std::string_view path) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string{path} +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string{body};
}

TEST_F(ServerTest, answers_request_after_request_on_one_connection) {
    start();
    RawClient client = connect();
    for (const char* path : {"/a", "/b?c=d", "/e"}) {
        client.send(get(path));
        const auto response = client.read();
        ASSERT_TRUE(response);
        EXPECT_EQ(response->status, 200U);
        EXPECT_EQ(response->body, path);
        EXPECT_FALSE(response->says_close());
    }
}

TEST_F(ServerTest, writes_the_head_it_promises) {
    start();
    RawClient client = connect();
    client.send(get("/headers"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->head.starts_with("HTTP/1.1 201 Created\r\n"));
    EXPECT_EQ(response->header("Content-Type"), "text/plain");
    EXPECT_EQ(response->header("Content-Length"), "4");
    EXPECT_EQ(response->header("Location"), "/api/v1/items/1");
    EXPECT_EQ(response->header("X-Two"), "2");
    EXPECT_EQ(response->header("Server"), "");
    EXPECT_EQ(response->header("Date").size(), std::string_view{"Tue, 15 Nov 1994 08:12:31 GMT"}.size());
    EXPECT_TRUE(response->header("Date").ends_with(" GMT"));
}

TEST_F(ServerTest, answers_pipelined_requests_in_their_order) {
    start();
    RawClient client = connect();
    client.send(get("/slow") + post("/echo", "two") + get("/three") + post("/echo", "four"));
    for (const char* body : {"slow", "two", "/three", "four"}) {
        const auto response = client.read();
        ASSERT_TRUE(response);
        EXPECT_EQ(response->body, body);
    }
}

std::atomic<int> handlers_at_once = 0;
std::atomic<int> most_handlers_at_once = 0;

asio::awaitable<void> count_handlers(Exchange exchange) {
    most_handlers_at_once = std::max(most_handlers_at_once.load(), ++handlers_at_once);
    co_await sleep_for(exchange.path() == "/first" ? 200ms : 0ms);
    exchange.respond(200, "text/plain").assign(exchange.path());
    --handlers_at_once;
}

TEST_F(ServerTest, reads_no_further_than_its_buffer_while_a_request_runs) {
    start(quick_limits(), count_handlers);
    RawClient client = connect();
    client.send(get("/first"));
    // The kernel's two buffers fill up while the first request runs; none of it reaches our memory.
    std::string many;
    while (many.size() < 60'000) {
        many += get("/next");
    }
    const auto count = static_cast<std::size_t>(std::ranges::count(many, 'G'));
    client.send(many);
    EXPECT_EQ(client.read()->body, "/first");
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(client.read()->body, "/next") << i;
    }
    EXPECT_EQ(most_handlers_at_once, 1);
}

TEST_F(ServerTest, answers_head_without_the_body_but_with_its_length) {
    start();
    RawClient client = connect();
    client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/next"));
    const auto head = client.read(ResponseBody::none);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->header("Content-Length"), "4");
    const auto next = client.read();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->body, "/next");
}

TEST_F(ServerTest, sends_204_without_body_and_length) {
    start();
    RawClient client = connect();
    client.send(get("/nothing") + get("/next"));
    const auto response = client.read(ResponseBody::none);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->header("Content-Length"), "");
    const auto next = client.read();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->body, "/next");
}

TEST_F(ServerTest, closes_when_the_client_asks_when_it_speaks_1_0_and_when_the_handler_says_so) {
    start();
    for (const std::string& request :
         {std::string{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
          std::string{"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"},
          get("/close")}) {
        RawClient client = connect();
        client.send(request);
        const auto response = client.read();
        ASSERT_TRUE(response) << request;
        EXPECT_TRUE(response->says_close()) << request;
        EXPECT_TRUE(client.sees_close()) << request;
    }
}

TEST_F(ServerTest, tells_the_address_of_the_client) {
    start();
    RawClient client = connect();
    client.send(get("/peer"));
    EXPECT_EQ(client.read()->body, "127.0.0.1");
}

TEST_F(ServerTest, answers_a_refused_head_with_a_problem_document_and_closes) {
    start();
    RawClient client = connect();
    client.send("GET / HTTP/1.1\r\n\r\n" + get("/next"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 400U);
    EXPECT_EQ(response->header("Content-Type"), "application/problem+json");
    EXPECT_EQ(
        response->body,
        R"({"type":"about:blank","title":"Bad Request","status":400,"code":"bad_request",)"
        R"("detail":"exactly one valid Host is required"})"
    );
    EXPECT_TRUE(response->says_close());
    EXPECT_TRUE(client.sees_close());
}

TEST_F(ServerTest, answers_each_limit_of_the_head_with_its_status) {
    start();
    EXPECT_EQ(status_of_request(get("/" + std::string(9'000, 'a'))), 414U);
    EXPECT_EQ(status_of_request("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'a')), 431U);
    std::string fields = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 65; ++i) {
        fields += "X" + std::to_string(i) + ": a\r\n";
    }
    EXPECT_EQ(status_of_request(fields + "\r\n"), 431U);
    EXPECT_EQ(status_of_request("POST / HTTP/1.1\r\nHost: a\r\nExpect: a-reply\r\n\r\n"), 417U);
}

TEST_F(ServerTest, takes_a_head_of_16_kilobytes_with_a_chunked_body) {
    start();
    std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: ";
    head += std::string(16 * 1024 - head.size() - 4, 'a') + "\r\n\r\n";
    RawClient client = connect();
    client.send(head);
    std::this_thread::sleep_for(20ms);
    client.send("5\r\nhello\r\n0\r\n\r\n" + get("/next"));
    EXPECT_EQ(client.read()->body, "hello");
    EXPECT_EQ(client.read()->body, "/next");
}

// --- bodies

TEST_F(ServerTest, reads_bodies_of_every_size_up_to_the_limit) {
    start();
    RawClient client = connect();
    for (const std::size_t size : {0UL, 1UL, 1'000UL, 4'000UL, 4'096UL, 5'000UL, 20'000UL, 100'000UL}) {
        std::string body(size, ' ');
        for (std::size_t i = 0; i < size; ++i) {
            body[i] = static_cast<char>('a' + i % 26);
        }
        client.send(post("/echo", body) + get("/next"));
        const auto response = client.read();
        ASSERT_TRUE(response) << size;
        EXPECT_EQ(response->body, body) << size;
        const auto next = client.read();
        ASSERT_TRUE(next) << size;
        EXPECT_EQ(next->body, "/next") << size;
    }
}

TEST_F(ServerTest, reads_a_body_that_comes_later_than_its_head) {
    start();
    RawClient client = connect();
    const std::string request = post("/echo", "hello world");
    client.send(request.substr(0, request.size() - 11));
    std::this_thread::sleep_for(20ms);
    client.send("hello");
    std::this_thread::sleep_for(20ms);
    client.send(" world" + get("/next"));
    EXPECT_EQ(client.read()->body, "hello world");
    EXPECT_EQ(client.read()->body, "/next");
}

TEST_F(ServerTest, refuses_a_declared_length_over_the_limit_before_the_body_comes) {
    start();
    RawClient client = connect();
    client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 413U);
    EXPECT_TRUE(response->says_close());
}

TEST_F(ServerTest, refuses_chunks_over_the_limit_and_broken_ones) {
    start();
    const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(status_of_request(head + "5\r\nhello\r\n6\r\n"), 413U);
    EXPECT_EQ(status_of_request(head + "5\r\nhello!"), 400U);
    EXPECT_EQ(status_of_request(head + "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"), 200U);
}

TEST_F(ServerTest, sends_100_continue_when_the_handler_wants_the_body) {
    start();
    RawClient client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto interim = client.read();
    ASSERT_TRUE(interim);
    EXPECT_EQ(interim->status, 100U);
    client.send("hello");
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "hello");
    EXPECT_FALSE(response->says_close());
}

TEST_F(ServerTest, closes_when_a_client_still_waits_to_send_a_body_that_nobody_read) {
    start();
    RawClient client = connect();
    client.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200U);
    EXPECT_TRUE(response->says_close());
}

TEST_F(ServerTest, drops_a_small_body_that_the_handler_did_not_read) {
    start();
    RawClient client = connect();
    client.send(post("/unread", std::string(60'000, 'x')) + get("/next"));
    EXPECT_EQ(client.read()->body, "/unread");
    EXPECT_EQ(client.read()->body, "/next");
    client.send(
        "POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
        get("/last")
    );
    EXPECT_EQ(client.read()->body, "/unread");
    EXPECT_EQ(client.read()->body, "/last");
}

TEST_F(ServerTest, closes_rather_than_drop_a_large_body) {
    start();
    RawClient client = connect();
    client.send(post("/unread", std::string(65'537, 'x')));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->says_close());
}

TEST_F(ServerTest, survives_a_client_that_leaves_in_the_middle_of_a_body) {
    start();
    {
        RawClient client = connect();
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhello");
    }
    EXPECT_EQ(status_of_request(get("/")), 200U);
}

// --- deadlines

TEST_F(ServerTest, cuts_a_head_that_does_not_end) {
    Limits limits = quick_limits();
    limits.head_time = 50ms;
    start(limits);
    RawClient client = connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408U);
    EXPECT_TRUE(client.sees_close());
}

TEST_F(ServerTest, cuts_a_head_that_comes_a_byte_at_a_time) {
    Limits limits = quick_limits();
    limits.head_time = 100ms;
    start(limits);
    RawClient client = connect();
    const auto began = std::chrono::steady_clock::now();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    while (client.send("x") && std::chrono::steady_clock::now() - began < 5s) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(ServerTest, closes_idle_connections_in_silence) {
    Limits limits = quick_limits();
    limits.idle_time = 50ms;
    start(limits);
    RawClient fresh = connect();
    RawClient used = connect();
    used.send(get("/"));
    ASSERT_TRUE(used.read());
    EXPECT_TRUE(fresh.sees_close());
    EXPECT_TRUE(used.sees_close());
}

TEST_F(ServerTest, serves_a_connection_that_was_idle_long_enough_to_lose_its_buffers) {
    start();
    RawClient client = connect();
    for (int round = 0; round < 2; ++round) {
        client.send(post("/echo", std::string(10'000, 'x')));
        ASSERT_EQ(client.read()->body.size(), 10'000U);
        std::this_thread::sleep_for(100ms);
    }
}

TEST_F(ServerTest, answers_408_to_a_body_that_does_not_end) {
    Limits limits = quick_limits();
    limits.body_time = 50ms;
    start(limits);
    EXPECT_EQ(status_of_request("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"), 408U);
}

TEST_F(ServerTest, answers_408_to_a_body_that_trickles) {
    Limits limits = quick_limits();
    limits.body_rate_after = 1s;
    limits.body_bytes_per_second = 1'000;
    start(limits);
    RawClient client = connect();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n");
    std::jthread trickle{[&client](const std::stop_token& stop) {
        while (!stop.stop_requested() && client.send("x")) {
            std::this_thread::sleep_for(20ms);
        }
    }};
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408U);
}

TEST_F(ServerTest, gives_up_a_client_that_does_not_read) {
    Limits limits = quick_limits();
    limits.write_stall = 50ms;
    start(limits);
    RawClient client = connect();
    client.send(get("/large"));
    const auto began = std::chrono::steady_clock::now();
    while (server_->connections() != 0 && std::chrono::steady_clock::now() - began < 5s) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerTest, sends_a_response_larger_than_the_socket_takes_at_once) {
    start();
    RawClient client = connect();
    client.send(get("/large") + get("/next"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, std::string(20'000'000, 'x'));
    EXPECT_EQ(client.read()->body, "/next");
}

TEST_F(ServerTest, cancels_a_request_that_takes_too_long_and_answers_504) {
    Limits limits = quick_limits();
    limits.request_time = 50ms;
    start(limits);
    RawClient client = connect();
    client.send(get("/never"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 504U);
    EXPECT_NE(response->body.find("\"code\":\"deadline_exceeded\""), std::string::npos);
    EXPECT_TRUE(client.sees_close());
}

asio::awaitable<void> answer_although_cancelled(Exchange exchange) {
    try {
        co_await sleep_for(1h);
    } catch (const boost::system::system_error&) {
        exchange.respond(503, "text/plain") = "gave up";
    }
}

TEST_F(ServerTest, sends_the_answer_of_a_handler_that_was_cancelled_and_goes_on) {
    Limits limits = quick_limits();
    limits.request_time = 50ms;
    start(limits, answer_although_cancelled);
    RawClient client = connect();
    for (int round = 0; round < 2; ++round) {
        client.send(get("/"));
        const auto response = client.read();
        ASSERT_TRUE(response);
        EXPECT_EQ(response->status, 503U);
        EXPECT_FALSE(response->says_close());
    }
}

asio::awaitable<void> tell_deadline(Exchange exchange) {
    const auto before = exchange.deadline();
    co_await exchange.read_body(100);
    const bool moved = exchange.deadline() - before >= 50ms;
    const bool fits = before - exchange.started() == 10s;
    exchange.respond(200, "text/plain") = moved && fits ? "yes" : "no";
}

TEST_F(ServerTest, does_not_count_the_time_the_client_takes_for_its_body) {
    start(quick_limits(), tell_deadline);
    RawClient client = connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    client.send("x");
    EXPECT_EQ(client.read()->body, "yes");
}

asio::awaitable<void> give_up_on_the_body(Exchange exchange) {
    using asio::experimental::awaitable_operators::operator||;
    co_await (exchange.read_body(100) || sleep_for(50ms));
    exchange.respond(200, "text/plain") = "did not wait";
}

TEST_F(ServerTest, never_takes_the_rest_of_a_body_for_a_request) {
    start(quick_limits(), give_up_on_the_body);
    RawClient client = connect();
    const std::string inner = get("/smuggled");
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n");
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "did not wait");
    EXPECT_TRUE(response->says_close());
    client.send(inner);
    EXPECT_FALSE(client.read());
}

// --- handlers that break their promise

TEST_F(ServerTest, answers_500_for_a_handler_that_throws_and_one_that_is_silent) {
    start();
    for (const char* path : {"/throw", "/silent"}) {
        RawClient client = connect();
        client.send(get(path));
        const auto response = client.read();
        ASSERT_TRUE(response) << path;
        EXPECT_EQ(response->status, 500U) << path;
        EXPECT_EQ(response->body.find("broke"), std::string::npos) << path;
        EXPECT_TRUE(client.sees_close()) << path;
    }
}

asio::awaitable<void> add_bad_headers(Exchange exchange) {
    exchange.respond(200, "text/plain");
    int refused = 0;
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"X", "a\r\nSet-Cookie: b"},
             {"X", "a\nb"},
             {"X", {"a\0b", 3}},
             {"X Y", "a"},
             {"", "a"},
             {"X:", "a"},
             {"content-length", "5"},
             {"Transfer-Encoding", "chunked"},
             {"Connection", "close"},
             {"DATE", "now"}
         }) {
        try {
            exchange.add_header(name, value);
        } catch (const std::invalid_argument&) {
            ++refused;
        }
    }
    exchange.response_body() = std::to_string(refused);
    co_return;
}

TEST_F(ServerTest, refuses_header_lines_that_would_break_the_response) {
    start(quick_limits(), add_bad_headers);
    RawClient client = connect();
    client.send(get("/"));
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "10");
    EXPECT_EQ(response->header("Set-Cookie"), "");
}

// --- connections

TEST_F(ServerTest, closes_connections_over_the_limit_of_one_address) {
    Limits limits = quick_limits();
    limits.connections_per_address = 2;
    start(limits);
    RawClient first = connect();
    first.send(get("/"));
    ASSERT_TRUE(first.read());
    {
        RawClient second = connect();
        second.send(get("/"));
        ASSERT_TRUE(second.read());
        RawClient third = connect();
        EXPECT_TRUE(third.sees_close());
    }
    // The place of the second is free again, at the latest when the server has seen it go.
    unsigned status = 0;
    for (int attempt = 0; attempt < 100 && status != 200; ++attempt) {
        std::this_thread::sleep_for(10ms);
        status = status_of_request(get("/"));
    }
    EXPECT_EQ(status, 200U);
}

TEST_F(ServerTest, lets_connections_over_the_whole_limit_wait) {
    Limits limits = quick_limits();
    limits.connections = 1;
    start(limits);
    std::optional<RawClient> first{std::in_place, server_->port()};
    first->send(get("/first"));
    ASSERT_TRUE(first->read());
    RawClient second = connect();
    second.send(get("/second"));
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(server_->connections(), 1U);
    first.reset();
    const auto response = second.read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "/second");
}

TEST_F(ServerTest, recovers_from_running_out_of_file_descriptors) {
    start();
    RawClient client = connect();
    client.send(get("/a"));
    ASSERT_TRUE(client.read());
    const int next = ::dup(0);
    ASSERT_GE(next, 0);
    RawClient waiting = connect();  // its own end is open; the server's cannot be
    ::close(next);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    RawClient second = connect();
    rlimit lowered = before;
    lowered.rlim_cur = static_cast<rlim_t>(next) + 1;
    std::this_thread::sleep_for(50ms);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);
    // Connections that were open go on while no new one can be accepted.
    client.send(get("/b"));
    EXPECT_EQ(client.read()->body, "/b");
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    waiting.send(get("/c"));
    second.send(get("/d"));
    EXPECT_EQ(waiting.read()->body, "/c");
    EXPECT_EQ(second.read()->body, "/d");
}

TEST_F(ServerTest, spreads_connections_evenly_over_its_threads) {
    std::array<std::atomic<int>, 4> served{};
    server_.emplace(
        ServerOptions{.threads = 4, .limits = quick_limits()},
        [&served](asio::io_context&, unsigned index) -> Handler {
            return [&served, index](Exchange exchange) {
                ++served.at(index);
                return application(exchange);
            };
        }
    );
    server_->start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(std::make_unique<RawClient>(server_->port()));
        clients.back()->send(get("/"));
        ASSERT_TRUE(clients.back()->read());
    }
    for (const std::atomic<int>& one : served) {
        EXPECT_EQ(one.load(), 8);
    }
}

// --- start

TEST_F(ServerTest, says_that_the_port_is_in_use) {
    start();
    Server second{ServerOptions{.port = server_->port()}, [](asio::io_context&, unsigned) {
                      return Handler{application};
                  }};
    try {
        second.start();
        FAIL() << "two servers on one port";
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), boost::system::errc::address_in_use);
    }
}

TEST_F(ServerTest, passes_on_what_the_factory_throws) {
    for (unsigned failing = 0; failing < 3; ++failing) {
        Server server{ServerOptions{.threads = 3}, [failing](asio::io_context&, unsigned index) -> Handler {
                          if (index == failing) {
                              throw std::runtime_error("no database");
                          }
                          return application;
                      }};
        try {
            server.start();
            FAIL() << "started without a handler";
        } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "no database");
        }
    }
}

TEST_F(ServerTest, serves_a_listening_socket_that_was_passed_to_it) {
    const int listener = listen_on_loopback();
    server_.emplace(ServerOptions{.listening_socket = listener}, [](asio::io_context&, unsigned) {
        return Handler{application};
    });
    server_->start();
    EXPECT_EQ(status_of_request(get("/")), 200U);
}

}  // namespace
}  // namespace pz::http::test
