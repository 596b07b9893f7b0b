// The clients against a server of a few lines, whose answers are bytes that the test chooses.

#include <pz/testkit/client.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>

namespace pz::testkit {

namespace {

using namespace std::chrono_literals;

/// Accepts one connection, reads until the request is complete, answers and closes.
class OneAnswer {
 public:
    explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(listener_, 1);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        request_ = std::async(std::launch::async, [this, bytes = std::move(answer)] { return serve(bytes); });
    }

    ~OneAnswer() { ::close(listener_); }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }

    std::string request() { return request_.get(); }

 private:
    std::string serve(const std::string& answer) const {
        const int connection = ::accept(listener_, nullptr, nullptr);
        std::string request;
        char buffer[4096];
        // Every request of these tests fits one segment or ends with its body's closing brace.
        while (request.find("\r\n\r\n") == std::string::npos ||
               (request.find("Content-Length: ") != std::string::npos && request.ends_with("\r\n\r\n") &&
                request.find("Content-Length: 0") == std::string::npos)) {
            const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
            if (size <= 0) {
                break;
            }
            request.append(buffer, static_cast<std::size_t>(size));
        }
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(connection);
        return request;
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::future<std::string> request_;
};

TEST(Client, sends_what_it_was_asked_and_nothing_that_it_was_not) {
    OneAnswer server{"HTTP/1.1 201 Created\r\nContent-Length: 11\r\nETag: \"1\"\r\n\r\n{\"id\":\"x1\"}"};
    Client client{server.origin()};
    client.with("Authorization", "Bearer abc");
    const Reply reply = client.post("/api/../items?q=%20", {{"title", "mine"}});
    EXPECT_EQ(reply.status(), 201);
    EXPECT_EQ(reply.header("etag"), "\"1\"");
    EXPECT_EQ(reply.header("Location"), "");
    EXPECT_EQ(reply.id(), "x1");
    const std::string request = server.request();
    EXPECT_TRUE(request.starts_with("POST /api/../items?q=%20 HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Authorization: Bearer abc\r\n"), std::string::npos) << request;
    EXPECT_NE(request.find("Content-Type: application/json\r\n"), std::string::npos) << request;
    EXPECT_EQ(request.find("Expect"), std::string::npos) << request;
    EXPECT_TRUE(request.ends_with("{\"title\":\"mine\"}")) << request;
}

TEST(Client, encodes_form_fields) {
    OneAnswer server{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    Client{server.origin()}.post_form("/token", {{"username", "a+b@acme.example"}, {"password", "x&y=z"}});
    EXPECT_TRUE(server.request().ends_with("username=a%2Bb%40acme.example&password=x%26y%3Dz"));
}

TEST(Client, sends_no_content_type_without_a_body) {
    OneAnswer server{"HTTP/1.1 204 No Content\r\n\r\n"};
    EXPECT_EQ(Client{server.origin()}.del("/items/1").status(), 204);
    const std::string request = server.request();
    EXPECT_TRUE(request.starts_with("DELETE /items/1 ")) << request;
    EXPECT_EQ(request.find("Content-"), std::string::npos) << request;
}

TEST(Client, says_what_it_expected_when_the_answer_has_another_shape) {
    OneAnswer server{"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\noh!"};
    const Reply reply = Client{server.origin()}.get("/");
    try {
        FAIL() << reply.id();
    } catch (const ClientError& error) {
        EXPECT_STREQ(error.what(), "status 502, expected JSON: oh!");
    }
}

TEST(Client, throws_when_nobody_answers) {
    EXPECT_THROW(Client{"http://127.0.0.1:1"}.get("/"), ClientError);
}

TEST(RawConnection, reads_one_answer_after_the_other) {
    OneAnswer server{
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhiHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    };
    RawConnection connection{server.port()};
    EXPECT_TRUE(connection.send("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(connection.receive().text(), "hi");
    EXPECT_EQ(connection.receive().status(), 400);
    EXPECT_TRUE(connection.closes_without_a_word());
}

TEST(RawConnection, puts_chunks_together) {
    OneAnswer server{
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n, somebody\r\n0\r\n\r\n"
        "HTTP/1.1 204 No Content\r\n\r\n"
    };
    RawConnection connection{server.port()};
    ASSERT_TRUE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(connection.receive().text(), "hello, somebody");
    EXPECT_EQ(connection.receive().status(), 204);
}

TEST(RawConnection, hands_out_what_has_come_and_then_nothing) {
    OneAnswer server{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning"};
    RawConnection connection{server.port()};
    ASSERT_TRUE(connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(connection.receive_some().starts_with("HTTP/1.1 200 OK"));
    while (!connection.receive_some().empty()) {
    }
}

TEST(RawConnection, gives_up_at_the_limit) {
    OneAnswer server{""};
    RawConnection connection{server.port(), 50ms};
    EXPECT_THROW(connection.receive(), ClientError);
    connection.send("x\r\n\r\n");
}

TEST(RawConnection, notices_an_answer_that_breaks_off) {
    OneAnswer server{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"};
    RawConnection connection{server.port()};
    connection.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THROW(connection.receive(), ClientError);
}

}  // namespace

}  // namespace pz::testkit
