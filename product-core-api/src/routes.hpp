#pragma once

#include <pz/pg/query.hpp>

#include <vector>

namespace pz::web {
class Router;
}

/// The table of contents of product-core-api.
namespace pz::product {

void add_routes(web::Router& router);

/// Every statement of the service, by the role that runs it: tests have the server parse each one.
[[nodiscard]] std::vector<pg::Query> tenant_queries();
[[nodiscard]] std::vector<pg::Query> admin_queries();
/// Those of a tenant's requests that read, and what ends a support session: in a read-only one pz_support runs
/// them.
[[nodiscard]] std::vector<pg::Query> support_queries();

}  // namespace pz::product
