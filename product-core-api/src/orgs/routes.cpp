#include "orgs/routes.hpp"

#include "orgs/repository.hpp"
#include "orgs/types.hpp"

#include <pz/web/router.hpp>

namespace pz::product::orgs {

namespace {

using boost::asio::awaitable;
using tenancy::TenantDb;
using web::Member;

awaitable<std::optional<Org>> get_org(TenantDb db, Member) {
    return find_own(db);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org", get_org, read_only>("Get your own organization");
}

}  // namespace pz::product::orgs
