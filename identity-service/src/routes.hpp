#pragma once

#include <pz/pg/query.hpp>

#include <vector>

namespace pz::web {
class Router;
}

/// The table of contents of identity-service.
namespace pz::identity {

void add_routes(web::Router& router);

/// Every statement of the service: tests have the server parse each one.
[[nodiscard]] std::vector<pg::Query> queries();

}  // namespace pz::identity
