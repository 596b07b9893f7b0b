#include <pz/web/problem.hpp>

#include <pz/core/json.hpp>
#include <pz/pg/error.hpp>

#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

namespace pz::web {

namespace {

std::string_view title_of(unsigned status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Internal Server Error";
    }
}

void render(Context& context, const core::ApiError& error) {
    const http::Exchange exchange = context.exchange();
    std::string& body = exchange.respond(error.status(), "application/problem+json");
    body += R"({"type":"about:blank","title":)";
    core::write_json(body, title_of(error.status()));
    body += R"(,"status":)";
    core::write_json(body, error.status());
    if (error.status() < 500) {
        body += R"(,"detail":)";
        core::write_json(body, error.detail());
    }
    body += R"(,"code":)";
    core::write_json(body, core::error_code_text(error.code()));
    body += R"(,"request_id":)";
    core::write_json(body, context.request_id());
    if (!error.field_errors().empty()) {
        body += R"(,"errors":[)";
        bool first = true;
        for (const core::FieldError& field : error.field_errors()) {
            body += std::exchange(first, false) ? "" : ",";
            body += R"({"loc":)";
            core::write_json(body, field.loc);
            body += R"(,"msg":)";
            core::write_json(body, field.msg);
            body += R"(,"code":)";
            core::write_json(body, field.code);
            body += '}';
        }
        body += ']';
    }
    body += '}';
    if (error.status() == 401) {
        exchange.add_header(
            "WWW-Authenticate",
            error.code() == core::ErrorCode::not_authenticated ? R"(Bearer)"
                                                               : R"(Bearer error="invalid_token")"
        );
    }
    if (error.retry_after_seconds()) {
        exchange.add_header("Retry-After", std::to_string(*error.retry_after_seconds()));
    }
}

/// What the client is told about a failure in the database. The log line is the caller's.
core::ApiError translate(const pg::Error& error) {
    const std::string& state = error.sqlstate();
    if (error.is_connection_failure() || state == "40001" || state == "40P01" || state == "55P03" ||
        state.starts_with("53") || state.starts_with("57P")) {
        return core::unavailable(error.what());
    }
    if (state == "57014") {  // statement_timeout
        return {504, core::ErrorCode::deadline_exceeded, "the database took too long"};
    }
    if (state == "42501") {
        return core::not_found("row");
    }
    return {500, core::ErrorCode::internal_error, ""};
}

}  // namespace

void render_problem(Context& context, std::exception_ptr failure) noexcept {
    // The route's name and the acting person say where to look; the request id ties this line to the client's
    // report.
    const std::string_view operation = context.route_name();
    const std::string actor =
        context.known_principal() != nullptr ? context.known_principal()->person.to_string() : "-";
    try {
        try {
            std::rethrow_exception(failure);
        } catch (const core::ApiError& error) {
            if (error.status() >= 500) {
                spdlog::warn("{} {} {}: {}", context.request_id(), operation, error.status(), error.cause());
            } else if (error.status() == 401 || error.status() == 403) {
                spdlog::info(
                    "{} {} {} refused: {} actor={} {}",
                    context.request_id(),
                    operation,
                    error.status(),
                    core::error_code_text(error.code()),
                    actor,
                    error.cause()
                );
            }
            render(context, error);
        } catch (const pg::PoolTimeout& error) {
            spdlog::warn("{} {} 503: {}", context.request_id(), operation, error.what());
            render(context, core::unavailable(error.what()));
        } catch (const pg::DeadlineExceeded& error) {
            spdlog::warn("{} {} 504: {}", context.request_id(), operation, error.what());
            render(context, core::ApiError(504, core::ErrorCode::deadline_exceeded, ""));
        } catch (const pg::Error& error) {
            const core::ApiError answer = translate(error);
            spdlog::log(
                error.sqlstate() == "42501" ? spdlog::level::critical : spdlog::level::err,
                "{} {} {}: database {} {} actor={}",
                context.request_id(),
                operation,
                answer.status(),
                error.what(),
                error.detail(),
                actor
            );
            render(context, answer);
        } catch (const boost::system::system_error& error) {
            // The connection's session cancels a handler whose time is over, or whose client or service goes
            // away.
            spdlog::warn("{} {} 504: cancelled: {}", context.request_id(), operation, error.code().message());
            render(context, core::ApiError(504, core::ErrorCode::deadline_exceeded, ""));
        } catch (const std::exception& error) {
            spdlog::error("{} {} 500: {}", context.request_id(), operation, error.what());
            render(context, core::ApiError(500, core::ErrorCode::internal_error, ""));
        }
    } catch (...) {
        // Out of memory while describing a failure: without a body the status still says it.
        context.exchange().respond(500);
    }
}

}  // namespace pz::web
