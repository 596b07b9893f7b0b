#include <pz/core/error.hpp>

#include <pz/core/json.hpp>

#include <boost/describe/enum.hpp>

namespace pz::core {

BOOST_DESCRIBE_ENUM(
    ErrorCode,
    bad_request,
    malformed_json,
    invalid_link,
    invalid_input,
    not_authenticated,
    invalid_token,
    token_expired,
    session_ended,
    reauthentication_required,
    tenant_mismatch,
    forbidden,
    tenant_suspended,
    tenant_read_only,
    wrong_password,
    impersonation_forbidden,
    impersonation_ended,
    own_organization,
    support_denied,
    session_limit,
    not_found,
    method_not_allowed,
    conflict,
    wrong_state,
    last_admin,
    limit_reached,
    version_conflict,
    idempotency_in_progress,
    idempotency_key_reused,
    body_too_large,
    unsupported_media_type,
    precondition_required,
    rate_limited,
    internal_error,
    unavailable,
    deadline_exceeded,
    invalid_grant,
    invalid_client,
    unsupported_grant_type
)

std::string_view error_code_text(ErrorCode code) noexcept {
    return enum_text(code);
}

ApiError bad_request(std::string detail) {
    return {400, ErrorCode::bad_request, std::move(detail)};
}

ApiError unauthorized(ErrorCode code, std::string detail) {
    return {401, code, std::move(detail)};
}

ApiError forbidden(std::string detail, ErrorCode code) {
    return {403, code, std::move(detail)};
}

ApiError not_found(std::string_view what) {
    return {404, ErrorCode::not_found, "no such " + std::string{what}};
}

ApiError conflict(std::string detail) {
    return {409, ErrorCode::conflict, std::move(detail)};
}

ApiError limit_reached(Limit limit) {
    return ApiError{
        409,
        ErrorCode::limit_reached,
        "the organization may have " + std::to_string(limit.value) + ' ' + limit.name +
            " and has no room for another"
    }
        .with_limit(std::move(limit));
}

ApiError version_conflict(std::string_view what) {
    return {
        412, ErrorCode::version_conflict, "the " + std::string{what} + " was changed meanwhile; load it again"
    };
}

ApiError invalid(std::vector<FieldError> errors) {
    return ApiError{422, ErrorCode::invalid_input, "the input is not valid"}.with_fields(std::move(errors));
}

ApiError invalid(std::string loc, std::string msg, std::string code) {
    return invalid({FieldError{std::move(loc), std::move(msg), std::move(code)}});
}

ApiError too_many_requests(unsigned retry_after_seconds) {
    return ApiError{429, ErrorCode::rate_limited, "too many requests; try again later"}.with_retry_after(
        retry_after_seconds
    );
}

ApiError unavailable(std::string cause, unsigned retry_after_seconds) {
    return ApiError{503, ErrorCode::unavailable, "the service is busy or not ready; try again"}
        .with_retry_after(retry_after_seconds)
        .with_cause(std::move(cause));
}

}  // namespace pz::core
