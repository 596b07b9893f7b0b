#include "routes.hpp"

#include "api_keys/repository.hpp"
#include "api_keys/routes.hpp"
#include "authorize/repository.hpp"
#include "authorize/routes.hpp"
#include "clients/repository.hpp"
#include "impersonation/repository.hpp"
#include "invitations/repository.hpp"
#include "invitations/routes.hpp"
#include "keys/routes.hpp"
#include "mail/repository.hpp"
#include "members/repository.hpp"
#include "members/routes.hpp"
#include "mfa/repository.hpp"
#include "mfa/routes.hpp"
#include "openid/repository.hpp"
#include "openid/routes.hpp"
#include "passwords/repository.hpp"
#include "passwords/routes.hpp"
#include "passwords/throttle.hpp"
#include "people/repository.hpp"
#include "people/routes.hpp"
#include "recovery/repository.hpp"
#include "recovery/routes.hpp"
#include "sessions/repository.hpp"
#include "sessions/routes.hpp"
#include "token/routes.hpp"

namespace pz::identity {

void add_routes(web::Router& router) {
    token::add_routes(router);             // /token, /logout
    token::add_revocation_routes(router);  // /revoke, /introspect
    authorize::add_routes(router);         // /authorize*
    openid::add_routes(router);            // /userinfo, /.well-known/openid-configuration and its twin
    openid::add_logout_routes(router);     // GET /logout
    keys::add_routes(router);              // /.well-known/jwks.json
    people::add_routes(router);            // /me
    sessions::add_routes(router);          // /me/sessions, /me/switch-tenant, /api/v1/sessions
    passwords::add_routes(router);         // /password/change
    members::add_routes(router);           // /api/v1/people
    invitations::add_routes(router);       // /api/v1/invitations, /invitations/*
    recovery::add_routes(router);          // /password/forgot, /password/reset
    mfa::add_routes(router);               // /me/mfa, /mfa/enrol, /me/step-up
    api_keys::add_routes(router);          // /api/v1/api-keys
}

std::vector<pg::Query> queries() {
    std::vector<pg::Query> all;
    for (const std::span<const pg::Query> some :
         {authorize::queries(),
          clients::queries(),
          impersonation::queries(),
          members::queries(),
          openid::queries(),
          passwords::queries(),
          passwords::throttle_queries(),
          people::queries(),
          sessions::queries(),
          invitations::queries(),
          recovery::queries(),
          mail::queries(),
          mfa::queries(),
          api_keys::queries()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace pz::identity
