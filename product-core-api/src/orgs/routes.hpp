#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::orgs {

void add_routes(web::Router& router);

}  // namespace pz::product::orgs
