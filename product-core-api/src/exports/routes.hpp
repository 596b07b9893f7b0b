#pragma once

namespace pz::web {
class Router;
}

namespace pz::product::exports {

/// GET /api/v1/org/export, GET /api/v1/admin/orgs/{id}/export: an organization as one file.
void add_routes(web::Router& router);

}  // namespace pz::product::exports
