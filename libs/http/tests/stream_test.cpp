// Responses in pieces: what a client sees of their framing, of their end, and of one that does not get there.
#include "raw_client.hpp"

#include <pz/http/chunked_reader.hpp>
#include <pz/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace pz::http::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// How many handlers have ended, however they did.
std::atomic<int> ended = 0;

struct CountsItsEnd {
    CountsItsEnd() = default;
    CountsItsEnd(const CountsItsEnd&) = delete;
    CountsItsEnd& operator=(const CountsItsEnd&) = delete;

    ~CountsItsEnd() { ++ended; }
};

asio::awaitable<void> sleep_for(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> send_pieces(Exchange exchange, int count, std::string piece) {
    for (int i = 0; i < count; ++i) {
        exchange.response_body() += piece;
        co_await exchange.send_piece();
    }
}

asio::awaitable<void> application(Exchange exchange) {
    const CountsItsEnd count;
    const std::string_view path = exchange.path();
    exchange.respond(200, "text/plain");
    if (path == "/three") {
        co_await send_pieces(exchange, 2, "0123456789");
        exchange.response_body() += "end";
    } else if (path == "/no-rest") {
        co_await send_pieces(exchange, 2, "x");
    } else if (path == "/empty-piece") {
        co_await send_pieces(exchange, 2, "");
        exchange.response_body() += "end";
    } else if (path == "/large") {
        co_await send_pieces(exchange, 200, std::string(100'000, 'x'));
    } else if (path == "/cut") {
        co_await send_pieces(exchange, 2, "half");
        exchange.cut_off();
    } else if (path == "/throw") {
        co_await send_pieces(exchange, 2, "half");
        throw std::runtime_error("the next piece cannot be had");
    } else if (path == "/endless") {
        co_await send_pieces(exchange, 1'000'000'000, std::string(10'000, 'x'));
    } else if (path == "/hanging") {
        co_await send_pieces(exchange, 1, "half");
        co_await sleep_for(1h);
    } else if (path == "/slow") {
        // For longer than the first piece has time, by many of the server's looks at its deadlines.
        const auto end = exchange.deadline() + 300ms;
        while (std::chrono::steady_clock::now() <= end) {
            co_await send_pieces(exchange, 1, "x");
            co_await sleep_for(1ms);
        }
    } else if (path == "/drip") {
        for (;;) {
            co_await send_pieces(exchange, 1, "x");
            co_await sleep_for(1ms);
        }
    } else {
        exchange.response_body() += "whole";
    }
}

Limits quick_limits() {
    Limits limits;
    limits.tick = 10ms;
    limits.drain_idle_time = 0ms;
    return limits;
}

std::string get(std::string_view path, std::string_view version = "1.1") {
    return "GET " + std::string{path} + " HTTP/" + std::string{version} + "\r\nHost: localhost\r\n\r\n";
}

struct Decoded {
    std::string head;
    std::string body;
    bool whole = false;
    std::string rest;  ///< what stands behind the last chunk
};

Decoded decode(const std::string& bytes) {
    const std::size_t head_end = bytes.find("\r\n\r\n") + 4;
    Decoded decoded;
    decoded.head = bytes.substr(0, head_end);
    ChunkedReader reader{100'000'000};
    const auto taken = reader.read(std::string_view{bytes}.substr(head_end), &decoded.body);
    decoded.whole = taken && reader.done();
    decoded.rest = taken ? bytes.substr(head_end + *taken) : "";
    return decoded;
}

class StreamTest : public testing::Test {
 protected:
    void start(Limits limits = quick_limits()) {
        server_.emplace(ServerOptions{.limits = limits}, [](asio::io_context&, unsigned) {
            return Handler{application};
        });
        server_->start();
    }

    /// What comes for the path and then, on the same connection, for the end of it.
    [[nodiscard]] std::string all_of(std::string_view path) const {
        RawClient client{server_->port()};
        client.send(get(path));
        client.send("GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    }

    /// Waits, however long it takes within reason, for handlers to end.
    static void expect_ended(int before, int handlers) {
        for (int i = 0; i < 2000 && ended.load() < before + handlers; ++i) {
            std::this_thread::sleep_for(5ms);
        }
        EXPECT_EQ(ended.load(), before + handlers);
    }

    std::optional<Server> server_;
};

TEST_F(StreamTest, sends_each_piece_as_a_chunk_and_takes_the_next_request) {
    start();
    const std::string bytes = all_of("/three");
    EXPECT_NE(
        bytes.find("\r\n\r\na\r\n0123456789\r\na\r\n0123456789\r\n3\r\nend\r\n0\r\n\r\n"), std::string::npos
    );
    const Decoded answer = decode(bytes);
    EXPECT_EQ(answer.body, "01234567890123456789end");
    EXPECT_TRUE(answer.whole);
    EXPECT_NE(answer.head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos);
    EXPECT_NE(answer.rest.find("Content-Length: 5\r\n"), std::string::npos) << "the next one is as ever";
    EXPECT_TRUE(answer.rest.ends_with("whole"));
}

TEST_F(StreamTest, an_empty_piece_does_not_end_the_body) {
    start();
    const Decoded answer = decode(all_of("/empty-piece"));
    EXPECT_EQ(answer.body, "end");
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(answer.rest.ends_with("whole"));
}

TEST_F(StreamTest, ends_also_when_nothing_is_left_for_the_last_piece) {
    start();
    const Decoded answer = decode(all_of("/no-rest"));
    EXPECT_EQ(answer.body, "xx");
    EXPECT_TRUE(answer.whole);
    EXPECT_TRUE(answer.rest.ends_with("whole"));
}

TEST_F(StreamTest, sends_more_than_the_socket_takes_at_once) {
    start();
    const Decoded answer = decode(all_of("/large"));
    EXPECT_EQ(answer.body.size(), 20'000'000U);
    EXPECT_TRUE(answer.whole);
}

TEST_F(StreamTest, sends_head_alone_to_head) {
    start();
    RawClient client{server_->port()};
    client.send("HEAD /three HTTP/1.1\r\nHost: a\r\n\r\n");
    client.send("GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string bytes = client.read_to_end();
    EXPECT_EQ(bytes.find("0123"), std::string::npos);
    const std::size_t next = bytes.find("\r\n\r\n") + 4;
    EXPECT_TRUE(bytes.substr(next).starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(bytes.ends_with("whole"));
}

TEST_F(StreamTest, one_that_breaks_off_is_never_taken_for_whole) {
    start();
    for (const char* path : {"/cut", "/throw"}) {
        RawClient client{server_->port()};
        client.send(get(path));
        const Decoded answer = decode(client.read_to_end());
        EXPECT_FALSE(answer.whole) << path;
        EXPECT_TRUE(client.was_reset()) << path;
    }
}

TEST_F(StreamTest, ends_with_the_connection_for_a_client_of_1_0_and_resets_it_otherwise) {
    start();
    RawClient client{server_->port()};
    client.send(get("/three", "1.0"));
    const std::string bytes = client.read_to_end();
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n01234567890123456789end"));
    EXPECT_EQ(bytes.find("chunked"), std::string::npos);
    EXPECT_FALSE(client.was_reset());
    RawClient unlucky{server_->port()};
    unlucky.send(get("/cut", "1.0"));
    (void)unlucky.read_to_end();
    EXPECT_TRUE(unlucky.was_reset());
}

TEST_F(StreamTest, a_client_that_goes_away_ends_the_handler) {
    start();
    const int before = ended.load();
    {
        RawClient client{server_->port()};
        client.send(get("/endless"));
    }
    expect_ended(before, 1);
}

TEST_F(StreamTest, a_client_that_does_not_read_ends_the_handler) {
    Limits limits = quick_limits();
    limits.write_stall = 100ms;
    start(limits);
    const int before = ended.load();
    const RawClient client{server_->port()};
    client.send(get("/endless"));
    expect_ended(before, 1);
}

TEST_F(StreamTest, has_the_time_of_a_request_for_each_piece_and_not_for_all) {
    Limits limits = quick_limits();
    limits.request_time = 2s;
    start(limits);
    const Decoded answer = decode(all_of("/slow"));
    EXPECT_GT(answer.body.size(), 1U);
    EXPECT_TRUE(answer.whole);
}

TEST_F(StreamTest, is_cut_off_when_a_piece_takes_too_long) {
    Limits limits = quick_limits();
    limits.request_time = 100ms;
    start(limits);
    const int before = ended.load();
    RawClient client{server_->port()};
    client.send(get("/hanging"));
    EXPECT_FALSE(decode(client.read_to_end()).whole);
    expect_ended(before, 1);
}

TEST_F(StreamTest, is_cut_off_when_all_of_it_takes_too_long) {
    Limits limits = quick_limits();
    limits.stream_time = 300ms;
    start(limits);
    const int before = ended.load();
    RawClient client{server_->port()};
    client.send(get("/drip"));
    EXPECT_FALSE(decode(client.read_to_end()).whole);
    expect_ended(before, 1);
}

}  // namespace
}  // namespace pz::http::test
