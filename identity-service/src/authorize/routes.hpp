#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::authorize {

void add_routes(web::Router& router);

}  // namespace pz::identity::authorize
