#include "exports/routes.hpp"

#include "exports/service.hpp"

#include <pz/web/audit_sequel.hpp>
#include <pz/web/router.hpp>

namespace pz::product::exports {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::AdminDb, tenancy::TenantDb;
using web::Audits, web::AuditSequel, web::AuditTrail, web::Path, web::Require;

awaitable<Export> export_own_org(
    TenantDb db, Require<Role::admin>, Exports exports, AuditTrail trail, AuditSequel sequel
) {
    trail.target("org", db.tenant().to_string());
    return export_own(db, *exports, sequel);
}

awaitable<Export> export_org(
    AdminDb db,
    Require<Role::platform_admin>,
    Path<"id", Uuid> id,
    Exports exports,
    AuditTrail trail,
    AuditSequel sequel
) {
    trail.target("org", (*id).to_string());
    trail.also_in(*id);
    return export_any(db, *id, *exports, sequel);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router
        .get<"/api/v1/org/export", export_own_org, deny, Audits<"org.exported">>(
            "Export your organization: everything of it, in one archive"
        )
        .also_answers(429);
    router
        .get<"/api/v1/admin/orgs/{id}/export", export_org, deny, Audits<"org.exported">>(
            "Export an organization: everything of it, in one archive"
        )
        .also_answers(409)
        .also_answers(429);
}

}  // namespace pz::product::exports
