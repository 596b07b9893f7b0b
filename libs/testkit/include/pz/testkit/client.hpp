#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::testkit {

/// No answer, or none that could be understood. what() says what was asked and what happened.
class ClientError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// A complete HTTP answer. Readers that expect a certain shape throw ClientError with the body when it is
/// another.
class Reply {
 public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    Reply(int status, Headers headers, std::string body)
        : status_(status), headers_(std::move(headers)), body_(std::move(body)) {}

    [[nodiscard]] int status() const noexcept { return status_; }

    /// The value of the first field with this name, any case; empty when there is none.
    [[nodiscard]] std::string header(std::string_view name) const;

    [[nodiscard]] const Headers& headers() const noexcept { return headers_; }

    [[nodiscard]] const std::string& text() const noexcept { return body_; }

    [[nodiscard]] boost::json::value json() const;
    /// A string member of the answer's object: field("id"), field("code"), field("next_cursor").
    [[nodiscard]] std::string field(std::string_view name) const;

    [[nodiscard]] std::string id() const { return field("id"); }

 private:
    int status_;
    Headers headers_;
    std::string body_;
};

/// A blocking HTTP/1.1 client of one service, with the headers it sends each time. It keeps its connection,
/// follows no redirect, uses no proxy and ignores the machine's configuration. One thread at a time; make
/// another for another.
class Client {
 public:
    /// `origin`: "http://127.0.0.1:8000". What a named service answers is appended to the file in
    /// PZ_TEST_EXCHANGES, if that is set: `./dev test` compares it with the service's OpenAPI document.
    explicit Client(std::string origin, std::string service = {});
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    /// Adds a header to every request of this client: world.as(acme_admin).with("If-Match", etag).patch(…).
    Client&& with(std::string_view name, std::string_view value) &&;
    Client& with(std::string_view name, std::string_view value) &;

    /// `path` as it stands on the wire, with its query; a body is sent as application/json.
    Reply get(std::string_view path);
    Reply post(std::string_view path, const boost::json::value& body);
    Reply put(std::string_view path, const boost::json::value& body);
    Reply patch(std::string_view path, const boost::json::value& body);
    Reply del(std::string_view path);
    /// application/x-www-form-urlencoded, with the values encoded here.
    Reply post_form(std::string_view path, const std::vector<std::pair<std::string, std::string>>& fields);
    /// Anything else: any method, and a body whose Content-Type is among this client's headers.
    Reply send(std::string_view method, std::string_view path, std::string_view body = {});

 private:
    struct Handle;
    Reply perform(
        std::string_view method, std::string_view path, std::string_view content_type, std::string_view body
    );

    std::string origin_;
    std::string service_;
    Reply::Headers headers_;
    std::unique_ptr<Handle> handle_;
};

/// A socket for bytes that no client library would send. All waiting ends at the limit.
class RawConnection {
 public:
    explicit RawConnection(
        std::uint16_t port, std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}
    );

    RawConnection(RawConnection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), limit_(other.limit_) {}

    RawConnection& operator=(RawConnection&& other) noexcept;
    ~RawConnection();

    /// Sends all of it. False if the other side had already closed.
    bool send(std::string_view bytes);
    /// No more from us (FIN), while answers may still come.
    void shut_down_sending() noexcept;
    /// The next complete answer: its head, and as much body as Content-Length or the chunks say. Throws
    /// ClientError at the limit, or when the connection closes before the end.
    Reply receive();
    /// What has come so far, at least one byte of it; empty when the other side has closed. Throws
    /// ClientError at the limit.
    std::string receive_some();
    /// Everything until the other side closes. Throws ClientError at the limit.
    std::string receive_until_closed();
    /// True if the other side closes within the limit and sends nothing before that.
    bool closes_without_a_word();

 private:
    bool read_more();
    /// Reads until the answer has come as far as `size`.
    void read_until(std::size_t size);
    std::string receive_chunks(std::size_t head_size);

    int socket_ = -1;
    std::chrono::milliseconds limit_;
    std::string received_;
};

}  // namespace pz::testkit
