#include "registry/routes.hpp"

#include "extract.hpp"
#include "registry/repository.hpp"
#include "registry/service.hpp"

#include <pz/web/router.hpp>

namespace pz::product::registry {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::AdminDb;
using web::Audits, web::AuditTrail, web::Created, web::IfMatch, web::Json, web::NoContent, web::Page,
    web::Path, web::Query, web::Require, web::Updated;

using Staff = Require<Role::platform_admin>;
using Answer = std::optional<OrgDetail>;

awaitable<Page<RegisteredOrg>> list_orgs(AdminDb db, Staff, Query<OrgQuery> query, Time time) {
    return list(db, *query, time.clock->now());
}

awaitable<Stats> get_stats(AdminDb db, Staff, Time time) {
    return stats(db, time.clock->now());
}

awaitable<Created<OrgDetail>> create_org(
    AdminDb db, Staff actor, Json<OrgCreate> input, Time time, AuditTrail trail
) {
    OrgDetail org = co_await create(db, *actor, std::move(*input), time.clock, trail);
    co_return Created{std::move(org)};
}

awaitable<Answer> load_org(AdminDb db, Staff, Path<"id", Uuid> id, Time time) {
    return find(db, *id, time.clock->now());
}

awaitable<std::optional<UsagePlot>> get_org_usage(
    AdminDb db, Staff, Path<"id", Uuid> id, Query<PlotQuery> query, Time time
) {
    return plot_usage(db, *id, query->period, time.clock->now());
}

awaitable<Updated<OrgDetail>> update_org(
    AdminDb db,
    Staff,
    Path<"id", Uuid> id,
    IfMatch match,
    Json<RegisteredOrgUpdate> input,
    Time time,
    AuditTrail trail
) {
    return change(db, *id, std::move(match), std::move(*input), time.clock, trail);
}

awaitable<Answer> suspend_org(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<OrgStop> input, Time time, AuditTrail trail
) {
    return step(db, *actor, *id, Step::suspend, std::move(input->reason), time.clock, trail);
}

awaitable<Answer> make_org_read_only(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<OrgStop> input, Time time, AuditTrail trail
) {
    return step(db, *actor, *id, Step::make_read_only, std::move(input->reason), time.clock, trail);
}

awaitable<Answer> reactivate_org(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<OrgReturn> input, Time time, AuditTrail trail
) {
    return step(db, *actor, *id, Step::activate, std::move(input->reason), time.clock, trail);
}

awaitable<Answer> schedule_org_deletion(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<OrgStop> input, Time time, AuditTrail trail
) {
    return step(db, *actor, *id, Step::schedule_deletion, std::move(input->reason), time.clock, trail);
}

awaitable<Answer> undo_org_deletion(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<OrgReturn> input, Time time, AuditTrail trail
) {
    return step(db, *actor, *id, Step::undo_deletion, std::move(input->reason), time.clock, trail);
}

awaitable<NoContent> invite_org_admin(
    AdminDb db, Staff actor, Path<"id", Uuid> id, Json<AdminInvitation> input, Time time, AuditTrail trail
) {
    co_await invite_first_admin(db, *actor, *id, std::move(*input), time.clock, trail);
    co_return NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/admin/stats", get_stats, deny, Audits<"stats.viewed">>(
        "Organizations by state and plan, growth, the largest"
    );
    router.get<"/api/v1/admin/orgs", list_orgs, deny, Audits<"org.listed">>(
        "List organizations: search, filter, sort"
    );
    router
        .post<"/api/v1/admin/orgs", create_org, deny, Audits<"org.created">>(
            "Create an organization and invite its first admin"
        )
        .also_answers(409);
    router.get<"/api/v1/admin/orgs/{id}", load_org, deny, Audits<"org.viewed">>("Get an organization");
    router.get<"/api/v1/admin/orgs/{id}/usage", get_org_usage, deny, Audits<"org.usage_viewed">>(
        "An organization's requests, errors, sign-ins and sessions over time"
    );
    router
        .patch<"/api/v1/admin/orgs/{id}", update_org, deny, Audits<"org.updated">>(
            "Change name, plan or limits of an organization"
        )
        .also_answers(409);
    router
        .post<"/api/v1/admin/orgs/{id}/suspend", suspend_org, deny, Audits<"org.suspended">>(
            "Suspend an organization: nobody of it gets in, its sessions end"
        )
        .also_answers(409);
    router
        .post<"/api/v1/admin/orgs/{id}/read-only", make_org_read_only, deny, Audits<"org.made_read_only">>(
            "Make an organization read-only"
        )
        .also_answers(409);
    router
        .post<"/api/v1/admin/orgs/{id}/reactivate", reactivate_org, deny, Audits<"org.reactivated">>(
            "Make an organization active: after its trial, or again"
        )
        .also_answers(409);
    router
        .post<
            "/api/v1/admin/orgs/{id}/schedule-deletion",
            schedule_org_deletion,
            deny,
            Audits<"org.deletion_scheduled">>(
            "Delete an organization in 30 days; until then its admins may read and export"
        )
        .also_answers(409);
    router
        .post<
            "/api/v1/admin/orgs/{id}/undo-deletion",
            undo_org_deletion,
            deny,
            Audits<"org.deletion_undone">>("Undo a scheduled deletion: the organization is what it was before"
        )
        .also_answers(409);
    router
        .post<"/api/v1/admin/orgs/{id}/invite-admin", invite_org_admin, deny, Audits<"org.admin_invited">>(
            "Invite the first admin, or send the letter again"
        )
        .also_answers(409);
}

}  // namespace pz::product::registry
