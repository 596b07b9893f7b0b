#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::integrations {

void add_routes(web::Router& router);

}  // namespace pz::product::integrations
