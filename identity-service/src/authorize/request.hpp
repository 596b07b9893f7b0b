#pragma once

#include "clients/repository.hpp"
#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/text.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The authorization endpoint (RFC 6749 section 4.1, OpenID Connect Core section 3.1) keeps nothing between
/// its steps: what the client asked for travels in the address, and each step judges all of it again.
namespace pz::identity::authorize {

/// What a client asks for, as text: the query of GET /authorize, and the body with which the console comes
/// back.
struct AuthorizationParameters {
    std::optional<std::string> response_type;
    std::optional<std::string> client_id;
    std::optional<std::string> redirect_uri;
    std::optional<std::string> scope;
    std::optional<std::string> state;
    std::optional<std::string> nonce;
    std::optional<std::string> code_challenge;
    std::optional<std::string> code_challenge_method;
    std::optional<std::string> prompt;
    std::optional<std::string> max_age;
    std::optional<std::string> response_mode;
    std::optional<std::string> request;
    std::optional<std::string> request_uri;
};
PZ_DESCRIBE(
    AuthorizationParameters,
    (response_type, text("code")),
    client_id,
    (redirect_uri, text("one that the client is registered with, byte for byte")),
    (scope, text("openid, profile, email, api")),
    (state, text("comes back as it is")),
    (nonce, text("comes back in the ID token")),
    (code_challenge, text("RFC 7636")),
    (code_challenge_method, text("S256")),
    (prompt, text("none, login, consent, select_account")),
    (max_age, text("seconds since the password was last given, at most")),
    (response_mode, text("query")),
    (request, text("not supported")),
    (request_uri, text("not supported"))
)

/// The query's known parameters; others are passed over (RFC 6749 section 3.1).
struct AuthorizationQuery {
    AuthorizationParameters parameters;
    /// A known parameter that came twice.
    std::optional<std::string> repeated;
};

[[nodiscard]] AuthorizationQuery read_query(std::vector<core::FormField> fields);
/// "?a=b&c=d" with what is present.
[[nodiscard]] std::string to_query(const AuthorizationParameters& parameters);

/// A request that may be put before a person.
struct AuthorizationRequest {
    clients::Client client;
    std::string redirect_uri;
    std::optional<std::string> state;
    std::optional<std::string> nonce;
    std::string scope;  ///< what the client is registered for, of what it wants
    std::string code_challenge;
    bool silent = false;  ///< prompt=none: no page may be shown
    /// How long ago the person may have given the password; prompt=login: just now.
    std::optional<std::chrono::seconds> max_age;
};

/// A refusal that the client may hear of: the browser goes back to it with the error.
class AuthorizationError : public std::runtime_error {
 public:
    AuthorizationError(std::string error, const std::string& description)
        : std::runtime_error(description), error_(std::move(error)) {}

    [[nodiscard]] const std::string& error() const noexcept { return error_; }

    /// Set by validate(), which knows where to.
    std::string redirect_to;

 private:
    std::string error_;
};

/// Throws OAuthError when the client or its redirect URI is not to be trusted, so that the browser must not
/// be sent anywhere; AuthorizationError for everything else.
boost::asio::awaitable<AuthorizationRequest> validate(
    IdentityDb db, AuthorizationQuery query, std::string issuer
);

/// The address with more fields in its query.
[[nodiscard]] std::string with_fields(std::string_view address, const std::vector<core::FormField>& fields);
/// The redirect URI with the answer in its query: state comes back, and iss says who answers (RFC 9207).
[[nodiscard]] std::string answer_uri(
    std::string_view redirect_uri,
    const std::optional<std::string>& state,
    std::string_view issuer,
    const std::vector<core::FormField>& answer
);

/// Whether somebody who gave the password at `auth_time` has to give it again.
[[nodiscard]] bool needs_password(
    const AuthorizationRequest& request, core::Timestamp auth_time, core::Timestamp now
);

}  // namespace pz::identity::authorize
