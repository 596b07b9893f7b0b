#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::people {

void add_routes(web::Router& router);

}  // namespace pz::identity::people
