#include "audit_log/routes.hpp"

#include "audit_log/service.hpp"
#include "extract.hpp"

#include <pz/audit/chain.hpp>
#include <pz/core/error.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/web/jwk_set.hpp>
#include <pz/web/router.hpp>

#include <string>

namespace pz::product::audit_log {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::TenantDb;
using web::Audits, web::AuditTrail, web::Page, web::Query, web::Require;

using Admin = Require<Role::admin>;
using Staff = Require<Role::support_agent, Role::platform_admin>;
using PlatformAdmin = Require<Role::platform_admin>;

void name_chain(const AuditTrail& trail, TenantDb db, const ExportQuery& query) {
    trail.target("audit_log", audit::chain_name(db.tenant()));
    trail.fact("format", boost::json::value(std::string{core::enum_text(query.format)}));
}

awaitable<Page<AuditEvent>> list_audit_log(TenantDb db, Admin, Query<AuditQuery> query) {
    return page(db, *query);
}

awaitable<Verification> verify_audit_log(TenantDb db, Admin, Query<VerifyQuery> query) {
    return verify(db, *query);
}

awaitable<Export> export_audit_log(TenantDb db, Admin, Query<ExportQuery> query, AuditTrail trail) {
    name_chain(trail, db, *query);
    return export_chain(db, *query);
}

// The staff's own tenant is the platform, so its chain is the platform's: these read one tenant's rows as the
// routes above do.

awaitable<Page<AuditEvent>> list_platform_audit_log(TenantDb db, Staff staff, Query<AuditQuery> query) {
    AuditQuery own = *query;
    if (staff->role == Role::support_agent) {
        if (own.actor && *own.actor != staff->person) {
            throw core::forbidden("support agents see what they did themselves");
        }
        own.actor = staff->person;
    }
    return page(db, std::move(own));
}

awaitable<Verification> verify_platform_audit_log(TenantDb db, PlatformAdmin, Query<VerifyQuery> query) {
    return verify(db, *query);
}

awaitable<Export> export_platform_audit_log(
    TenantDb db, PlatformAdmin, Query<ExportQuery> query, AuditTrail trail
) {
    name_chain(trail, db, *query);
    return export_chain(db, *query);
}

// The keys that verify both.

awaitable<web::JwkSet> get_audit_keys(web::Public, AuditKeys keys) {
    if (keys.jwks.empty()) {
        throw core::unavailable("the audit log's keys have not been read yet");
    }
    const std::string digest = core::base64url_encode(crypto::bytes_of(crypto::sha256(keys.jwks)));
    co_return web::JwkSet{std::move(keys.jwks), '"' + digest + '"'};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org/audit-log", list_audit_log, deny>(
        "What was done in your organization, and what was refused, newest first"
    );
    router.get<"/api/v1/org/audit-log/verify", verify_audit_log, deny>(
        "Verify a stretch of your organization's audit log"
    );
    router.get<"/api/v1/org/audit-log/export", export_audit_log, deny, Audits<"audit_log.exported">>(
        "Export your organization's audit log"
    );
    router.get<"/api/v1/support/audit-log", list_platform_audit_log, deny>(
        "What staff did, newest first; support agents see their own acts"
    );
    router.get<"/api/v1/support/audit-log/verify", verify_platform_audit_log, deny>(
        "Verify a stretch of the platform's audit log"
    );
    router.get<
        "/api/v1/support/audit-log/export",
        export_platform_audit_log,
        deny,
        Audits<"audit_log.exported">>("Export the platform's audit log");
    router
        .get<"/.well-known/audit-keys.json", get_audit_keys, deny>(
            "The public keys that verify exports of audit logs, and certificates of erasure"
        )
        .also_answers(503);
}

}  // namespace pz::product::audit_log
