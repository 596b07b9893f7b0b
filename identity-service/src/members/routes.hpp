#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::members {

void add_routes(web::Router& router);

}  // namespace pz::identity::members
