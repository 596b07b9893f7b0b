// POST /revoke (RFC 7009) and POST /introspect (RFC 7662): what a token that somebody holds is worth, and its
// end.

#include "api_keys/repository.hpp"
#include "clients/authentication.hpp"
#include "extract.hpp"
#include "impersonation/repository.hpp"
#include "openid/repository.hpp"
#include "token/oauth_answer.hpp"
#include "token/own_token.hpp"
#include "token/refresh_grant.hpp"
#include "token/routes.hpp"

#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

namespace pz::identity::token {

namespace {

using boost::asio::awaitable;

struct Revocation {
    static void describe(web::Operation& operation);
};

struct Introspection {
    static void describe(web::Operation& operation);
};

void describe_token_form(web::Operation& operation) {
    describe_form(
        operation,
        operation.components.reference(
            "TokenForm",
            [] {
                return form_schema(
                    {{"token", "a refresh token or an access token"},
                     {"token_type_hint", "not needed: the two do not look alike"},
                     {"client_id", "of a public client"},
                     {"client_assertion", "private_key_jwt (RFC 7523)"},
                     {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
                );
            }
        ),
        /*required=*/true
    );
    add_oauth_error(operation, 400, "The request cannot be answered");
    add_oauth_error(operation, 401, "The client did not authenticate as it is registered: invalid_client");
}

void Revocation::describe(web::Operation& operation) {
    operation.add_response(
        200,
        "The session behind the token has ended, or there was none",
        "application/json",
        boost::json::object{{"type", "object"}, {"additionalProperties", false}}
    );
    describe_token_form(operation);
}

void Introspection::describe(web::Operation& operation) {
    operation.add_response(200, "OK", "application/json", operation.components.reference("Introspection", [] {
        return boost::json::object{
            {"type", "object"},
            {"description",
             "RFC 7662; of a live access token all its claims, of any other token `active` alone"},
            {"properties", boost::json::object{{"active", boost::json::object{{"type", "boolean"}}}}},
            {"required", boost::json::array{"active"}}
        };
    }));
    describe_token_form(operation);
}

std::string require_token(const OAuthForm& form) {
    if (form.complaint()) {
        throw OAuthError("invalid_request", *form.complaint());
    }
    std::optional<std::string> token = form.find("token");
    if (!token) {
        throw OAuthError("invalid_request", "token is required");
    }
    return std::move(*token);
}

/// The session behind either kind of token, and whose it is.
struct Owned {
    core::Uuid session;
    core::Uuid tenant;
    core::Uuid person;
    std::string client_id;
};

awaitable<std::optional<Owned>> find_owned(IdentityDb db, Issuer issuer, std::string text) {
    if (const auto refresh_token = sessions::RefreshTokenCodec::parse(text)) {
        const std::optional<sessions::Session> session = co_await find_session(db, issuer, *refresh_token);
        co_return session
            ? std::optional{Owned{session->id, session->tenant, session->person, session->client_id}}
            : std::nullopt;
    }
    const std::optional<OwnToken> token = read_own_token(*issuer.shared, text, issuer.clock->now());
    if (!token) {
        co_return std::nullopt;
    }
    if (token->claims.actor) {
        throw OAuthError("unsupported_token_type", "an impersonation ends where it was started");
    }
    co_return Owned{
        token->claims.session, token->claims.tenant, token->claims.person, token->claims.client_id
    };
}

awaitable<OAuthAnswer<Revocation>> revoke_token(
    web::Public, IdentityDb db, Issuer issuer, ClientContext client, OAuthForm form
) {
    OAuthAnswer<Revocation> answer;
    answer.body = "{}";
    try {
        std::string text = require_token(form);
        const clients::Caller caller = co_await clients::authenticate(db, issuer, client, form);
        const std::optional<Owned> owned = co_await find_owned(db, issuer, std::move(text));
        if (!owned) {
            co_return answer;
        }
        if (owned->client_id != caller.id()) {
            throw OAuthError("unauthorized_client", "the token is another client's");
        }
        const IdentityDb recording = db.recording(
            {.action = "session.ended",
             .tenant = owned->tenant,
             .person = owned->person,
             .target = audit::Target{"session", owned->session.to_string()}}
        );
        co_await sessions::revoke(
            recording, owned->session, sessions::RevokeReason::signed_out, issuer.clock->now()
        );
        spdlog::info("event=token.revoked session={} client={}", owned->session.to_string(), caller.id());
        co_return answer;
    } catch (const OAuthError& error) {
        co_return OAuthAnswer<Revocation>{error};
    }
}

/// {"active":true,…}: the claims as they were signed, so that what a token says and what is said of it cannot
/// differ.
awaitable<std::optional<std::string>> describe_access_token(
    IdentityDb db, OwnToken token, core::Timestamp now
) {
    const auth::AccessClaims& claims = token.claims;
    bool live = false;
    if (claims.actor) {
        const std::optional<impersonation::ActiveSession> session = co_await impersonation::find_active(
            db,
            claims.impersonation->session,
            {.person = claims.actor->id,
             .role = claims.actor->role,
             .person_epoch = claims.person_epoch,
             .session = claims.session},
            now
        );
        live = session && session->tenant_epoch == claims.tenant_epoch &&
               impersonation::may_use(*session, claims.actor->role);
    } else {
        try {
            if (claims.amr == std::vector{std::string{auth::machine_method}}) {
                const std::optional<core::Uuid> key =
                    co_await api_keys::find_live(db, claims.tenant, liveness_of(token));
                live = key.has_value();
            } else {
                const std::optional<openid::PersonClaims> person =
                    co_await openid::find_person(db, claims.tenant, liveness_of(token));
                live = person.has_value();
            }
        } catch (const core::ApiError& error) {
            if (error.status() != 401 && error.status() != 403) {
                throw;
            }
        }
    }
    co_return live ? std::optional{R"({"active":true,"token_type":"Bearer",)" + token.payload.substr(1)}
                   : std::nullopt;
}

awaitable<std::optional<std::string>> describe_refresh_token(
    IdentityDb db, Issuer issuer, sessions::Session session, core::Timestamp now
) {
    const std::optional<people::Account> account =
        co_await sessions::find_account(db, session.person, session.tenant);
    if (session.revoked_at || session.idle_expires_at <= now || session.expires_at <= now || !account ||
        account->person_state != people::PersonState::active ||
        !people::may_sign_in(account->tenant_state, account->role)) {
        co_return std::nullopt;
    }
    std::string body = R"({"active":true,"iss":)";
    core::write_json(body, issuer.shared->issuer);
    body += R"(,"client_id":)";
    core::write_json(body, session.client_id);
    body += R"(,"sub":)";
    core::write_json(body, session.person);
    body += R"(,"scope":)";
    core::write_json(body, session.scope);
    body += R"(,"exp":)";
    core::write_json(body, core::unix_seconds(std::min(session.idle_expires_at, session.expires_at)));
    body += '}';
    co_return body;
}

/// A client learns about its own tokens, a resource server about everybody's.
bool may_know(const clients::Client& client, std::string_view owner) {
    return client.introspects || client.id == owner;
}

awaitable<std::optional<std::string>> describe_token(
    IdentityDb db, Issuer issuer, clients::Client client, std::string text
) {
    const core::Timestamp now = issuer.clock->now();
    if (const auto refresh_token = sessions::RefreshTokenCodec::parse(text)) {
        std::optional<sessions::Session> session = co_await find_session(db, issuer, *refresh_token);
        // Only the generation that works now is a token; what an old one would do is not told.
        if (!session || session->refresh_counter != refresh_token->counter ||
            !may_know(client, session->client_id)) {
            co_return std::nullopt;
        }
        co_return co_await describe_refresh_token(db, issuer, std::move(*session), now);
    }
    std::optional<OwnToken> token = read_own_token(*issuer.shared, text, now);
    if (!token || !may_know(client, token->claims.client_id)) {
        co_return std::nullopt;
    }
    co_return co_await describe_access_token(db, std::move(*token), now);
}

awaitable<OAuthAnswer<Introspection>> introspect_token(
    web::Public, IdentityDb db, Issuer issuer, ClientContext client, OAuthForm form
) {
    try {
        std::string text = require_token(form);
        clients::Caller caller = co_await clients::authenticate(db, issuer, client, form);
        if (!caller.registered || caller.registered->authentication == clients::Authentication::none) {
            throw OAuthError("invalid_client", "only a client that authenticates may ask", 401);
        }
        std::optional<std::string> known =
            co_await describe_token(db, issuer, std::move(*caller.registered), std::move(text));
        OAuthAnswer<Introspection> answer;
        answer.body = std::move(known).value_or(R"({"active":false})");
        co_return answer;
    } catch (const OAuthError& error) {
        co_return OAuthAnswer<Introspection>{error};
    }
}

}  // namespace

void add_revocation_routes(web::Router& router) {
    using enum web::Impersonation;
    router.post<"/revoke", revoke_token, deny, web::Records<"session.ended">>(
        "End the session behind a token (RFC 7009)"
    );
    router.post<"/introspect", introspect_token, deny, web::Unaudited<"it reads">>(
        "What a token is worth now (RFC 7662)"
    );
}

}  // namespace pz::identity::token
