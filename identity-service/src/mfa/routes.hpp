#pragma once

namespace pz::web {
class Router;
}

namespace pz::identity::mfa {

void add_routes(web::Router& router);

}  // namespace pz::identity::mfa
