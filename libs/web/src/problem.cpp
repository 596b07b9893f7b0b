#include <pz/web/problem.hpp>

#include <pz/core/json.hpp>
#include <pz/pg/error.hpp>

#include <boost/system/system_error.hpp>

#include <new>

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

std::string_view challenge_for(core::ErrorCode code) noexcept {
    switch (code) {
        case core::ErrorCode::not_authenticated:
            return "Bearer";
        case core::ErrorCode::reauthentication_required:
            return R"(Bearer error="insufficient_user_authentication")";  // RFC 9470
        default:
            return R"(Bearer error="invalid_token")";
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
    if (error.limit()) {
        body += R"(,"limit":{"name":)";
        core::write_json(body, error.limit()->name);
        body += R"(,"value":)";
        core::write_json(body, error.limit()->value);
        body += '}';
    }
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
        exchange.add_header("WWW-Authenticate", challenge_for(error.code()));
    }
    if (error.retry_after_seconds()) {
        exchange.add_header("Retry-After", std::to_string(*error.retry_after_seconds()));
    }
}

/// What the client is told about a failure in the database.
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

/// An error for the client, with its cause left for the request's line in the log.
core::ApiError noted(Context& context, core::ApiError error, Severity severity, std::string cause) {
    context.failure = {core::error_code_text(error.code()), severity, std::move(cause)};
    return error;
}

core::ApiError deadline_exceeded() {
    return {504, core::ErrorCode::deadline_exceeded, ""};
}

core::ApiError explain(Context& context, const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const core::ApiError& error) {
        return noted(context, error, error.status() >= 500 ? Severity::warn : Severity::info, error.cause());
    } catch (const pg::PoolTimeout& error) {
        return noted(context, core::unavailable(error.what()), Severity::warn, error.what());
    } catch (const pg::DeadlineExceeded& error) {
        return noted(context, deadline_exceeded(), Severity::warn, error.what());
    } catch (const pg::Error& error) {
        return noted(
            context,
            translate(error),
            // Row level security has refused what our own code asked for: somebody has to look.
            error.sqlstate() == "42501" ? Severity::critical : Severity::error,
            std::string{"database: "} + error.what() + " " + error.detail()
        );
    } catch (const boost::system::system_error& error) {
        // The connection's session cancels a handler whose time is over, or whose client or service goes
        // away.
        return noted(context, deadline_exceeded(), Severity::warn, "cancelled: " + error.code().message());
    } catch (const std::bad_alloc& error) {
        // Whoever asks again later may find some.
        return noted(context, core::unavailable(error.what()), Severity::error, error.what());
    } catch (const std::exception& error) {
        return noted(
            context, core::ApiError(500, core::ErrorCode::internal_error, ""), Severity::error, error.what()
        );
    }
}

}  // namespace

void render_problem(Context& context, std::exception_ptr failure) noexcept {
    try {
        render(context, explain(context, failure));
    } catch (...) {
        // Out of memory while describing a failure: without a body the status still says it.
        context.exchange().respond(503);
    }
}

void note_failure(Context& context, std::exception_ptr failure) noexcept {
    try {
        const core::ApiError unsent = explain(context, failure);
        context.failure.cause = "cut off: " + context.failure.cause;
    } catch (...) {
        context.failure = {"internal_error", Severity::error, {}};
    }
}

}  // namespace pz::web
