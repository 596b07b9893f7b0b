#include "openid/routes.hpp"

#include "extract.hpp"
#include "openid/id_token.hpp"
#include "openid/repository.hpp"
#include "token/own_token.hpp"

#include <pz/web/router.hpp>

#include <boost/json/serialize.hpp>

namespace pz::identity::openid {

/// The metadata of RFC 8414 and of OpenID Connect Discovery, one document at both addresses: what there is,
/// and nothing that there is not.
struct ServerMetadata {
    std::string issuer;
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string userinfo_endpoint;
    std::string revocation_endpoint;
    std::string introspection_endpoint;
    std::string end_session_endpoint;
    std::string jwks_uri;
    std::vector<std::string> scopes_supported;
    std::vector<std::string> response_types_supported;
    std::vector<std::string> response_modes_supported;
    std::vector<std::string> grant_types_supported;
    std::vector<std::string> token_endpoint_auth_methods_supported;
    std::vector<std::string> token_endpoint_auth_signing_alg_values_supported;
    std::vector<std::string> revocation_endpoint_auth_methods_supported;
    std::vector<std::string> revocation_endpoint_auth_signing_alg_values_supported;
    std::vector<std::string> introspection_endpoint_auth_methods_supported;
    std::vector<std::string> introspection_endpoint_auth_signing_alg_values_supported;
    std::vector<std::string> code_challenge_methods_supported;
    std::vector<std::string> prompt_values_supported;
    std::vector<std::string> subject_types_supported;
    std::vector<std::string> id_token_signing_alg_values_supported;
    std::vector<std::string> claims_supported;
    bool authorization_response_iss_parameter_supported = true;
    bool request_parameter_supported = false;
    bool request_uri_parameter_supported = false;
};
PZ_DESCRIBE(
    ServerMetadata,
    issuer,
    authorization_endpoint,
    token_endpoint,
    userinfo_endpoint,
    revocation_endpoint,
    introspection_endpoint,
    end_session_endpoint,
    jwks_uri,
    scopes_supported,
    response_types_supported,
    response_modes_supported,
    grant_types_supported,
    token_endpoint_auth_methods_supported,
    token_endpoint_auth_signing_alg_values_supported,
    revocation_endpoint_auth_methods_supported,
    revocation_endpoint_auth_signing_alg_values_supported,
    introspection_endpoint_auth_methods_supported,
    introspection_endpoint_auth_signing_alg_values_supported,
    code_challenge_methods_supported,
    prompt_values_supported,
    subject_types_supported,
    id_token_signing_alg_values_supported,
    claims_supported,
    authorization_response_iss_parameter_supported,
    request_parameter_supported,
    request_uri_parameter_supported
)

/// The token of an Authorization header, not yet looked at. /userinfo takes tokens that are for clients,
/// which the routes of the console refuse.
struct BearerToken {
    std::string text;
};

/// OpenID Connect Core section 5.3.2.
struct UserInfo {
    boost::json::object claims;
};

}  // namespace pz::identity::openid

namespace pz::web {

template <>
struct Extractor<identity::openid::BearerToken> {
    static constexpr Phase phase = Phase::input;

    static identity::openid::BearerToken extract(Context& context) {
        constexpr std::string_view scheme = "Bearer ";
        const std::string_view value = context.exchange().authorization().value_or("");
        if (!value.starts_with(scheme)) {
            throw core::unauthorized(core::ErrorCode::not_authenticated, "a bearer token is required");
        }
        return {std::string{value.substr(scheme.size())}};
    }

    static void describe(Operation& operation) {
        operation.requires_token = true;
        operation.add_problem(401);
        operation.add_problem(403);
    }
};

template <>
struct Responder<identity::openid::UserInfo> {
    static void render(identity::openid::UserInfo&& info, Context& context) {
        begin_json(context, 200) += boost::json::serialize(info.claims);
    }

    static void describe(Operation& operation) {
        using boost::json::object;
        operation.add_response(200, "OK", "application/json", operation.components.reference("UserInfo", [] {
            const object text{{"type", "string"}};
            return object{
                {"type", "object"},
                {"properties",
                 object{
                     {"sub", text},
                     {"name", object{{"type", "string"}, {"description", "scope profile"}}},
                     {"email", object{{"type", "string"}, {"description", "scope email"}}},
                     {"email_verified", object{{"type", "boolean"}, {"description", "scope email"}}}
                 }},
                {"additionalProperties", false},
                {"required", boost::json::array{"sub"}}
            };
        }));
    }
};

}  // namespace pz::web

namespace pz::identity::openid {

namespace {

using boost::asio::awaitable;

ServerMetadata metadata_of(const Shared& shared) {
    const std::string& issuer = shared.issuer;
    const std::vector<std::string> assertion_algorithms{"ES256", "RS256", "EdDSA"};
    return {
        .issuer = issuer,
        .authorization_endpoint = issuer + "/authorize",
        .token_endpoint = issuer + "/token",
        .userinfo_endpoint = issuer + "/userinfo",
        .revocation_endpoint = issuer + "/revoke",
        .introspection_endpoint = issuer + "/introspect",
        .end_session_endpoint = issuer + "/logout",
        .jwks_uri = issuer + "/.well-known/jwks.json",
        .scopes_supported = {"openid", "profile", "email", "api"},
        .response_types_supported = {"code"},
        .response_modes_supported = {"query"},
        .grant_types_supported =
            {"authorization_code",
             "refresh_token",
             "client_credentials",
             "password",
             "urn:ietf:params:oauth:grant-type:token-exchange"},
        // Without client_secret_post, which API keys alone may use: a library would choose it for its client.
        .token_endpoint_auth_methods_supported = {"none", "client_secret_basic", "private_key_jwt"},
        .token_endpoint_auth_signing_alg_values_supported = assertion_algorithms,
        .revocation_endpoint_auth_methods_supported = {"none", "client_secret_basic", "private_key_jwt"},
        .revocation_endpoint_auth_signing_alg_values_supported = assertion_algorithms,
        .introspection_endpoint_auth_methods_supported = {"client_secret_basic", "private_key_jwt"},
        .introspection_endpoint_auth_signing_alg_values_supported = assertion_algorithms,
        .code_challenge_methods_supported = {"S256"},
        .prompt_values_supported = {"none", "login", "consent", "select_account"},
        .subject_types_supported = {"public"},
        .id_token_signing_alg_values_supported = {"ES256"},
        .claims_supported =
            {"sub",
             "iss",
             "aud",
             "exp",
             "iat",
             "auth_time",
             "nonce",
             "amr",
             "sid",
             "at_hash",
             "name",
             "email",
             "email_verified"},
    };
}

awaitable<ServerMetadata> get_authorization_server_metadata(web::Public, Issuer issuer) {
    co_return metadata_of(*issuer.shared);
}

awaitable<ServerMetadata> get_openid_configuration(web::Public, Issuer issuer) {
    co_return metadata_of(*issuer.shared);
}

/// Live-checked like every request: a session that has ended tells nothing more about its person.
awaitable<UserInfo> user_info(IdentityDb db, Issuer issuer, BearerToken bearer) {
    const auto token = token::read_own_token(*issuer.shared, bearer.text, issuer.clock->now());
    if (!token || token->claims.actor ||
        std::ranges::find(token->claims.audience, issuer.shared->issuer) == token->claims.audience.end()) {
        throw core::unauthorized(core::ErrorCode::invalid_token, "the token is not for /userinfo");
    }
    const auth::AccessClaims& claims = token->claims;
    const std::optional<PersonClaims> person =
        co_await find_person(db, claims.tenant, token::liveness_of(*token));
    if (!person) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    UserInfo info{{{"sub", claims.person.to_string()}}};
    add_person_claims(info.claims, *person, claims.scope);
    co_return info;
}

awaitable<UserInfo> get_userinfo(web::Public, IdentityDb db, Issuer issuer, BearerToken bearer) {
    return user_info(db, issuer, std::move(bearer));
}

awaitable<UserInfo> post_userinfo(web::Public, IdentityDb db, Issuer issuer, BearerToken bearer) {
    return user_info(db, issuer, std::move(bearer));
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/.well-known/oauth-authorization-server", get_authorization_server_metadata, deny>(
        "Authorization server metadata (RFC 8414)"
    );
    router.get<"/.well-known/openid-configuration", get_openid_configuration, deny>(
        "The same metadata at OpenID Connect's address"
    );
    router.get<"/userinfo", get_userinfo, deny>("What a client may know of who signed in");
    router.post<"/userinfo", post_userinfo, deny, web::Unaudited<"it reads">>(
        "The same, as OpenID Connect has it"
    );
}

}  // namespace pz::identity::openid
