#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::recovery {

void add_routes(web::Router& router);

}  // namespace pz::identity::recovery
