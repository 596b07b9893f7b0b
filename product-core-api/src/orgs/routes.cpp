#include "orgs/routes.hpp"

#include "orgs/repository.hpp"
#include "orgs/types.hpp"

#include <pz/web/cursor.hpp>
#include <pz/web/router.hpp>

namespace pz::product::orgs {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::AdminDb, tenancy::TenantDb;
using web::Member, web::Page, web::Query, web::Require;

awaitable<Org> get_org(TenantDb db, Member) {
    std::optional<Org> org = co_await find_own(db);
    if (!org) {
        throw core::not_found("organization");
    }
    co_return std::move(*org);
}

awaitable<Page<Org>> list_orgs(AdminDb db, Require<Role::platform_admin>, Query<OrgQuery> query) {
    std::vector<Org> rows = co_await list(db, *query);
    co_return web::page_of(std::move(rows), query->limit);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org", get_org, read_only>("Get your own organization");
    router.get<"/api/v1/admin/orgs", list_orgs, deny>("List organizations, newest first");
}

}  // namespace pz::product::orgs
