#include "session.hpp"

#include "ascii.hpp"

#include <pz/core/error.hpp>
#include <pz/http/chunked_reader.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <utility>

namespace pz::http {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// Least room for the next read: below it a read would bring too little for its system call.
constexpr std::size_t least_read = 1024;
/// How many ticks a connection is idle before its buffers are given back.
constexpr std::uint8_t idle_ticks_to_release = 4;
/// What a client may still send after its last response before it is cut off.
constexpr std::size_t most_lingering_bytes = std::size_t{1024} * 1024;

core::ErrorCode code_of(unsigned status) noexcept {
    switch (status) {
        case 408:
        case 504:
            return core::ErrorCode::deadline_exceeded;
        case 413:
            return core::ErrorCode::body_too_large;
        case 500:
            return core::ErrorCode::internal_error;
        case 503:
            return core::ErrorCode::unavailable;
        default:
            return core::ErrorCode::bad_request;
    }
}

BodyError body_error(unsigned status, const char* detail) {
    return {status, code_of(status), detail};
}

BodyError to_body_error(ChunkedError error) {
    return error == ChunkedError::body_too_large ? body_error(413, "the request body is too large")
                                                 : body_error(400, "the chunked request body is malformed");
}

bool is_ours_to_send(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 5> names{
        "content-type", "content-length", "connection", "date", "transfer-encoding"
    };
    return std::ranges::any_of(names, [name](std::string_view other) {
        return same_field_name(name, other);
    });
}

void shrink_to_nothing(std::string& text) noexcept {
    std::string{}.swap(text);
}

}  // namespace

Session::Session(ThreadState& thread, Socket socket, std::string peer, ConnectionGate::Pass pass)
    : thread_(thread), socket_(std::move(socket)), pass_(std::move(pass)), peer_(std::move(peer)) {
    enter_idle_phase();
}

asio::awaitable<void> Session::run() {
    error_code error;
    socket_.non_blocking(true, error);
    while (!close_) {
        while (!take_head()) {
            enter_head_phase();
            // The wait holds no buffer, so an idle connection can give its memory back.
            co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
            if (!error && receive()) {
                continue;
            }
            if (!timed_out_ || phase_ != Phase::head) {
                co_return;
            }
            respond_problem(408, "the request head did not arrive in time");
            break;
        }
        if (response_status_ == 0) {
            std::exception_ptr failure;
            try {
                co_await thread_.handler(Exchange{*this});
            } catch (...) {
                failure = std::current_exception();
            }
            if (cancelled_) {
                // Otherwise every later wait of this coroutine would end at once.
                co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            }
            if (failure || response_status_ == 0) {
                respond_to_failure(failure);
            }
            if (in_pieces() && (failure || cancelled_ || cut_off_)) {
                break_off();
                co_return;
            }
        }
        if (in_pieces()) {
            render_piece(Piece::last);
        } else {
            render_response();
        }
        Sent sent = send();
        if (sent == Sent::partly) {
            sent = co_await send_rest();
        }
        if (sent == Sent::failed) {
            co_return;
        }
        if (!close_ && head_.has_body() && body_ == Body::unread) {
            co_await drop_body();
        }
        end_request();
    }
    co_await linger();
}

void Session::enter(Phase phase, std::chrono::milliseconds limit) noexcept {
    phase_ = phase;
    timed_out_ = false;
    // The clock was last read up to a tick ago; a deadline may be late by that, but never early.
    deadline_ = thread_.now + thread_.limits.tick + limit;
}

void Session::enter_head_phase() noexcept {
    if (!input_.empty()) {
        if (phase_ != Phase::head) {
            enter(Phase::head, thread_.limits.head_time);
        }
    } else if (phase_ != Phase::idle) {
        enter_idle_phase();
    }
}

void Session::enter_idle_phase() noexcept {
    enter(Phase::idle, thread_.draining ? thread_.limits.drain_idle_time : thread_.limits.idle_time);
    idle_ticks_ = 0;
}

bool Session::receive() {
    input_.reserve(least_read);
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(input_.free_begin(), input_.free_space()), error);
    if (error) {
        return error == asio::error::would_block;
    }
    input_.commit(size);
    return true;
}

bool Session::take_head() {
    const HeadLimits& limits = thread_.limits.head;
    const std::string_view bytes = input_.bytes();
    const auto size = find_head_end(bytes, seen_, limits);
    if (size && *size == 0) {
        seen_ = bytes.size();
        return false;
    }
    if (!size) {
        respond_problem(status_of(size.error()), text_of(size.error()));
        return true;
    }
    auto parsed = parse_head(bytes.substr(0, *size), limits, head_);
    if (parsed && head_.chunked() && input_.free_space() < least_read) {
        // Chunks are received into the space behind the head, which must not move any more once the handler
        // sees it.
        input_.reserve(InputBuffer::initial_capacity);
        parsed = parse_head(input_.bytes().substr(0, *size), limits, head_);
    }
    if (!parsed) {
        respond_problem(status_of(parsed.error()), text_of(parsed.error()));
        return true;
    }
    begin_request();
    return true;
}

void Session::begin_request() noexcept {
    started_ = steady_clock::now();
    request_deadline_ = started_ + thread_.limits.request_time;
    phase_ = Phase::handler;
    deadline_ = request_deadline_;
    request_size_ = head_.size();
    body_ = Body::unread;
    body_received_ = 0;
}

void Session::end_request() noexcept {
    input_.consume(request_size_);
    request_size_ = 0;
    seen_ = 0;
    cancelled_ = false;
    response_status_ = 0;
    response_type_.clear();
    response_fields_.clear();
    response_body_.clear();
    response_head_.clear();
    framing_ = Framing::length;
    sent_ = 0;
}

// --- the body

asio::awaitable<std::string_view> Session::read_body(std::size_t limit) {
    if (body_ != Body::unread || !head_.has_body()) {
        co_return std::string_view{};
    }
    body_ = Body::begun;
    if (head_.content_length() > limit) {
        throw body_error(413, "the request body is too large");
    }
    std::string_view body;
    if (head_.chunked()) {
        body = co_await read_chunked_body(limit);
    } else {
        body = co_await read_sized_body(head_.content_length());
    }
    body_ = Body::complete;
    co_return body;
}

/// Waits for body bytes. Until the function returns the client's time runs, not the handler's.
asio::awaitable<std::size_t> Session::receive_body(char* target, std::size_t at_least, std::size_t at_most) {
    const SteadyTime began = steady_clock::now();
    if (body_received_ == 0) {
        body_wait_began_ = began;
        if (head_.expects_continue() && input_.bytes().size() == head_.size()) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            error_code ignored;
            if (socket_.write_some(asio::buffer(go_on), ignored) < go_on.size()) {
                throw body_error(400, "the client does not read");
            }
        }
    }
    phase_ = Phase::body;
    timed_out_ = false;
    deadline_ = body_wait_began_ + thread_.limits.body_time;

    std::size_t received = 0;
    error_code error;
    while (received < at_least && !error) {
        co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            break;
        }
        const std::size_t size =
            socket_.read_some(asio::buffer(target + received, at_most - received), error);
        received += size;
        body_received_ += size;
        if (error == asio::error::would_block) {
            error.clear();
        }
    }

    request_deadline_ += steady_clock::now() - began;
    phase_ = Phase::handler;
    deadline_ = request_deadline_;
    if (error) {
        throw timed_out_ ? body_error(408, "the request body did not arrive in time")
                         : body_error(400, "the request body ended early");
    }
    co_return received;
}

asio::awaitable<std::string_view> Session::read_sized_body(std::size_t length) {
    const std::size_t head_size = head_.size();
    const std::size_t available = std::min(input_.bytes().size() - head_size, length);
    request_size_ = head_size + available;
    if (available < length && input_.free_space() >= length - available) {
        const std::size_t size =
            co_await receive_body(input_.free_begin(), length - available, input_.free_space());
        input_.commit(size);
        request_size_ = head_size + length;
    }
    if (request_size_ == head_size + length) {
        co_return input_.bytes().substr(head_size, length);
    }
    // The memory follows what has arrived, not what was announced.
    constexpr std::size_t least_growth = std::size_t{16} * 1024;
    request_body_.assign(input_.bytes().substr(head_size, available));
    while (request_body_.size() < length) {
        const std::size_t had = request_body_.size();
        const std::size_t room = std::min(length - had, std::max(least_growth, had));
        request_body_.resize_and_overwrite(had + room, [](char*, std::size_t size) { return size; });
        const std::size_t size = co_await receive_body(request_body_.data() + had, 1, room);
        request_body_.resize(had + size);
    }
    co_return std::string_view{request_body_};
}

asio::awaitable<std::string_view> Session::read_chunked_body(std::size_t limit) {
    ChunkedReader reader{limit};
    request_body_.clear();
    for (;;) {
        const std::string_view available = input_.bytes().substr(request_size_);
        const auto taken = reader.read(available, &request_body_);
        if (!taken) {
            throw to_body_error(taken.error());
        }
        request_size_ += *taken;
        if (reader.done()) {
            co_return std::string_view{request_body_};
        }
        // Everything was taken, so the next bytes may come to the same place.
        request_size_ = head_.size();
        input_.truncate(request_size_);
        const std::size_t size = co_await receive_body(input_.free_begin(), 1, input_.free_space());
        input_.commit(size);
    }
}

/// Reads what the handler left, so that the next request can be found; a client that fails here is cut off.
asio::awaitable<void> Session::drop_body() {
    try {
        co_await read_body(thread_.limits.drain_body_bytes);
    } catch (const BodyError&) {
        close_ = true;
    }
}

// --- the response

std::string& Session::respond(unsigned status, std::string_view content_type) {
    response_status_ = status;
    response_type_.assign(content_type);
    response_fields_.clear();
    response_body_.clear();
    return response_body_;
}

void Session::add_header(std::string_view name, std::string_view value) {
    if (name.empty() || ascii::token_size(name) != name.size() || is_ours_to_send(name)) {
        throw std::invalid_argument("not a header name that a handler may add");
    }
    if (ascii::has_control(value)) {
        throw std::invalid_argument("a header value must not have control characters");
    }
    response_fields_ += name;
    response_fields_ += ": ";
    response_fields_ += value;
    response_fields_ += "\r\n";
}

/// The last word on a connection: what comes after a refused head or a failed handler is not trusted.
void Session::respond_problem(unsigned status, std::string_view detail) {
    fmt::format_to(
        std::back_inserter(respond(status, "application/problem+json")),
        R"({{"type":"about:blank","title":"{}","status":{},"code":"{}","detail":"{}"}})",
        reason_phrase(status),
        status,
        core::error_code_text(code_of(status)),
        detail
    );
    add_lines(thread_.refusal_lines);
    close_ = true;
}

void Session::respond_to_failure(const std::exception_ptr& failure) {
    const std::string_view method = method_text(head_.method());
    if (cancelled_) {
        spdlog::warn("request took too long and was cancelled: {} {}", method, head_.path());
        respond_problem(504, "the request took too long");
        return;
    }
    try {
        if (failure) {
            std::rethrow_exception(failure);
        }
        spdlog::error("request handler returned without a response: {} {}", method, head_.path());
    } catch (const std::bad_alloc&) {
        spdlog::error("request handler failed: {} {}: out of memory", method, head_.path());
        respond_problem(503, "there is no memory for this request now");
        return;
    } catch (const std::exception& error) {
        spdlog::error("request handler failed: {} {}: {}", method, head_.path(), error.what());
    } catch (...) {
        spdlog::error("request handler failed: {} {}: unknown exception", method, head_.path());
    }
    respond_problem(500, "the request could not be answered");
}

bool Session::sends_body() const noexcept {
    const bool refused = request_size_ == 0;
    return !has_no_content(response_status_) && (refused || head_.method() != Method::head);
}

void Session::render_head(Framing framing) {
    const bool refused = request_size_ == 0;
    if (!refused) {
        // A client that still waits for 100 Continue may send its body now or never.
        const bool cannot_drop =
            head_.expects_continue() || head_.content_length() > thread_.limits.drain_body_bytes;
        const bool body_in_doubt =
            head_.has_body() && (body_ == Body::begun || (body_ == Body::unread && cannot_drop));
        close_ = close_ || !head_.keep_alive() || body_in_doubt || thread_.draining;
    }
    framing_ = framing;
    response_head_.clear();
    append_head(
        response_head_,
        {
            .status = response_status_,
            .content_type = response_type_,
            .fields = response_fields_,
            .framing = framing,
            .content_length = response_body_.size(),
            .close = close_,
        },
        thread_.date.text()
    );
}

void Session::render_response() {
    render_head(Framing::length);
    body_to_send_ = sends_body() ? response_body_.size() : 0;
}

/// Puts the body into its chunk (RFC 9112 section 7.1), behind a head that has not left yet.
void Session::render_piece(Piece piece) {
    if (framing_ == Framing::chunks && sends_body()) {
        if (!response_body_.empty()) {
            fmt::format_to(std::back_inserter(response_head_), "{:x}\r\n", response_body_.size());
            response_body_ += "\r\n";
        }
        response_body_ += piece == Piece::last ? "0\r\n\r\n" : "";
    }
    body_to_send_ = sends_body() ? response_body_.size() : 0;
}

asio::awaitable<void> Session::send_piece() {
    if (!in_pieces()) {
        render_head(head_.is_http_1_0() ? Framing::end_of_connection : Framing::chunks);
    }
    render_piece(Piece::further);
    Sent sent = send();
    if (sent == Sent::partly) {
        sent = co_await send_rest();
    }
    response_head_.clear();
    response_body_.clear();
    sent_ = 0;
    // The client's time was not the handler's, which begins anew with each piece.
    const SteadyTime now = steady_clock::now();
    request_deadline_ = std::min(started_ + thread_.limits.stream_time, now + thread_.limits.request_time);
    phase_ = Phase::handler;
    deadline_ = request_deadline_;
    if (sent == Sent::failed) {
        throw boost::system::system_error(
            timed_out_ ? asio::error::timed_out : asio::error::connection_reset
        );
    }
    // A client that reads as fast as pieces are made would otherwise have the thread to itself.
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
}

/// Ends the connection so that nobody can take what was sent for all there is: not even a client that waits
/// for the connection's end.
void Session::break_off() {
    error_code ignored;
    socket_.set_option(Socket::linger(/*enable=*/true, /*timeout=*/0), ignored);
    socket_.close(ignored);  // not left to the destructor, which would take the option back
}

/// Writes as much as the kernel takes, head and body in one call.
Session::Sent Session::send() {
    const std::string_view head =
        std::string_view{response_head_}.substr(std::min(sent_, response_head_.size()));
    const std::size_t body_sent = sent_ - (response_head_.size() - head.size());
    const std::array<asio::const_buffer, 2> buffers{
        asio::buffer(head), asio::buffer(response_body_.data() + body_sent, body_to_send_ - body_sent)
    };
    error_code error;
    sent_ += socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) {
        return Sent::failed;
    }
    return sent_ == response_head_.size() + body_to_send_ ? Sent::all : Sent::partly;
}

asio::awaitable<Session::Sent> Session::send_rest() {
    Sent sent = Sent::partly;
    while (sent == Sent::partly) {
        enter(Phase::write, thread_.limits.write_stall);
        error_code error;
        co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
        sent = error ? Sent::failed : send();
    }
    co_return sent;
}

/// A socket closed with unread bytes resets the connection, and the client may lose the response it was about
/// to read: so say that nothing more comes, and wait for the client to close.
asio::awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    enter(Phase::linger, thread_.limits.linger_time);
    std::size_t dropped = 0;
    while (!error && dropped < most_lingering_bytes) {
        co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            break;
        }
        std::array<char, 512> scrap;  // NOLINT(cppcoreguidelines-pro-type-member-init): never read
        dropped += socket_.read_some(asio::buffer(scrap), error);
        if (error == asio::error::would_block) {
            error.clear();
        }
    }
}

// --- the clock

void Session::check_deadline(SteadyTime now) {
    if (phase_ == Phase::idle && input_.empty() && idle_ticks_ < idle_ticks_to_release) {
        ++idle_ticks_;
        if (idle_ticks_ == idle_ticks_to_release) {
            release_memory();
        }
    }
    bool late = now >= deadline_;
    if (phase_ == Phase::body && !late) {
        const auto waited = now - body_wait_began_;
        const auto expected =
            thread_.limits.body_bytes_per_second *
            static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(waited).count());
        late = waited > thread_.limits.body_rate_after && body_received_ < expected;
    }
    if (!late) {
        return;
    }
    if (phase_ != Phase::handler) {
        timed_out_ = true;
        error_code ignored;
        socket_.cancel(ignored);
    } else if (!cancelled_) {
        cancelled_ = true;
        cancellation_.emit(asio::cancellation_type::terminal);
    }
}

void Session::begin_drain(SteadyTime deadline) noexcept {
    if (phase_ == Phase::idle) {
        deadline_ = std::min(deadline_, deadline);
    }
}

void Session::abort() {
    close_ = true;
    if (phase_ == Phase::handler) {
        deadline_ = request_deadline_ = SteadyTime::min();
        check_deadline(thread_.now);
    } else {
        // A handler that waits for the body learns it from the socket, and is cancelled the next time.
        error_code ignored;
        socket_.close(ignored);
    }
}

void Session::release_memory() noexcept {
    input_.release();
    shrink_to_nothing(request_body_);
    shrink_to_nothing(response_type_);
    shrink_to_nothing(response_fields_);
    shrink_to_nothing(response_body_);
    shrink_to_nothing(response_head_);
}

}  // namespace pz::http
