#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::token {

void add_routes(web::Router& router);
/// /revoke and /introspect.
void add_revocation_routes(web::Router& router);

}  // namespace pz::identity::token
