#pragma once

#include "connection_gate.hpp"
#include "input_buffer.hpp"
#include "response_head.hpp"

#include <pz/http/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace pz::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using SteadyTime = std::chrono::steady_clock::time_point;

using SessionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// What the sessions of one thread have in common.
struct ThreadState {
    const Limits& limits;
    const std::string& refusal_lines;
    Handler handler;
    DateLine date;
    SteadyTime now = std::chrono::steady_clock::now();  ///< as of the last tick
    bool draining = false;
};

/// One connection: reads a request, calls the handler, writes its response, and again. One coroutine does all
/// of it, so a handler never outlives its session: the session is its caller.
class Session : public SessionHook {
 public:
    Session(ThreadState& thread, Socket socket, std::string peer, ConnectionGate::Pass pass);

    /// The whole life of the connection.
    boost::asio::awaitable<void> run();

    /// For the completion handler of run(): ends the handler when its time is over.
    [[nodiscard]] boost::asio::cancellation_slot cancellation_slot() noexcept { return cancellation_.slot(); }

    // --- called by the thread's timer
    /// Ends whatever has been waited for too long.
    void check_deadline(SteadyTime now);
    /// Lets an idle connection live until `deadline` at most.
    void begin_drain(SteadyTime deadline) noexcept;
    /// Cancels the handler, which may still answer, or closes the connection when none runs. Called at every
    /// tick until nothing is left.
    void abort();

    // --- for Exchange
    [[nodiscard]] const RequestHead& head() const noexcept { return head_; }

    [[nodiscard]] std::string_view peer() const noexcept { return peer_; }

    [[nodiscard]] SteadyTime started() const noexcept { return started_; }

    [[nodiscard]] SteadyTime deadline() const noexcept { return request_deadline_; }

    boost::asio::awaitable<std::string_view> read_body(std::size_t limit);
    std::string& respond(unsigned status, std::string_view content_type);
    void add_header(std::string_view name, std::string_view value);

    void add_lines(std::string_view lines) { response_fields_ += lines; }

    void close_after_response() noexcept { close_ = true; }

    boost::asio::awaitable<void> send_piece();

    void cut_off() noexcept { cut_off_ = true; }

    [[nodiscard]] unsigned response_status() const noexcept { return response_status_; }

    [[nodiscard]] std::string& response_body() noexcept { return response_body_; }

 private:
    /// What the connection waits for; each phase has its own deadline.
    enum class Phase : std::uint8_t { idle, head, handler, body, write, linger };
    /// A body whose reading was begun and not completed leaves bytes that must not be taken for the next
    /// request.
    enum class Body : std::uint8_t { unread, begun, complete };
    enum class Sent : std::uint8_t { all, partly, failed };
    enum class Piece : std::uint8_t { further, last };

    void enter(Phase phase, std::chrono::milliseconds limit) noexcept;
    void enter_head_phase() noexcept;
    void enter_idle_phase() noexcept;
    [[nodiscard]] bool receive();
    /// True if there is something to answer: a request (status 0) or the refusal of one.
    [[nodiscard]] bool take_head();
    void begin_request() noexcept;
    void end_request() noexcept;

    boost::asio::awaitable<std::size_t> receive_body(char* target, std::size_t at_least, std::size_t at_most);
    boost::asio::awaitable<std::string_view> read_sized_body(std::size_t length);
    boost::asio::awaitable<std::string_view> read_chunked_body(std::size_t limit);
    boost::asio::awaitable<void> drop_body();
    boost::asio::awaitable<Sent> send_rest();
    boost::asio::awaitable<void> linger();

    void respond_problem(unsigned status, std::string_view detail);
    void respond_to_failure(const std::exception_ptr& failure);
    void render_head(Framing framing);
    [[nodiscard]] bool sends_body() const noexcept;

    [[nodiscard]] bool in_pieces() const noexcept { return framing_ != Framing::length; }

    void render_response();
    void render_piece(Piece piece);
    void break_off();
    [[nodiscard]] Sent send();
    void release_memory() noexcept;

    ThreadState& thread_;
    Socket socket_;
    ConnectionGate::Pass pass_;
    std::string peer_;
    boost::asio::cancellation_signal cancellation_;

    Phase phase_ = Phase::idle;
    bool timed_out_ = false;
    bool cancelled_ = false;
    bool close_ = false;
    Body body_ = Body::unread;
    std::uint8_t idle_ticks_ = 0;
    SteadyTime deadline_;

    InputBuffer input_;
    std::size_t seen_ = 0;          ///< bytes of an unfinished head that were looked at
    std::size_t request_size_ = 0;  ///< bytes at the front of input_ that belong to the current request
    RequestHead head_;
    SteadyTime started_;
    SteadyTime request_deadline_;
    SteadyTime body_wait_began_;
    std::size_t body_received_ = 0;
    std::string request_body_;

    unsigned response_status_ = 0;
    std::string response_type_;
    std::string response_fields_;
    std::string response_body_;
    std::string response_head_;
    Framing framing_ = Framing::length;  ///< of the response whose head has been rendered
    bool cut_off_ = false;
    std::size_t body_to_send_ = 0;
    std::size_t sent_ = 0;
};

using SessionList = boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>>;

}  // namespace pz::http
