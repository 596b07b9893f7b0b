#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pz::http::test {

/// A listening socket on a port of the kernel's choice, for a server to take over.
int listen_on_loopback();
std::uint16_t port_of(int socket);

/// A response as it came over the wire.
struct Response {
    unsigned status = 0;
    std::string head;  ///< status line and header lines
    std::string body;

    /// The value of a header line, exact case; empty if it is absent.
    [[nodiscard]] std::string header(std::string_view name) const;

    [[nodiscard]] bool says_close() const { return header("Connection") == "close"; }
};

/// Whether the response has a body although its head names a length: not after HEAD.
enum class ResponseBody : std::uint8_t { by_length, none };

/// A blocking client that sends exactly the bytes it is told to. Every wait ends after five seconds.
class RawClient {
 public:
    /// Comes from 127.0.0.`from`.
    explicit RawClient(std::uint16_t port, std::uint8_t from = 1);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False if the server has closed the connection meanwhile.
    bool send(std::string_view bytes) const;
    /// Says that nothing more will be sent; still reads.
    void finish_sending() const;
    /// The next response; nullopt if the connection ends or nothing comes.
    std::optional<Response> read(ResponseBody body = ResponseBody::by_length);
    /// True if the server closes the connection without sending anything more.
    bool sees_close();
    /// Everything until the server closes or nothing more comes.
    std::string read_to_end();

    /// After read_to_end(): whether the connection was reset instead of closed.
    [[nodiscard]] bool was_reset() const noexcept { return was_reset_; }

 private:
    bool receive();

    int socket_;
    std::string received_;
    bool was_reset_ = false;
};

}  // namespace pz::http::test
