#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::api_keys {

void add_routes(web::Router& router);

}  // namespace pz::identity::api_keys
