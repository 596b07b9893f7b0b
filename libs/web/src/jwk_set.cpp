#include <pz/web/jwk_set.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace pz::web {

void Responder<JwkSet>::render(JwkSet&& answer, Context& context) {
    const http::Exchange exchange = context.exchange();
    exchange.respond(200, "application/json") += answer.json;
    answer_not_modified(context, answer.etag);
    exchange.add_header("ETag", answer.etag);
    exchange.add_header("Cache-Control", "public, max-age=300, stale-if-error=86400");
    context.cacheable = true;
}

void Responder<JwkSet>::describe(Operation& operation) {
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
                    {"description", "A public key (RFC 7517): EC and OKP have crv, x and y; RSA has n and e"},
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

}  // namespace pz::web
