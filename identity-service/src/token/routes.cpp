#include "token/routes.hpp"

#include "extract.hpp"
#include "token/client_credentials_grant.hpp"
#include "token/code_grant.hpp"
#include "token/cookie.hpp"
#include "token/exchange_grant.hpp"
#include "token/grant.hpp"
#include "token/issue.hpp"
#include "token/mfa_grant.hpp"
#include "token/oauth_answer.hpp"
#include "token/password_grant.hpp"
#include "token/refresh_grant.hpp"

#include <pz/web/router.hpp>

#include <algorithm>
#include <array>

namespace pz::identity::token {

/// The answer of POST /token: RFC 6749 section 5.1 or 5.2. The token goes into the body or into a cookie,
/// never both.
struct TokenResponse {
    static void describe(web::Operation& operation);
};

/// 204, with the cookie taken back.
struct SignedOut {
    std::string set_cookie;
};

}  // namespace pz::identity::token

namespace pz::web {

template <>
struct Responder<identity::token::SignedOut> {
    static void render(identity::token::SignedOut&& answer, Context& context) {
        context.exchange().respond(204);
        context.exchange().add_header("Set-Cookie", answer.set_cookie);
    }

    static void describe(Operation& operation) {
        operation.add_response(204, "Signed out");
        operation.add_response_header(204, "Set-Cookie", Presence::always, "Takes the console's cookie back");
        identity::token::describe_form(
            operation,
            operation.components.reference(
                "SignOutRequest",
                [] {
                    return identity::token::form_schema(
                        {{"refresh_token", "a browser of the console sends its cookie instead"}}
                    );
                }
            ),
            /*required=*/false
        );
    }
};

}  // namespace pz::web

namespace pz::identity::token {

void TokenResponse::describe(web::Operation& operation) {
    using boost::json::array;
    using boost::json::object;
    const object text{{"type", "string"}};
    describe_form(
        operation,
        operation.components.reference(
            "TokenRequest",
            [&] {
                object schema = form_schema(
                    {{"username", "e-mail address"},
                     {"refresh_token", "a browser of the console sends its cookie instead"},
                     {"mfa_token", "from mfa_required or mfa_enrollment_required"},
                     {"otp", "a code of the authenticator app, or a recovery code"},
                     {"code", "authorization_code: from the redirect"},
                     {"redirect_uri", "authorization_code: the one of the request"},
                     {"code_verifier", "authorization_code: RFC 7636"},
                     {"subject_token", "token exchange: the impersonation session"},
                     {"subject_token_type", "urn:phasezero:params:oauth:token-type:impersonation-session"},
                     {"actor_token", "token exchange: the agent's access token"},
                     {"actor_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                     {"client_id", "absent: the console; not beside an Authorization header"},
                     {"client_secret", "an API key, for client_credentials and for nothing else"},
                     {"client_assertion", "private_key_jwt (RFC 7523)"},
                     {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                     {"scope", "of a refresh: less than was granted"}}
                );
                object& fields = schema["properties"].as_object();
                fields["grant_type"] = object{
                    {"type", "string"},
                    {"enum",
                     array{
                         "password",
                         "refresh_token",
                         mfa_grant_type,
                         "client_credentials",
                         "authorization_code",
                         "urn:ietf:params:oauth:grant-type:token-exchange"
                     }},
                    {"default", "password"},
                    {"description", "password: for the console alone (OAuth 2.1 forbids it to every other)"}
                };
                fields["password"] = object{{"type", "string"}, {"format", "password"}};
                schema["examples"] = array{object{
                    {"grant_type", "password"}, {"username", "admin@acme.example"}, {"password", "admin123"}
                }};
                return schema;
            }
        ),
        /*required=*/true
    );
    operation
        .add_response(200, "OK", "application/json", operation.components.reference("TokenResponse", [&] {
            return object{
                {"type", "object"},
                {"properties",
                 object{
                     {"access_token", text},
                     {"token_type", object{{"type", "string"}, {"enum", array{"Bearer"}}}},
                     {"expires_in",
                      object{{"type", "integer"}, {"format", "int32"}, {"description", "seconds"}}},
                     {"scope", text},
                     {"refresh_token",
                      object{{"type", "string"}, {"description", "absent when it travels in the cookie"}}},
                     {"id_token", object{{"type", "string"}, {"description", "scope openid"}}},
                     {"issued_token_type", object{{"type", "string"}, {"description", "token exchange"}}}
                 }},
                {"additionalProperties", false},
                {"required", array{"access_token", "token_type", "expires_in", "scope"}}
            };
        }));
    operation.add_response_header(
        200,
        "Set-Cookie",
        web::Presence::sometimes,
        "For a browser of the console: the refresh token, and after a sign-in what makes it a known one"
    );
    add_oauth_error(
        operation,
        400,
        "Refused: invalid_request, invalid_grant, invalid_scope, invalid_target, unauthorized_client, "
        "unsupported_grant_type"
    );
    add_oauth_error(operation, 401, "The client did not authenticate as it is registered: invalid_client");
    add_oauth_error(
        operation, 403, "tenant_suspended; or a second step is needed: mfa_required, mfa_enrollment_required"
    );
    operation.add_problem(503);
}

namespace {

using boost::asio::awaitable;
using TokenAnswer = OAuthAnswer<TokenResponse>;

TokenAnswer answer_with(const Tokens& tokens, const ClientContext& client, const Shared& shared) {
    TokenAnswer answer;
    answer.body = R"({"access_token":)";
    core::write_json(answer.body, tokens.access_token);
    answer.body += R"(,"token_type":"Bearer","expires_in":)";
    core::write_json(answer.body, tokens.access_lifetime.count());
    answer.body += R"(,"scope":)";
    core::write_json(answer.body, tokens.scope);
    if (tokens.refresh_token && client.is_console && tokens.client_id == clients::first_party) {
        answer.set_cookies.push_back(
            set_refresh_cookie(*tokens.refresh_token, tokens.refresh_lifetime, shared.secure_cookies)
        );
    } else if (tokens.refresh_token) {
        answer.body += R"(,"refresh_token":)";
        core::write_json(answer.body, *tokens.refresh_token);
    }
    if (tokens.id_token) {
        answer.body += R"(,"id_token":)";
        core::write_json(answer.body, *tokens.id_token);
    }
    if (tokens.issued_token_type) {
        answer.body += R"(,"issued_token_type":)";
        core::write_json(answer.body, *tokens.issued_token_type);
    }
    if (tokens.device_cookie) {
        answer.set_cookies.push_back(set_device_cookie(
            *tokens.device_cookie, passwords::DeviceCookies::lifetime, shared.secure_cookies
        ));
    }
    answer.body += '}';
    return answer;
}

struct GrantType {
    std::string_view name;
    awaitable<Tokens> (*run)(GrantRequest request);
};

constexpr std::array grant_types{
    GrantType{"password", password_grant},
    GrantType{"refresh_token", refresh_grant},
    GrantType{mfa_grant_type, mfa_grant},
    GrantType{"client_credentials", client_credentials_grant},
    GrantType{"authorization_code", code_grant},
    GrantType{"urn:ietf:params:oauth:grant-type:token-exchange", exchange_grant},
};

awaitable<Tokens> grant(GrantRequest request) {
    if (request.form.complaint()) {
        throw OAuthError("invalid_request", *request.form.complaint());
    }
    // FastAPI's OAuth2PasswordRequestForm allows the grant type to be left out.
    const std::string name = request.form.find("grant_type").value_or("password");
    const auto* const type = std::ranges::find(grant_types, name, &GrantType::name);
    if (type == grant_types.end()) {
        throw OAuthError("unsupported_grant_type", "this grant_type is not supported");
    }
    return type->run(std::move(request));
}

awaitable<TokenAnswer> issue_token(
    web::Public, IdentityDb db, Issuer issuer, ClientContext client, OAuthForm form
) {
    try {
        const Tokens tokens = co_await grant({db, issuer, client, std::move(form)});
        co_return answer_with(tokens, client, *issuer.shared);
    } catch (const OAuthError& error) {
        co_return TokenAnswer{error};
    }
}

/// Ends the session behind a refresh token; a token that is none changes nothing.
awaitable<SignedOut> sign_out_session(
    web::Public, IdentityDb db, Issuer issuer, ClientContext client, OAuthForm form
) {
    if (form.complaint()) {
        throw core::bad_request(*form.complaint());
    }
    std::optional<std::string> text = form.find("refresh_token");
    if (!text) {
        text = client.refresh_cookie;
    }
    const std::optional<sessions::RefreshToken> token = sessions::RefreshTokenCodec::parse(text.value_or(""));
    if (token) {
        const std::optional<sessions::Session> session = co_await find_session(db, issuer, *token);
        if (session) {
            const IdentityDb recording = db.recording(
                {.action = "session.ended",
                 .tenant = session->tenant,
                 .person = session->person,
                 .target = audit::Target{"session", session->id.to_string()}}
            );
            co_await sessions::revoke(
                recording, session->id, sessions::RevokeReason::signed_out, issuer.clock->now()
            );
        }
    }
    co_return SignedOut{clear_refresh_cookie(issuer.shared->secure_cookies)};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.post<
        "/token",
        issue_token,
        deny,
        web::Records<
            "session.started",
            "session.refused",
            "session.throttled",
            "session.reused",
            "client.refused",
            "code.reused",
            "mfa.refused",
            "api_key.refused",
            "impersonation.token_issued",
            "impersonation.token_refused">>(
        "Sign in with a password or an API key, or go on with a refresh token"
    );
    router.post<"/logout", sign_out_session, deny, web::Records<"session.ended">>(
        "End the session behind a refresh token"
    );
}

}  // namespace pz::identity::token
