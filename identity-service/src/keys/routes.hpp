#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::keys {

void add_routes(web::Router& router);

}  // namespace pz::identity::keys
