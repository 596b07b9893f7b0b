#pragma once

#include "clients/repository.hpp"
#include "database.hpp"
#include "extract.hpp"
#include "people/repository.hpp"
#include "sessions/repository.hpp"
#include "token/grant.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What all grants end in: a session, and the tokens made from it.
namespace pz::identity::token {

struct Tokens {
    std::string access_token;
    std::chrono::seconds access_lifetime{};
    std::optional<std::string> refresh_token{};
    std::chrono::seconds refresh_lifetime{};
    std::string scope = "api";
    /// For a browser of the console that is known from now on.
    std::optional<std::string> device_cookie{};
    std::string client_id;
    std::optional<std::string> id_token{};
    std::optional<std::string> issued_token_type{};
};

/// Throws OAuthError tenant_suspended unless the account's organization lets its people in.
void require_sign_in_allowed(const people::Account& account);

/// What a session is for.
struct Purpose {
    std::optional<core::Timestamp> auth_time{};  ///< when they proved who they are, if not just now
    std::string client_id{clients::first_party};
    std::string scope = "api";
};

/// A new session, from `now` on.
boost::asio::awaitable<sessions::Session> begin_session(
    IdentityDb db,
    Issuer issuer,
    people::Account account,
    core::Timestamp now,
    sessions::Origin origin,
    Purpose purpose = {}
);

/// A session and its tokens for somebody who signed in from here; a browser of the console is a known one
/// from now on.
/// @param address the person's e-mail address, normalized
boost::asio::awaitable<Tokens> begin_known_session(
    GrantRequest request, people::Account account, std::string address, std::string amr
);

/// The browser that sends the request, if somebody signed in to this account with it before.
[[nodiscard]] std::optional<core::Uuid> find_known_device(
    const GrantRequest& request, const std::string& address, core::Timestamp now
);

/// The `amr` claim of a session's column.
[[nodiscard]] std::vector<std::string> methods_of(std::string_view amr);
[[nodiscard]] bool has_second_factor(std::string_view amr);

/// Access token and refresh token of the session's generation `counter`. Who may read the access token
/// follows from the scope: `api` is for the business API, `openid` for our own /userinfo.
[[nodiscard]] Tokens make_tokens(
    const Issuer& issuer,
    const people::Account& account,
    const sessions::Session& session,
    std::int32_t counter,
    core::Timestamp now
);

}  // namespace pz::identity::token
