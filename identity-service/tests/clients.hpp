#pragma once

#include "answers.hpp"

#include <pz/crypto/key.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// OAuth clients of the tests' own, in the registry of the shared world.
namespace pz::identity {

inline constexpr const char* callback = "https://app.example/callback";

/// How a client is registered; the defaults are those of a web application.
struct Registration {
    std::string authentication = "client_secret_basic";
    std::string grant_types = "authorization_code refresh_token";
    std::string scopes = "openid profile email api";
    std::string redirect_uris = callback;
    std::string post_logout_redirect_uris = "https://app.example/";
    bool introspects = false;
};

struct RegisteredClient {
    std::string id;
    std::string secret;      ///< client_secret_basic
    crypto::SigningKey key;  ///< private_key_jwt

    /// The value of an Authorization header.
    [[nodiscard]] std::string basic() const;
    /// A JWT for private_key_jwt (RFC 7523), as it should be but for `changes`; a null member is left out.
    [[nodiscard]] std::string assertion(const boost::json::object& changes = {}) const;
    /// The form with client_assertion and its type.
    [[nodiscard]] Form with_assertion(Form form, const boost::json::object& changes = {}) const;
};

/// A new client with an id of its own.
RegisteredClient register_client(const Registration& registration = {});

/// Somebody signs in to the client, by the whole code flow: the answer of /token.
Reply sign_in_to(const RegisteredClient& client, const Account& account = acme_user);

[[nodiscard]] std::string basic_header(std::string_view id, std::string_view secret);

/// Seconds since 1970, now.
[[nodiscard]] std::int64_t unix_now();

}  // namespace pz::identity
