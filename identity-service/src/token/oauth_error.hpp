#pragma once

#include <stdexcept>
#include <string>

namespace pz::identity::token {

/// An RFC 6749 section 5.2 error: the `error` word, a sentence, and the status.
class OAuthError : public std::runtime_error {
 public:
    OAuthError(std::string error, const std::string& description, unsigned status = 400)
        : std::runtime_error(description), error_(std::move(error)), status_(status) {}

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    [[nodiscard]] unsigned status() const noexcept { return status_; }

 private:
    std::string error_;
    unsigned status_;
};

}  // namespace pz::identity::token
