#include "routes.hpp"

#include "audit_log/repository.hpp"
#include "audit_log/routes.hpp"
#include "exports/routes.hpp"
#include "exports/service.hpp"
#include "integrations/routes.hpp"
#include "integrations/secrets.hpp"
#include "integrations/table.hpp"
#include "items/room.hpp"
#include "items/routes.hpp"
#include "items/table.hpp"
#include "orgs/repository.hpp"
#include "orgs/routes.hpp"
#include "projects/routes.hpp"
#include "projects/table.hpp"
#include "registry/repository.hpp"
#include "registry/routes.hpp"
#include "support/keeper.hpp"
#include "support/repository.hpp"
#include "support/routes.hpp"
#include "usage/meter.hpp"
#include "usage/repository.hpp"
#include "usage/routes.hpp"

#include <pz/audit/event.hpp>
#include <pz/tenancy/database.hpp>
#include <pz/web/idempotency.hpp>
#include <pz/web/impersonation.hpp>

#include <algorithm>
#include <string_view>

namespace pz::product {

namespace {

void append(std::vector<pg::Query>& all, std::span<const pg::Query> some) {
    all.insert(all.end(), some.begin(), some.end());
}

/// What an organization's people work with, and support sees.
std::vector<pg::Query> data_queries() {
    std::vector<pg::Query> all;
    append(all, items::Items::queries());
    append(all, projects::Projects::queries());
    append(all, integrations::Integrations::queries());
    append(all, integrations::queries());
    append(all, orgs::queries());
    append(all, usage::queries());
    return all;
}

/// A statement that writes says so.
bool only_reads(const pg::Query& query) {
    constexpr std::string_view writing[] = {"INSERT", "UPDATE", "DELETE"};
    const std::string_view sql{query.sql()};
    return std::ranges::none_of(writing, [sql](std::string_view word) { return sql.contains(word); });
}

}  // namespace

void add_routes(web::Router& router) {
    items::add_routes(router);         // /api/v1/items
    projects::add_routes(router);      // /api/v1/projects
    integrations::add_routes(router);  // /api/v1/integrations
    orgs::add_routes(router);          // /api/v1/org
    usage::add_routes(router);         // /api/v1/org/usage
    exports::add_routes(router);       // /api/v1/org/export, /api/v1/admin/orgs/{id}/export
    audit_log::add_routes(router);     // /api/v1/org/audit-log, /api/v1/support/audit-log
    registry::add_routes(router);      // /api/v1/admin/orgs, /api/v1/admin/stats
    support::add_routes(router);       // /api/v1/support, /api/v1/org/support-…
}

std::vector<pg::Query> tenant_queries() {
    std::vector<pg::Query> all = data_queries();
    append(all, tenancy::queries());
    append(all, audit::queries());
    append(all, web::idempotency_queries());
    append(all, web::impersonation_queries());
    append(all, items::room_queries());
    append(all, audit_log::queries());
    append(all, exports::queries());
    append(all, support::tenant_queries());
    return all;
}

std::vector<pg::Query> support_queries() {
    std::vector<pg::Query> all = data_queries();
    std::erase_if(all, [](const pg::Query& query) { return !only_reads(query); });
    append(all, tenancy::queries());
    append(all, audit::queries());
    append(all, web::impersonation_queries());
    append(all, support::session_queries());
    return all;
}

std::vector<pg::Query> admin_queries() {
    std::vector<pg::Query> all;
    append(all, tenancy::queries());
    append(all, audit::queries());
    append(all, registry::queries());
    append(all, exports::queries());
    append(all, usage::meter_queries());
    append(all, support::staff_queries());
    append(all, support::keeper_queries());
    return all;
}

}  // namespace pz::product
