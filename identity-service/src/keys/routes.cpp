#include "keys/routes.hpp"

#include "extract.hpp"

#include <pz/web/router.hpp>

namespace pz::identity::keys {

/// The public keys, as verifiers and their caches want them.
struct Jwks {
    std::shared_ptr<const SigningKeys> keys;
};

}  // namespace pz::identity::keys

namespace pz::web {

template <>
struct Responder<identity::keys::Jwks> {
    static void render(identity::keys::Jwks&& answer, Context& context) {
        const http::Exchange exchange = context.exchange();
        exchange.respond(200, "application/json") += answer.keys->jwks;
        web::answer_not_modified(context, answer.keys->etag);
        exchange.add_header("ETag", answer.keys->etag);
        exchange.add_header("Cache-Control", "public, max-age=300, stale-if-error=86400");
        context.cacheable = true;
    }

    static void describe(Operation& operation) {
        using boost::json::array;
        using boost::json::object;
        operation.add_response(
            200,
            "JWK set (RFC 7517)",
            "application/json",
            operation.components.reference(
                "JwkSet",
                [] {
                    const object text{{"type", "string"}};
                    const object key{
                        {"type", "object"},
                        {"description",
                         "A public key (RFC 7517): EC and OKP have crv, x and y; RSA has n and e"},
                        {"properties",
                         object{
                             {"kty", object{{"type", "string"}, {"enum", array{"EC", "OKP", "RSA"}}}},
                             {"crv", text},
                             {"x", text},
                             {"y", text},
                             {"n", text},
                             {"e", text},
                             {"alg", object{{"type", "string"}, {"enum", array{"ES256", "EdDSA", "RS256"}}}},
                             {"use", object{{"type", "string"}, {"enum", array{"sig"}}}},
                             {"kid", object{{"type", "string"}, {"description", "RFC 7638 thumbprint"}}}
                         }},
                        {"additionalProperties", false},
                        {"required", array{"kty", "alg", "use", "kid"}}
                    };
                    return object{
                        {"type", "object"},
                        {"properties", object{{"keys", object{{"type", "array"}, {"items", key}}}}},
                        {"additionalProperties", false},
                        {"required", array{"keys"}}
                    };
                }
            )
        );
        operation.add_response_header(200, "ETag", Presence::always, "Changes with the keys");
        operation.add_response_header(
            200, "Cache-Control", Presence::always, "How long verifiers may keep the keys"
        );
    }
};

}  // namespace pz::web

namespace pz::identity::keys {

namespace {

using boost::asio::awaitable;

awaitable<Jwks> get_jwks(web::Public, Issuer issuer) {
    co_return Jwks{issuer.shared->keys->current()};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/.well-known/jwks.json", get_jwks, deny>("The public signing keys");
}

}  // namespace pz::identity::keys
