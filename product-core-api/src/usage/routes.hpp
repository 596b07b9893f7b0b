#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::usage {

void add_routes(web::Router& router);

}  // namespace pz::product::usage
