#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::audit_log {

void add_routes(web::Router& router);

}  // namespace pz::product::audit_log
