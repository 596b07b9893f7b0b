#include "orgs/routes.hpp"

#include "orgs/repository.hpp"
#include "orgs/types.hpp"

#include <pz/web/router.hpp>

namespace pz::product::orgs {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::AdminDb, tenancy::TenantDb;
using web::Member, web::Page, web::Query, web::Require;

awaitable<std::optional<Org>> get_org(TenantDb db, Member) {
    return find_own(db);
}

awaitable<Page<Org>> list_orgs(AdminDb db, Require<Role::platform_admin>, Query<OrgQuery> query) {
    return list(db, *query);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org", get_org, read_only>("Get your own organization");
    router.get<"/api/v1/admin/orgs", list_orgs, deny>("List organizations, newest first");
}

}  // namespace pz::product::orgs
