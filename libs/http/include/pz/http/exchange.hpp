#pragma once

#include <pz/core/error.hpp>
#include <pz/http/head_parser.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pz::http {

class Session;

/// The body could not be had: 413 larger than allowed, 400 broken framing or the client went away, 408 too
/// slow. The connection closes after the answer.
class BodyError final : public core::ApiError {
 public:
    using core::ApiError::ApiError;
};

/// One request and its response: a small handle, to be passed by value. It belongs to the connection and is
/// valid, with every view it has given out, until the handler's coroutine returns. Use it on its own thread
/// only.
class Exchange {
 public:
    explicit Exchange(Session& session) noexcept : session_(&session) {}

    // --- the request

    [[nodiscard]] const RequestHead& head() const noexcept;

    [[nodiscard]] Method method() const noexcept { return head().method(); }

    [[nodiscard]] std::string_view target() const noexcept { return head().target(); }

    [[nodiscard]] std::string_view path() const noexcept { return head().path(); }

    [[nodiscard]] std::string_view query() const noexcept { return head().query(); }

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
        return head().find(name);
    }

    [[nodiscard]] std::optional<std::string_view> authorization() const noexcept {
        return head().authorization();
    }

    [[nodiscard]] std::optional<std::string_view> content_type() const noexcept {
        return head().content_type();
    }

    [[nodiscard]] std::optional<std::string_view> if_match() const noexcept { return head().if_match(); }

    /// The address of the other end of the connection, "192.0.2.1" or "2001:db8::1", without port.
    [[nodiscard]] std::string_view peer() const noexcept;
    /// When the head was complete.
    [[nodiscard]] std::chrono::steady_clock::time_point started() const noexcept;
    /// When this request's time is over (it moves on by the time spent waiting for the body). The handler is
    /// cancelled then (asio terminal cancellation) and, if it ends by an exception, 504 is answered.
    [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept;

    /// The whole body, once; empty if there is none. Sends 100 Continue if the client waits for it. The view
    /// is valid until the handler returns.
    /// @throws BodyError 413 if it is larger than `limit` bytes (a declared length: before anything is read),
    /// 408, 400
    [[nodiscard]] boost::asio::awaitable<std::string_view> read_body(std::size_t limit) const;

    // --- the response; without respond() it is 500

    /// Begins the response, or begins it anew: forgets body and headers that were there. Returns the body to
    /// write into: empty, with the capacity of earlier ones. An empty content type sends no Content-Type.
    /// HEAD, 204 and 304 are sent without the body.
    // NOLINTNEXTLINE(modernize-use-nodiscard): a response without a body is a whole response
    std::string& respond(unsigned status, std::string_view content_type = {}) const;
    /// Adds one header line to the response begun by respond(). Content-Type, Content-Length, Connection,
    /// Date and Transfer-Encoding are ours to send.
    /// @throws std::invalid_argument if the name is not a token or is one of those, or the value has control
    /// characters
    void add_header(std::string_view name, std::string_view value) const;
    /// Adds header lines that the program has made once, each with its CRLF; they are not looked at.
    void add_lines(std::string_view lines) const;
    /// Closes the connection after this response.
    void close() const noexcept;

    // --- a response in pieces, for a body that is never whole in memory

    /// Sends what stands in response_body() as the next piece, after the head if it is the first one, and
    /// empties the body. Nothing about status and headers can be changed any more. When the handler returns,
    /// what is left in the body is the last piece. Each piece has Limits::request_time to be made and
    /// Limits::write_stall to make progress on its way, all of them together have Limits::stream_time. To
    /// HEAD only the head is sent.
    /// @throws boost::system::system_error when the client is gone or does not read
    [[nodiscard]] boost::asio::awaitable<void> send_piece() const;
    /// For pieces of which the next one cannot be had: the response ends with this call's handler, and
    /// visibly before its end. The last chunk is missing and the connection is reset. So it does when the
    /// handler throws or is cancelled after send_piece().
    void cut_off() const noexcept;

    [[nodiscard]] unsigned response_status() const noexcept;
    [[nodiscard]] std::string& response_body() const noexcept;

 private:
    Session* session_;
};

}  // namespace pz::http
