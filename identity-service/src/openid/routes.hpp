#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::openid {

void add_routes(web::Router& router);
/// GET /logout.
void add_logout_routes(web::Router& router);

}  // namespace pz::identity::openid
