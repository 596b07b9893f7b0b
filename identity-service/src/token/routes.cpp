#include "token/routes.hpp"

#include "extract.hpp"
#include "token/client_credentials_grant.hpp"
#include "token/cookie.hpp"
#include "token/grant.hpp"
#include "token/issue.hpp"
#include "token/mfa_grant.hpp"
#include "token/oauth_error.hpp"
#include "token/password_grant.hpp"
#include "token/refresh_grant.hpp"

#include <pz/web/router.hpp>

#include <algorithm>
#include <array>

namespace pz::identity::token {

/// The answer of POST /token: RFC 6749 section 5.1 or 5.2. The token goes into the body or into a cookie,
/// never both.
struct TokenAnswer {
    unsigned status = 200;
    std::string body;
    std::vector<std::string> set_cookies{};
};

/// 204, with the cookie taken back.
struct SignedOut {
    std::string set_cookie;
};

}  // namespace pz::identity::token

namespace pz::web {

namespace {

/// OAuth's endpoints take a form, and the same as JSON.
void describe_form(Operation& operation, const boost::json::value& schema, bool required) {
    operation.add_request_body("application/x-www-form-urlencoded", schema, required);
    operation.add_request_body("application/json", schema, required);
}

}  // namespace

template <>
struct Responder<identity::token::TokenAnswer> {
    static void render(identity::token::TokenAnswer&& answer, Context& context) {
        begin_json(context, answer.status) += answer.body;
        context.exchange().add_header("Pragma", "no-cache");  // RFC 6749 asks for it beside Cache-Control
        if (answer.status == 401) {
            context.exchange().add_header("WWW-Authenticate", "Basic realm=\"token\"");
        }
        for (const std::string& cookie : answer.set_cookies) {
            context.exchange().add_header("Set-Cookie", cookie);
        }
    }

    static void describe(Operation& operation) {
        using boost::json::array;
        using boost::json::object;
        const object text{{"type", "string"}};
        describe_form(
            operation,
            operation.components.reference(
                "TokenRequest",
                [&] {
                    return object{
                        {"type", "object"},
                        {"properties",
                         object{
                             {"grant_type",
                              object{
                                  {"type", "string"},
                                  {"enum",
                                   array{
                                       "password",
                                       "refresh_token",
                                       identity::token::mfa_grant_type,
                                       "client_credentials"
                                   }},
                                  {"default", "password"}
                              }},
                             {"username", object{{"type", "string"}, {"description", "e-mail address"}}},
                             {"password", object{{"type", "string"}, {"format", "password"}}},
                             {"refresh_token",
                              object{
                                  {"type", "string"},
                                  {"description", "a browser of the console sends its cookie instead"}
                              }},
                             {"mfa_token",
                              object{
                                  {"type", "string"},
                                  {"description", "from mfa_required or mfa_enrollment_required"}
                              }},
                             {"otp",
                              object{
                                  {"type", "string"},
                                  {"description", "a code of the authenticator app, or a recovery code"}
                              }},
                             {"client_id", text},
                             {"client_secret",
                              object{
                                  {"type", "string"},
                                  {"format", "password"},
                                  {"description", "an API key, for client_credentials"}
                              }},
                             {"scope", text}
                         }},
                        {"examples",
                         array{object{
                             {"grant_type", "password"},
                             {"username", "admin@acme.example"},
                             {"password", "admin123"}
                         }}}
                    };
                }
            ),
            /*required=*/true
        );
        operation.add_response(
            200,
            "Tokens",
            "application/json",
            operation.components.reference(
                "TokenResponse",
                [&] {
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
                              object{
                                  {"type", "string"}, {"description", "absent when it travels in the cookie"}
                              }}
                         }},
                        {"additionalProperties", false},
                        {"required", array{"access_token", "token_type", "expires_in", "scope"}}
                    };
                }
            )
        );
        operation.add_response_header(
            200,
            "Set-Cookie",
            Presence::sometimes,
            "For a browser of the console: the refresh token, and after a sign-in what makes it a known one"
        );
        const boost::json::value error = operation.components.reference("OAuthError", [&] {
            return object{
                {"type", "object"},
                {"description", "RFC 6749 section 5.2"},
                {"properties",
                 object{
                     {"error",
                      object{
                          {"type", "string"},
                          {"enum",
                           array{
                               "invalid_request",
                               "invalid_client",
                               "invalid_grant",
                               "unsupported_grant_type",
                               "tenant_suspended",
                               "mfa_required",
                               "mfa_enrollment_required"
                           }}
                      }},
                     {"error_description", text},
                     {"mfa_token",
                      object{
                          {"type", "string"}, {"description", "for the second step: single use, five minutes"}
                      }}
                 }},
                {"additionalProperties", false},
                {"required", array{"error", "error_description"}}
            };
        });
        operation.add_response(
            400, "Refused: invalid_grant, invalid_request, unsupported_grant_type", "application/json", error
        );
        operation.add_response(401, "The API key is not accepted: invalid_client", "application/json", error);
        operation.add_response_header(401, "WWW-Authenticate", Presence::always, "Basic (RFC 6749)");
        operation.add_response(
            403,
            "tenant_suspended; or a second step is needed: mfa_required, mfa_enrollment_required",
            "application/json",
            error
        );
        operation.add_problem(503);
    }
};

template <>
struct Responder<identity::token::SignedOut> {
    static void render(identity::token::SignedOut&& answer, Context& context) {
        context.exchange().respond(204);
        context.exchange().add_header("Set-Cookie", answer.set_cookie);
    }

    static void describe(Operation& operation) {
        operation.add_response(204, "Signed out");
        operation.add_response_header(204, "Set-Cookie", Presence::always, "Takes the console's cookie back");
        describe_form(
            operation,
            operation.components.reference(
                "SignOutRequest",
                [] {
                    return boost::json::object{
                        {"type", "object"},
                        {"properties",
                         boost::json::object{{"refresh_token", boost::json::object{{"type", "string"}}}}}
                    };
                }
            ),
            /*required=*/false
        );
    }
};

}  // namespace pz::web

namespace pz::identity::token {

namespace {

using boost::asio::awaitable;

TokenAnswer answer_with(const Tokens& tokens, const ClientContext& client, const Shared& shared) {
    TokenAnswer answer;
    answer.body = R"({"access_token":)";
    core::write_json(answer.body, tokens.access_token);
    answer.body += R"(,"token_type":"Bearer","expires_in":)";
    core::write_json(answer.body, tokens.access_lifetime.count());
    answer.body += R"(,"scope":)";
    core::write_json(answer.body, tokens.scope);
    if (tokens.refresh_token && client.is_console) {
        answer.set_cookies.push_back(
            set_refresh_cookie(*tokens.refresh_token, tokens.refresh_lifetime, shared.secure_cookies)
        );
    } else if (tokens.refresh_token) {
        answer.body += R"(,"refresh_token":)";
        core::write_json(answer.body, *tokens.refresh_token);
    }
    answer.body += '}';
    if (tokens.device_cookie) {
        answer.set_cookies.push_back(set_device_cookie(
            *tokens.device_cookie, passwords::DeviceCookies::lifetime, shared.secure_cookies
        ));
    }
    return answer;
}

TokenAnswer answer_with(const OAuthError& error) {
    TokenAnswer answer;
    answer.status = error.status();
    answer.body = R"({"error":)";
    core::write_json(answer.body, error.error());
    answer.body += R"(,"error_description":)";
    core::write_json(answer.body, std::string_view{error.what()});
    if (!error.mfa_token().empty()) {
        answer.body += R"(,"mfa_token":)";
        core::write_json(answer.body, error.mfa_token());
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
        co_return answer_with(error);
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
            co_await sessions::revoke(
                db, session->id, sessions::RevokeReason::signed_out, issuer.clock->now()
            );
        }
    }
    co_return SignedOut{clear_refresh_cookie(issuer.shared->secure_cookies)};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.post<"/token", issue_token, deny>(
        "Sign in with a password or an API key, or go on with a refresh token"
    );
    router.post<"/logout", sign_out_session, deny>("End the session behind a refresh token");
}

}  // namespace pz::identity::token
