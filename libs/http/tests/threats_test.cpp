// The threats of docs/security.md that this library stands against, one test each, over real sockets.
#include "raw_client.hpp"

#include <pz/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pz::http::test {
namespace {

/// Added to the wall clock of this whole program.
std::atomic<std::int64_t> wall_clock_shift_seconds = 0;

}  // namespace
}  // namespace pz::http::test

// Stands before libc's for every library this program loads: the one place where all clocks come from.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (result == 0 && clock == CLOCK_REALTIME) {
        time->tv_sec += pz::http::test::wall_clock_shift_seconds.load(std::memory_order_relaxed);
    }
    return result;
}

namespace pz::http::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t body_limit = std::size_t{64} * 1024;
/// For what must happen but may take its time on a busy machine.
constexpr std::chrono::seconds patience{60};

asio::awaitable<void> wait_for(std::chrono::milliseconds time) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

std::atomic<int> running = 0;

/// /large: more than a socket takes; /wait: in its own time; anything else: what it knows of the request.
asio::awaitable<void> application(Exchange exchange) {
    if (exchange.path() == "/large") {
        exchange.respond(200, "text/plain").assign(20'000'000, 'x');
        co_return;
    }
    if (exchange.path() == "/wait") {
        ++running;
        co_await wait_for(300ms);
        --running;
    }
    unsigned refused = 0;
    try {
        const std::string_view body = co_await exchange.read_body(body_limit);
        std::string& answer = exchange.respond(200, "text/plain");
        answer += exchange.target();
        answer += exchange.header("X-Role") ? " with a role" : "";
        answer += body.empty() ? "" : " and a body";
    } catch (const BodyError& error) {
        refused = error.status();
    }
    if (refused != 0) {
        exchange.respond(refused);
    }
}

class Threats : public testing::Test {
 protected:
    void SetUp() override {
        limits_.tick = 10ms;
        limits_.drain_idle_time = 0ms;
    }

    void start() {
        server_.emplace(ServerOptions{.limits = limits_}, [](asio::io_context&, unsigned) {
            return Handler{application};
        });
        server_->start();
    }

    [[nodiscard]] std::unique_ptr<RawClient> connect(std::uint8_t last_byte_of_address = 1) const {
        return std::make_unique<RawClient>(server_->port(), last_byte_of_address);
    }

    /// True if the server answers a good request on a connection of its own.
    [[nodiscard]] bool serves() const {
        const auto client = connect();
        client->send("GET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        const auto response = client->read();
        return response && response->status == 200;
    }

    /// True if it happens within our patience.
    static bool happens(const std::function<bool()>& event) {
        const auto began = steady_clock::now();
        while (!event()) {
            if (steady_clock::now() - began > patience) {
                return false;
            }
            std::this_thread::sleep_for(2ms);
        }
        return true;
    }

    Limits limits_;
    std::optional<Server> server_;
};

TEST_F(Threats, T34_a_message_with_two_readings_gets_one_refusal_and_nothing_more) {
    start();
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string length = "Content-Length: " + std::to_string(5 + smuggled.size()) + "\r\n";
    const std::string chunks = "0\r\n\r\n" + smuggled;
    for (const std::string& framing : std::vector<std::string>{
             length + "Transfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\n" + length,
             "Transfer-Encoding: gzip\r\n",
             "Transfer-Encoding: gzip, chunked\r\n",
             "Transfer-Encoding: chunked, identity\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
             "Transfer-Encoding: \x0b"
             "chunked\r\n",
             "Transfer-Encoding:\r\n chunked\r\n",
             "Transfer-Encoding : chunked\r\n",
             " Transfer-Encoding: chunked\r\n",
             "Transfer-Encoding\r\n: chunked\r\n",
             "X: y\nTransfer-Encoding: chunked\r\n",
             "X: y\rTransfer-Encoding: chunked\r\n",
             "Transfer_Encoding: chunked\r\n" + length,
             "Content-Length: 5\r\nContent-Length: 6\r\n",
             "Content-Length: 5\r\nContent-Length: 5\r\n",
             "Content-Length: 5, 5\r\n",
             "Content-Length: +5\r\n",
             "Content-Length: 0x5\r\n",
             "Content-Length: 5 5\r\n",
             "Content-Length: 18446744073709551621\r\n",
             "Host: b\r\n",
         }) {
        SCOPED_TRACE(framing);
        const auto client = connect();
        client->send("POST / HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n" + chunks);
        const auto response = client->read();
        ASSERT_TRUE(response);
        EXPECT_EQ(response->status, 400U);
        EXPECT_TRUE(response->says_close());
        EXPECT_TRUE(client->sees_close());
    }
}

TEST_F(Threats, T35_a_trailer_never_becomes_a_header) {
    start();
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Role\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto client = connect();
    client->send(head + "1\r\nx\r\n0\r\nX-Role: admin\r\n\r\n" + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client->read()->body, "/ and a body");
    EXPECT_EQ(client->read()->body, "/next") << "nor one of the next request";
    client->send(head + "1\r\nx\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
    EXPECT_EQ(client->read()->status, 400U) << "one that could be a credential is refused outright";
}

/// Bytes on this process's heap. The sanitizers' allocators say 0, which compares as no growth.
std::size_t heap_bytes() {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

TEST_F(Threats, T36_what_has_no_end_is_cut_and_takes_no_memory) {
    start();
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
    const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string endless(std::size_t{64} * 1024, 'a');

    struct Flood {
        std::string begin;
        std::string again;
    };

    std::string fields;
    std::string small_chunks;
    for (int i = 0; i < 5'000; ++i) {
        fields += "X: a\r\n";
        small_chunks += "1\r\na\r\n";
    }
    for (const Flood& flood : std::vector<Flood>{
             {"GET /", endless},
             {get + "X: ", endless},
             {get, fields},
             {chunked + "1;x=", endless},
             {chunked + "0\r\n", fields},
             {chunked, small_chunks},
             {chunked, "10000\r\n" + endless + "\r\n"},
             {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999\r\n\r\n", endless},
         }) {
        SCOPED_TRACE(flood.begin);
        ASSERT_TRUE(serves());
        const auto client = connect();
        const std::size_t before = heap_bytes();
        std::size_t most = before;
        std::size_t sent = 0;
        constexpr std::size_t far_too_much = std::size_t{64} * 1024 * 1024;
        bool open = client->send(flood.begin);
        while (open && sent < far_too_much) {
            open = client->send(flood.again);
            sent += flood.again.size();
            most = std::max(most, heap_bytes());
        }
        EXPECT_LT(sent, far_too_much);
        EXPECT_LE(most - before, 4 * body_limit);
    }
}

TEST_F(Threats, T37_slow_clients_are_cut_while_good_ones_are_served) {
    // The good ones are to stay within them on a busy machine, too.
    limits_.head_time = 2s;
    limits_.body_time = 2s;
    limits_.write_stall = 2s;
    start();
    std::vector<std::unique_ptr<RawClient>> slow;
    for (int i = 0; i < 10; ++i) {
        for (const char* begin :
             {"GET / HTTP/1.1\r\nHost: a\r\nX: ",                             // slowloris
              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n",  // slow body
              "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
              "GET /large HTTP/1.1\r\nHost: a\r\n\r\n"}) {  // slow read
            slow.push_back(connect());
            slow.back()->send(begin);
        }
    }
    // Each of them goes on, a byte at a time, until it is cut.
    EXPECT_TRUE(happens([&] {
        EXPECT_TRUE(serves());
        for (const auto& client : slow) {
            client->send("x");
        }
        return server_->connections() == 0;
    }));
}

TEST_F(Threats, T38_a_flood_of_connections_closes_or_waits_and_costs_others_nothing) {
    limits_.connections_per_address = 4;
    limits_.connections = 10;
    start();
    const std::string request = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
    std::vector<std::unique_ptr<RawClient>> served;
    int refused = 0;
    for (int i = 0; i < 20; ++i) {
        auto client = connect(2);
        client->send(request);
        if (client->read()) {
            served.push_back(std::move(client));
        } else {
            ++refused;
        }
    }
    EXPECT_EQ(served.size(), 4U) << "of one address";
    EXPECT_EQ(refused, 16);
    EXPECT_TRUE(serves()) << "another address";
    for (const std::uint8_t address : {std::uint8_t{3}, std::uint8_t{4}}) {
        for (int i = 0; i < 3; ++i) {
            served.push_back(connect(address));
            served.back()->send(request);
            ASSERT_TRUE(served.back()->read());
        }
    }
    // Everything is taken: the next one waits in the kernel's queue, and the door does not spin meanwhile.
    const auto waiting = connect(5);
    waiting->send(request);
    const std::clock_t before = std::clock();
    std::this_thread::sleep_for(500ms);
    EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 8);
    EXPECT_EQ(server_->connections(), 10U);
    served.clear();
    EXPECT_TRUE(waiting->read());
}

TEST_F(Threats, T53_a_wall_clock_that_jumps_cuts_nobody_and_stalls_no_deadline) {
    limits_.head_time = 200ms;
    start();
    const auto idle = connect();
    const auto in_flight = connect();
    constexpr std::int64_t hour = 3'600;
    constexpr std::int64_t ten_years = 3'652 * 24 * hour;
    for (const std::int64_t shift : {ten_years, -hour, std::int64_t{600}, std::int64_t{-600}}) {
        SCOPED_TRACE(shift);
        in_flight->send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto endless = connect();
        endless->send("GET / HTTP/1.1\r\nHost: a\r\n");
        ASSERT_TRUE(happens([] { return running == 1; }));
        wall_clock_shift_seconds = shift;
        // What runs goes on, what is late is cut, and an idle connection waits for its next request.
        const auto answer = in_flight->read();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200U);
        const auto cut = endless->read();
        ASSERT_TRUE(cut);
        EXPECT_EQ(cut->status, 408U);
        idle->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto response = idle->read();
        ASSERT_TRUE(response);
        if (shift == ten_years) {
            const std::string year = response->header("Date").substr(12, 4);
            EXPECT_GT(std::stoi(year), 2034) << "so the jump was seen";
        }
    }
    wall_clock_shift_seconds = 0;
}

}  // namespace
}  // namespace pz::http::test
