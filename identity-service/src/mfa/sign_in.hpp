#pragma once

#include "database.hpp"
#include "extract.hpp"
#include "mfa/repository.hpp"
#include "people/repository.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

/// The second step of a sign-in.
namespace pz::identity::mfa {

/// What the password alone leads to, when it does not lead to a session.
struct NextStep {
    Purpose purpose{};
    std::string mfa_token;  ///< single use, five minutes, five tries
};

/// For somebody whose password was right: nullopt if that is enough; else a challenge. Who has an
/// authenticator app must use it; who must have one (PZ_MFA_REQUIRED_FOR) and has none may only enrol it.
boost::asio::awaitable<std::optional<NextStep>> begin_second_step(
    IdentityDb db, Issuer issuer, people::Account account
);

/// Whether the role needs a second factor at every sign-in.
[[nodiscard]] bool is_required(const Shared& shared, auth::Role role) noexcept;

/// The answered challenge of an mfa_token: the code fitted, and neither it nor the token will fit again.
/// nullopt for anything else. Throws ApiError 429 when too many codes were wrong.
boost::asio::awaitable<std::optional<Challenge>> answer_challenge(
    IdentityDb db, Issuer issuer, std::string mfa_token, std::string code
);

/// Whether a code of the person's app, or a recovery code, fits; it will not fit again. With `enrolling` only
/// the app's does, and it confirms the app. Throttled like a password.
boost::asio::awaitable<bool> use_code(
    IdentityDb db, Issuer issuer, core::Uuid person, std::string code, bool enrolling
);

[[nodiscard]] Hash hash_token(std::string_view mfa_token);

}  // namespace pz::identity::mfa
