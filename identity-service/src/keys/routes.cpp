#include "keys/routes.hpp"

#include "extract.hpp"

#include <pz/web/jwk_set.hpp>
#include <pz/web/router.hpp>

namespace pz::identity::keys {

namespace {

using boost::asio::awaitable;

awaitable<web::JwkSet> get_jwks(web::Public, Issuer issuer) {
    const std::shared_ptr<const SigningKeys> keys = issuer.shared->keys->current();
    co_return web::JwkSet{keys->jwks, keys->etag};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/.well-known/jwks.json", get_jwks, deny>("The public signing keys");
}

}  // namespace pz::identity::keys
