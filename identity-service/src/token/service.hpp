#pragma once

#include "database.hpp"
#include "extract.hpp"

#include <pz/core/secret.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

/// Signing in and staying signed in.
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

struct Tokens {
    std::string access_token;
    std::chrono::seconds access_lifetime{};
    std::string refresh_token;
    std::chrono::seconds refresh_lifetime{};
};

/// Checks an e-mail address and password and begins a session. Every kind of failure does the same work and
/// gives the same answer; a suspended organization is told only to who knows the password. Throws OAuthError,
/// and ApiError 503 when too many sign-ins wait.
boost::asio::awaitable<Tokens> sign_in(
    IdentityDb db, Issuer issuer, std::string email, core::SecretString password
);

/// Rotates the refresh token. The immediate parent is accepted for ten seconds and gets the same child, so
/// that two tabs or a lost answer do no harm; anything older is a stolen token and ends the session. Throws
/// OAuthError.
boost::asio::awaitable<Tokens> refresh(IdentityDb db, Issuer issuer, std::string refresh_token);

/// Ends the session behind a refresh token; a token that is none changes nothing.
boost::asio::awaitable<void> sign_out(IdentityDb db, Issuer issuer, std::string refresh_token);

}  // namespace pz::identity::token
