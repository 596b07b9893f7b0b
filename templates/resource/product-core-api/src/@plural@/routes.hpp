#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::@plural@ {

void add_routes(web::Router& router);

}  // namespace pz::product::@plural@
