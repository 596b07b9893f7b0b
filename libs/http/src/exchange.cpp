#include <pz/http/exchange.hpp>

#include "session.hpp"

namespace pz::http {

const RequestHead& Exchange::head() const noexcept {
    return session_->head();
}

std::string_view Exchange::peer() const noexcept {
    return session_->peer();
}

std::chrono::steady_clock::time_point Exchange::started() const noexcept {
    return session_->started();
}

std::chrono::steady_clock::time_point Exchange::deadline() const noexcept {
    return session_->deadline();
}

boost::asio::awaitable<std::string_view> Exchange::read_body(std::size_t limit) const {
    return session_->read_body(limit);
}

std::string& Exchange::respond(unsigned status, std::string_view content_type) const {
    return session_->respond(status, content_type);
}

void Exchange::add_header(std::string_view name, std::string_view value) const {
    session_->add_header(name, value);
}

void Exchange::add_lines(std::string_view lines) const {
    session_->add_lines(lines);
}

void Exchange::close() const noexcept {
    session_->close_after_response();
}

boost::asio::awaitable<void> Exchange::send_piece() const {
    return session_->send_piece();
}

void Exchange::cut_off() const noexcept {
    session_->cut_off();
}

unsigned Exchange::response_status() const noexcept {
    return session_->response_status();
}

std::string& Exchange::response_body() const noexcept {
    return session_->response_body();
}

}  // namespace pz::http
