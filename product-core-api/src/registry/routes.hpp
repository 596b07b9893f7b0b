#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::registry {

void add_routes(web::Router& router);

}  // namespace pz::product::registry
