#include "integrations/routes.hpp"

#include "integrations/secrets.hpp"
#include "integrations/table.hpp"

#include <pz/web/router.hpp>

namespace pz::product::integrations {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Audits, web::Created, web::IfMatch, web::Json, web::Member, web::NewId, web::Page, web::PageQuery,
    web::Path, web::Query, web::Removed, web::Require, web::Updated;

awaitable<Page<Integration>> list_integrations(TenantDb db, Member, Query<PageQuery> query) {
    return Integrations::list(db, *query);
}

awaitable<std::optional<Integration>> get_integration(TenantDb db, Member, Path<"id", Uuid> id) {
    return Integrations::find(db, *id);
}

awaitable<Created<Integration>> create_integration(
    TenantDb db, Require<Role::admin>, Encryption encryption, Json<IntegrationCreate> input, NewId id
) {
    return Integrations::insert(db, *id, to_row(encryption, db.tenant(), *id, std::move(*input)));
}

awaitable<Updated<Integration>> replace_integration(
    TenantDb db,
    Require<Role::admin>,
    Encryption encryption,
    Path<"id", Uuid> id,
    IfMatch match,
    Json<IntegrationReplace> input
) {
    return Integrations::update(db, *id, match, to_change(encryption, db.tenant(), *id, std::move(*input)));
}

awaitable<Removed<Integration>> delete_integration(
    TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match
) {
    return Integrations::remove(db, *id, match);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/integrations", list_integrations, read_only>("List integrations, newest first");
    router.post<"/api/v1/integrations", create_integration, deny, Audits<"integration.created">>(
        "Add an integration and its secret"
    );
    router.get<"/api/v1/integrations/{id}", get_integration, read_only>("Get an integration, not its secret");
    router
        .put<"/api/v1/integrations/{id}", replace_integration, deny, Audits<"integration.updated">>(
            "Replace an integration or its secret"
        )
        .also_answers(409);
    router.del<"/api/v1/integrations/{id}", delete_integration, deny, Audits<"integration.deleted">>(
        "Delete an integration and its secret"
    );
}

}  // namespace pz::product::integrations
