#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::support {

void add_routes(web::Router& router);

}  // namespace pz::product::support
