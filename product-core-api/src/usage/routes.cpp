#include "usage/routes.hpp"

#include "extract.hpp"
#include "usage/repository.hpp"

#include <pz/web/router.hpp>

namespace pz::product::usage {

namespace {

boost::asio::awaitable<Usage> get_usage(tenancy::TenantDb db, web::Member, Time time) {
    return find_own(db, time.clock->now());
}

}  // namespace

void add_routes(web::Router& router) {
    router.get<"/api/v1/org/usage", get_usage, web::Impersonation::read_only>(
        "What your organization uses, and what it may"
    );
}

}  // namespace pz::product::usage
