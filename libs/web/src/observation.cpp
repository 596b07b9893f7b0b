#include "observation.hpp"

#include "operations.hpp"

#include <pz/web/policies.hpp>
#include <pz/web/router.hpp>
#include <pz/web/tracer.hpp>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::web {

using std::chrono::steady_clock;

Observation::Observation(Context& context, ThreadMetrics& metrics)
    : context_(context),
      metrics_(metrics),
      method_(context.exchange().method()),
      started_(context.exchange().started()) {
    metrics_.begin();
    const auto header = context.exchange().header("traceparent");
    const std::optional<TraceContext> caller = header ? parse_traceparent(*header) : std::nullopt;
    context.trace = caller ? child_of(*caller) : new_trace();
    const Operations* operations = context.app().operations;
    if (operations == nullptr) {
        return;
    }
    const bool traces = operations->tracer != nullptr;
    if (!caller) {
        context.trace.sampled = traces && operations->tracer->samples(context.trace.trace_id);
    }
    if (operations->server_timing || (traces && context.trace.sampled)) {
        context.timeline = &timeline_;
    }
}

Observation::~Observation() {
    metrics_.end(context_.route, method_, status_, steady_clock::now() - started_);
}

void Observation::finish() {
    const http::Exchange exchange = context_.exchange();
    status_ = exchange.response_status();
    const auto now = steady_clock::now();
    const Operations* operations = context_.app().operations;
    if (operations != nullptr && operations->server_timing) {
        add_server_timing(now);
    }
    write_line(now - started_);
    if (operations != nullptr && operations->tracer != nullptr && context_.trace.sampled) {
        export_spans(now);
    }
}

void Observation::add_server_timing(steady_clock::time_point now) const {
    const auto milliseconds = [](steady_clock::duration duration) {
        return std::chrono::duration<double, std::milli>(duration).count();
    };
    std::string value = fmt::format("total;dur={:.3f}", milliseconds(now - started_));
    for (const std::string_view kind : {"auth", "db", "password"}) {
        steady_clock::duration sum{};
        for (const core::Step& step : timeline_) {
            sum += step.kind == kind ? step.ended - step.began : steady_clock::duration{};
        }
        if (sum != steady_clock::duration{}) {
            fmt::format_to(std::back_inserter(value), ", {};dur={:.3f}", kind, milliseconds(sum));
        }
    }
    fmt::format_to(std::back_inserter(value), R"(, traceparent;desc="{}")", context_.trace.to_traceparent());
    context_.exchange().add_header("Server-Timing", value);
}

void Observation::write_line(steady_clock::duration took) const {
    const http::Exchange exchange = context_.exchange();
    const Failure& failure = context_.failure;
    Severity severity = Severity::info;
    if (!failure.code.empty()) {
        severity = std::max(severity, failure.severity);
    } else if (context_.route != nullptr && is_probe(context_.route->pattern) && status_ < 400) {
        // What probes and scrapers ask all day is for debugging only.
        severity = Severity::debug;
    }
    const Operations* operations = context_.app().operations;
    Log* log = operations != nullptr ? operations->log : nullptr;
    if (log == nullptr ? severity < Severity::warn : !log->takes(severity)) {
        return;
    }
    const std::string_view method = http::method_text(method_);
    std::string message;
    message.reserve(
        std::string_view{"  200: "}.size() + method.size() + exchange.path().size() + failure.cause.size()
    );
    message += method;
    message += ' ';
    message += exchange.path();
    message += ' ';
    message += std::to_string(status_);
    if (!failure.cause.empty()) {
        message += ": ";
        message += failure.cause;
    }
    if (log == nullptr) {  // a dispatcher without a service around it, as in tests
        spdlog::warn("{} {}", context_.request_id(), printable(message));
        return;
    }
    const auth::Principal* principal = context_.known_principal();
    const bool known = principal != nullptr && !principal->anonymous;
    const std::string address = context_.client_address().to_string();
    const std::string tenant = principal != nullptr ? principal->tenant.to_string() : "";
    const std::string actor = known ? principal->person.to_string() : "";
    log->write(
        {.severity = severity,
         .message = message,
         .request =
             LoggedRequest{
                 .method = method,
                 .path = exchange.path(),
                 .status = status_,
                 .latency = took,
                 .remote_address = address,
                 .user_agent = exchange.header("User-Agent").value_or(""),
             },
         .trace = &context_.trace,
         .request_id = context_.request_id(),
         .route = context_.route != nullptr ? context_.route_name() : "",
         .code = failure.code,
         .tenant = tenant,
         .actor = actor}
    );
}

void Observation::export_spans(steady_clock::time_point now) const {
    const http::Exchange exchange = context_.exchange();
    // Steps are timed by the steady clock; spans want the wall clock's time.
    const auto wall_now = std::chrono::system_clock::now();
    const auto wall = [&](steady_clock::time_point time) {
        return wall_now - std::chrono::duration_cast<std::chrono::system_clock::duration>(now - time);
    };
    std::vector<Span> spans;
    spans.reserve(timeline_.size() + 1);
    Span& server = spans.emplace_back();
    const std::string method{http::method_text(method_)};
    server.name = context_.route != nullptr ? method + " " + context_.route->pattern : method;
    server.kind = SpanKind::server;
    server.trace_id = context_.trace.trace_id;
    server.span_id = context_.trace.span_id;
    server.parent_id = context_.trace.parent_id;
    server.began = wall(started_);
    server.ended = wall_now;
    server.failed = status_ >= 500;
    server.attributes = {
        {"http.request.method", method},
        {"url.path", std::string{exchange.path()}},
        {"url.scheme", std::string{"http"}},
        {"http.response.status_code", static_cast<std::int64_t>(status_)},
        {"client.address", context_.client_address().to_string()},
        {"pz.request_id", context_.request_id()},
    };
    if (context_.route != nullptr) {
        server.attributes.emplace_back("http.route", context_.route->pattern);
    }
    if (server.failed) {
        server.attributes.emplace_back("error.type", std::to_string(status_));
    }
    for (const core::Step& step : timeline_) {
        const TraceContext place = child_of(context_.trace);
        const bool is_database = step.kind == "db";
        Span& span = spans.emplace_back();
        span.name = is_database ? step.name : step.kind;
        span.kind = is_database ? SpanKind::client : SpanKind::internal;
        span.trace_id = place.trace_id;
        span.span_id = place.span_id;
        span.parent_id = place.parent_id;
        span.began = wall(step.began);
        span.ended = wall(step.ended);
        if (is_database) {
            span.attributes = {
                {"db.system.name", std::string{"postgresql"}}, {"db.query.summary", std::string{step.name}}
            };
        }
    }
    context_.app().operations->tracer->submit(std::move(spans));
}

}  // namespace pz::web
