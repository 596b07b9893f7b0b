#include "authorize/routes.hpp"

#include "authorize/repository.hpp"
#include "authorize/request.hpp"
#include "extract.hpp"
#include "token/oauth_answer.hpp"

#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::authorize {

/// 303 to an address of the console or of a client, or an error that is shown where it is.
struct Redirection {
    std::string location;
    std::optional<token::OAuthError> error;
};

/// What the console's page shows a person before they agree.
struct Question {
    static void describe(web::Operation& operation);
};

/// Where the console sends the browser.
struct Decision {
    static void describe(web::Operation& operation);
};

}  // namespace pz::identity::authorize

namespace pz::web {

template <>
struct Extractor<identity::authorize::AuthorizationQuery> {
    static constexpr Phase phase = Phase::input;

    static identity::authorize::AuthorizationQuery extract(Context& context) {
        return identity::authorize::read_query(read_query(context));
    }

    static void describe(Operation& operation) {
        using Parameters = identity::authorize::AuthorizationParameters;
        boost::mp11::mp_for_each<core::MembersOf<Parameters>>([&](auto member) {
            operation.add_parameter(
                "query",
                member.name,
                /*required=*/false,
                boost::json::object{{"type", "string"}},
                pz_rules(static_cast<const Parameters*>(nullptr), member.name).description
            );
        });
        operation.add_problem(422);
    }
};

template <>
struct Responder<identity::authorize::Redirection> {
    static void render(identity::authorize::Redirection&& answer, Context& context) {
        if (answer.error) {
            Responder<identity::token::OAuthAnswer<identity::authorize::Question>>::render(
                identity::token::OAuthAnswer<identity::authorize::Question>{*answer.error}, context
            );
            return;
        }
        context.exchange().respond(303);
        context.exchange().add_header("Location", answer.location);
    }

    static void describe(Operation& operation) {
        operation.add_response(303, "To the console's page, or back to the client with an error");
        operation.add_response_header(303, "Location", Presence::always, "Where the browser goes on");
        identity::token::add_oauth_error(
            operation, 400, "The client or its redirect_uri is not registered: the browser is sent nowhere"
        );
    }
};

}  // namespace pz::web

namespace pz::identity::authorize {

void Question::describe(web::Operation& operation) {
    using boost::json::object;
    const object text{{"type", "string"}};
    operation.add_response(
        200,
        "OK",
        "application/json",
        operation.components.reference(
            "AuthorizationQuestion",
            [&] {
                return object{
                    {"type", "object"},
                    {"properties",
                     object{
                         {"client_name", text},
                         {"scope", text},
                         {"silent", object{{"type", "boolean"}, {"description", "prompt=none: show nothing"}}
                         },
                         {"decline_to",
                          object{{"type", "string"}, {"description", "back to the client without a code"}}}
                     }},
                    {"additionalProperties", false},
                    {"required", boost::json::array{"client_name", "scope", "silent", "decline_to"}}
                };
            }
        )
    );
    token::add_oauth_error(operation, 400, "The request cannot be put before anybody");
}

void Decision::describe(web::Operation& operation) {
    using boost::json::object;
    operation.add_response(
        200,
        "OK",
        "application/json",
        operation.components.reference(
            "AuthorizationDecision",
            [&] {
                return object{
                    {"type", "object"},
                    {"properties", object{{"redirect_to", object{{"type", "string"}}}}},
                    {"additionalProperties", false},
                    {"required", boost::json::array{"redirect_to"}}
                };
            }
        )
    );
    token::add_oauth_error(
        operation, 400, "Refused; login_required: the password has to be given again before asking again"
    );
}

namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

/// RFC 6749 section 4.1.2 allows ten minutes and recommends less; a browser needs one redirect.
constexpr std::chrono::seconds code_lifetime{60s};

/// Judges the request and hands it on to the console, as it came: nothing is kept here, and there is no
/// cookie at this address that could say who is asking.
awaitable<Redirection> begin_authorization(
    web::Public, IdentityDb db, Issuer issuer, AuthorizationQuery query
) {
    const Shared& shared = *issuer.shared;
    try {
        static_cast<void>(co_await validate(db, query, shared.issuer));
        co_return Redirection{shared.console_origin + "/login/authorize" + to_query(query.parameters), {}};
    } catch (const AuthorizationError& error) {
        co_return Redirection{error.redirect_to, {}};
    } catch (const token::OAuthError& error) {
        co_return Redirection{{}, error};
    }
}

/// For the console's page: who asks, and where "no" leads. Everybody may ask, as everybody may ask
/// GET /authorize.
awaitable<token::OAuthAnswer<Question>> describe_authorization(
    web::Public, IdentityDb db, Issuer issuer, AuthorizationQuery query
) {
    try {
        const AuthorizationRequest request = co_await validate(db, std::move(query), issuer.shared->issuer);
        const std::string decline_to = answer_uri(
            request.redirect_uri,
            request.state,
            issuer.shared->issuer,
            {{"error", request.silent ? "login_required" : "access_denied"}}
        );
        token::OAuthAnswer<Question> answer;
        answer.body = R"({"client_name":)";
        core::write_json(answer.body, request.client.name);
        answer.body += R"(,"scope":)";
        core::write_json(answer.body, request.scope);
        answer.body += R"(,"silent":)";
        core::write_json(answer.body, request.silent);
        answer.body += R"(,"decline_to":)";
        core::write_json(answer.body, decline_to);
        answer.body += '}';
        co_return answer;
    } catch (const AuthorizationError& error) {
        co_return token::OAuthAnswer<Question>{token::OAuthError{"invalid_request", error.what()}};
    } catch (const token::OAuthError& error) {
        co_return token::OAuthAnswer<Question>{error};
    }
}

awaitable<std::string> make_code(
    tenancy::PeopleDb db, Issuer issuer, web::CurrentUser user, AuthorizationRequest request
) {
    const core::Timestamp now = issuer.clock->now();
    std::string code = core::random_token(32);
    co_await insert(
        db,
        code,
        {
            .client_id = request.client.id,
            .redirect_uri = request.redirect_uri,
            .code_challenge = request.code_challenge,
            .nonce = request.nonce,
            .scope = request.scope,
            .person = user->person,
            .tenant = user->tenant,
            .session = user->session,
            .person_epoch = user->person_epoch,
            .tenant_epoch = user->tenant_epoch,
            .auth_time = user->auth_time,
            .expires_at = now + code_lifetime,
            .issued_session = std::nullopt,
            .amr = {},
        },
        now
    );
    spdlog::info(
        "event=authorization.granted person={} tenant={} client={}",
        user->person.to_string(),
        user->tenant.to_string(),
        request.client.id
    );
    co_return code;
}

std::string decision_to(std::string_view uri) {
    std::string body = R"({"redirect_to":)";
    core::write_json(body, uri);
    body += '}';
    return body;
}

/// The person agrees. Only the console's own page can ask this: the token is the console's and no cookie, the
/// header is one that no form can send, and the body is JSON. Everything that came by the browser's address
/// is judged again.
awaitable<token::OAuthAnswer<Decision>> agree_to_authorization(
    web::CurrentUser user,
    tenancy::PeopleDb db,
    IdentityDb registry,
    Issuer issuer,
    ClientContext context,
    web::Json<AuthorizationParameters, 16 * 1024> in
) {
    if (!context.is_console) {
        throw core::forbidden("only the console's page may agree: X-Requested-With is missing");
    }
    const std::string& us = issuer.shared->issuer;
    token::OAuthAnswer<Decision> answer;
    try {
        AuthorizationRequest request = co_await validate(registry, {std::move(*in), {}}, us);
        if (needs_password(request, user->auth_time, issuer.clock->now())) {
            if (!request.silent) {
                throw token::OAuthError("login_required", "the password has to be given again");
            }
            answer.body =
                decision_to(answer_uri(request.redirect_uri, request.state, us, {{"error", "login_required"}})
                );
            co_return answer;
        }
        const std::string code = co_await make_code(db, issuer, std::move(user), request);
        answer.body = decision_to(answer_uri(request.redirect_uri, request.state, us, {{"code", code}}));
        co_return answer;
    } catch (const AuthorizationError& error) {
        answer.body = decision_to(error.redirect_to);
        co_return answer;
    } catch (const token::OAuthError& error) {
        co_return token::OAuthAnswer<Decision>{error};
    }
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/authorize", begin_authorization, deny>("Sign in to a registered client (code and PKCE)");
    router.get<"/authorize/request", describe_authorization, deny>("Who asks, for the console's page");
    router.post<"/authorize", agree_to_authorization, deny, web::Audits<"authorization.granted">>(
        "Agree, and get the address with the code"
    );
}

}  // namespace pz::identity::authorize
