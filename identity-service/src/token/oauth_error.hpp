#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pz::identity::token {

/// An RFC 6749 section 5.2 error: the `error` word, a sentence, and the status.
class OAuthError : public std::runtime_error {
 public:
    OAuthError(std::string error, const std::string& description, unsigned status = 400)
        : std::runtime_error(description), error_(std::move(error)), status_(status) {}

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    [[nodiscard]] unsigned status() const noexcept { return status_; }

    /// What the second step of a sign-in begins with: mfa_required and mfa_enrollment_required carry it.
    [[nodiscard]] const std::string& mfa_token() const noexcept { return mfa_token_; }

    OAuthError&& with_mfa_token(std::string token) && {
        mfa_token_ = std::move(token);
        return std::move(*this);
    }

 private:
    std::string error_;
    unsigned status_;
    std::string mfa_token_;
};

}  // namespace pz::identity::token
