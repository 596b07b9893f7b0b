#include "token/mfa_grant.hpp"

#include "clients/authentication.hpp"
#include "mfa/sign_in.hpp"
#include "token/oauth_error.hpp"

#include <spdlog/spdlog.h>

namespace pz::identity::token {

boost::asio::awaitable<Tokens> mfa_grant(GrantRequest request) {
    const clients::Caller caller =
        co_await clients::authenticate(request.db, request.issuer, request.client, request.form);
    if (caller.registered) {
        throw OAuthError("unauthorized_client", "the second step is the console's, like the first");
    }
    const std::optional<std::string> mfa_token = request.form.find("mfa_token");
    const std::optional<std::string> code = request.form.find("otp");
    if (!mfa_token || !code) {
        throw OAuthError("invalid_request", "mfa_token and otp are required");
    }
    const std::optional<mfa::Challenge> challenge =
        co_await mfa::answer_challenge(request.db, request.issuer, *mfa_token, *code);
    if (!challenge) {
        throw OAuthError("invalid_grant", "the code is wrong, or the sign-in took too long");
    }
    const std::optional<people::Account> account =
        co_await sessions::find_account(request.db, challenge->person, challenge->tenant);
    if (!account) {
        throw OAuthError("invalid_grant", "the code is wrong, or the sign-in took too long");
    }
    require_sign_in_allowed(*account);
    co_return co_await begin_known_session(
        request, *account, passwords::normalize_email(challenge->email), "pwd otp mfa"
    );
}

}  // namespace pz::identity::token
