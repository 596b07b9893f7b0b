#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::core {

/// Where an input value was wrong: "body.title", "query.limit", "path.id", "header.If-Match".
struct FieldError {
    std::string loc;
    std::string msg;
    std::string code;
};

/// Which limit of an organization stands in the way, and where it lies.
struct Limit {
    std::string name;  ///< "items", "members"
    std::int64_t value = 0;
};

/// Every error code that a client may see. Names are part of the contract: never renamed, listed in
/// docs/errors.md and in OpenAPI. error_code_text() gives the text form, which is the enumerator's own name.
enum class ErrorCode : std::uint8_t {
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
    unsupported_grant_type,
};

[[nodiscard]] std::string_view error_code_text(ErrorCode code) noexcept;

/// An outcome that ends the request: thrown anywhere below the dispatcher, turned into an RFC 9457 problem
/// document in one place (libs/web). Made by the factories below only, so that status and code always fit
/// together.
class ApiError : public std::exception {
 public:
    ApiError(unsigned status, ErrorCode code, std::string detail)
        : status_(status), code_(code), detail_(std::move(detail)) {}

    [[nodiscard]] const char* what() const noexcept override { return detail_.c_str(); }

    [[nodiscard]] unsigned status() const noexcept { return status_; }

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

    /// For the client; 5xx problems do not show it.
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

    [[nodiscard]] const std::vector<FieldError>& field_errors() const noexcept { return field_errors_; }

    [[nodiscard]] std::optional<unsigned> retry_after_seconds() const noexcept {
        return retry_after_seconds_;
    }

    [[nodiscard]] const std::optional<Limit>& limit() const noexcept { return limit_; }

    /// For the log only; never sent.
    [[nodiscard]] const std::string& cause() const noexcept { return cause_; }

    ApiError&& with_fields(std::vector<FieldError> errors) && {
        field_errors_ = std::move(errors);
        return std::move(*this);
    }

    ApiError&& with_retry_after(unsigned seconds) && {
        retry_after_seconds_ = seconds;
        return std::move(*this);
    }

    ApiError&& with_limit(Limit limit) && {
        limit_ = std::move(limit);
        return std::move(*this);
    }

    ApiError&& with_cause(std::string cause) && {
        cause_ = std::move(cause);
        return std::move(*this);
    }

 private:
    unsigned status_;
    ErrorCode code_;
    std::string detail_;
    std::vector<FieldError> field_errors_;
    std::optional<unsigned> retry_after_seconds_;
    std::optional<Limit> limit_;
    std::string cause_;
};

[[nodiscard]] ApiError bad_request(std::string detail);                                       // 400
[[nodiscard]] ApiError unauthorized(ErrorCode code, std::string detail);                      // 401
[[nodiscard]] ApiError forbidden(std::string detail, ErrorCode code = ErrorCode::forbidden);  // 403
[[nodiscard]] ApiError not_found(std::string_view what);                                      // 404
[[nodiscard]] ApiError conflict(std::string detail);                                          // 409
[[nodiscard]] ApiError limit_reached(Limit limit);                                            // 409
[[nodiscard]] ApiError version_conflict(std::string_view what);                               // 412
[[nodiscard]] ApiError invalid(std::vector<FieldError> errors);                               // 422
[[nodiscard]] ApiError invalid(std::string loc, std::string msg, std::string code);           // 422
[[nodiscard]] ApiError too_many_requests(unsigned retry_after_seconds);                       // 429
[[nodiscard]] ApiError unavailable(std::string cause, unsigned retry_after_seconds = 1);      // 503

}  // namespace pz::core
