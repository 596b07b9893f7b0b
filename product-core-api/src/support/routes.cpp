#include "support/routes.hpp"

#include "support/repository.hpp"
#include "support/types.hpp"

#include <pz/web/router.hpp>

namespace pz::product::support {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::AdminDb;
using web::Audits, web::Query, web::Require;

awaitable<LookupResult> lookup_orgs(
    AdminDb db, Require<Role::support_agent, Role::platform_admin>, Query<LookupQuery> query
) {
    std::vector<OrgSummary> found = co_await lookup(db, *query);
    co_return LookupResult{std::move(found)};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/support/lookup", lookup_orgs, deny, Audits<"org.looked_up">>(
        "Find an organization by name, slug or id"
    );
}

}  // namespace pz::product::support
