#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::projects {

void add_routes(web::Router& router);

}  // namespace pz::product::projects
