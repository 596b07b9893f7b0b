#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::items {

void add_routes(web::Router& router);

}  // namespace pz::product::items
