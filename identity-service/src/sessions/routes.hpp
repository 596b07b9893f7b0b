#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::sessions {

void add_routes(web::Router& router);

}  // namespace pz::identity::sessions
