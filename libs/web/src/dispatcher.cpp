#include <pz/web/dispatcher.hpp>

#include "observation.hpp"

#include <pz/core/check.hpp>
#include <pz/core/text.hpp>
#include <pz/web/event_writer.hpp>
#include <pz/web/policies.hpp>
#include <pz/web/problem.hpp>
#include <pz/web/stream.hpp>

#include <exception>

namespace pz::web {

namespace {

/// A client's own id is kept if it is harmless in a log line and a header.
bool is_request_id(std::string_view text) {
    if (text.empty() || text.size() > 64) {
        return false;
    }
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
           std::string_view::npos;
}

/// On every answer, errors included.
void add_standard_headers(const Context& context) {
    const http::Exchange exchange = context.exchange();
    const Policies& policies = *context.app().policies;
    const bool any_origin = is_well_known(exchange.path());
    exchange.add_header("X-Request-Id", context.request_id());
    exchange.add_lines(policies.headers.lines(
        {.cacheable = context.cacheable, .page = context.page, .any_origin = any_origin}
    ));
    policies.cors.add_headers(exchange, any_origin);
    if (context.rate_limit.is_limited()) {
        const RateLimitText text{context.rate_limit};
        exchange.add_header("RateLimit-Policy", text.policy());
        exchange.add_header("RateLimit", text.state());
    }
}

/// Makes the next piece of the answer; false: it is the last one. In a transaction of its own.
boost::asio::awaitable<bool> make_piece(Context* context) {
    const http::Exchange exchange = context->exchange();
    if (tenancy::Transaction* transaction = context->transaction()) {
        transaction->read_on(exchange.deadline());
    }
    return context->pieces->append_next(&exchange.response_body());
}

/// Sends an answer whose first piece has been made, and makes the others.
boost::asio::awaitable<void> send_pieces(Context* context) {
    const http::Exchange exchange = context->exchange();
    try {
        for (bool more = true; more;) {
            co_await exchange.send_piece();
            more = exchange.method() != http::Method::head;
            if (more) {
                more = co_await make_piece(context);
            }
        }
    } catch (...) {
        note_failure(*context, std::current_exception());
        exchange.cut_off();
    }
}

}  // namespace

namespace detail {

boost::asio::awaitable<void> read_body(Context* context, std::size_t limit) {
    context->set_body(co_await context->exchange().read_body(limit));
}

boost::asio::awaitable<void> commit(Context* context) {
    if (context->transaction() != nullptr) {
        co_await context->transaction()->commit();
    }
}

}  // namespace detail

Dispatcher::Dispatcher(const Router& router, App& app, ThreadMetrics& metrics)
    : router_(router), app_(app), metrics_(metrics), id_prefix_(core::random_token(9)) {
    PZ_CHECK(app.policies != nullptr);
}

std::string Dispatcher::request_id(http::Exchange exchange) {
    if (const auto given = exchange.header("X-Request-Id"); given && is_request_id(*given)) {
        return std::string{*given};
    }
    // Always the same length, so that two answers differ in nothing but the digits.
    constexpr std::string_view digits = "0123456789abcdef";
    std::string id = id_prefix_ + "-0000000000";
    std::size_t at = id.size();
    for (std::uint64_t rest = ++id_counter_; rest != 0 && id[at - 1] != '-'; rest >>= 4) {
        id[--at] = digits[rest & 0xF];
    }
    return id;
}

boost::asio::awaitable<void> Dispatcher::handle(http::Exchange exchange) {
    Context context(app_, exchange, request_id(exchange));
    Observation observation(context, metrics_);
    bool more = false;
    try {
        std::string allowed;
        context.route = router_.match(exchange.method(), exchange.path(), context, allowed);
        if (context.route == nullptr) {
            context.limit_by_address();
            if (allowed.empty()) {
                throw core::not_found("path");
            }
            context.allow = std::move(allowed);
            if (!app_.policies->cors.answer_preflight(
                    exchange, context.allow, is_well_known(exchange.path())
                )) {
                throw core::ApiError(
                    405, core::ErrorCode::method_not_allowed, "this path does not have that method; see Allow"
                );
            }
        } else {
            co_await context.route->run(&context);
            if (context.pieces) {
                more = co_await make_piece(&context);
            }
        }
    } catch (...) {
        context.cacheable = false;
        context.page = false;
        render_problem(context, std::current_exception());
        if (!context.allow.empty()) {
            exchange.add_header("Allow", context.allow);
        }
    }
    co_await record_refusal(&context);
    add_standard_headers(context);
    if (more) {
        co_await send_pieces(&context);
    }
    if (const auth::Principal* principal = context.known_principal()) {
        app_.note_answered(*principal, exchange.response_status());
    }
    observation.finish();
}

}  // namespace pz::web
