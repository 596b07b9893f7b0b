#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::passwords {

void add_routes(web::Router& router);

}  // namespace pz::identity::passwords
