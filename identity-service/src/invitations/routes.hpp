#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::invitations {

void add_routes(web::Router& router);

}  // namespace pz::identity::invitations
