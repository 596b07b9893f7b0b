#include "support/routes.hpp"

#include "extract.hpp"
#include "support/repository.hpp"
#include "support/service.hpp"
#include "support/types.hpp"

#include <pz/web/router.hpp>

namespace pz::product::support {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::AdminDb, tenancy::TenantDb;
using web::Audits, web::AuditTrail, web::CreatedAt, web::Json, web::NoContent, web::Page, web::Path,
    web::Query, web::Require, web::RequireAgent;

using Staff = Require<Role::support_agent, Role::platform_admin>;
using Agent = RequireAgent<Role::support_agent, Role::platform_admin>;
using PlatformAdmin = Require<Role::platform_admin>;
using OrgAdmin = Require<Role::admin>;
using Answer = std::optional<SupportSession>;

awaitable<LookupResult> lookup_orgs(AdminDb db, Staff agent, Query<LookupQuery> query, Time time) {
    std::vector<OrgSummary> found =
        co_await lookup(db, *query, agent->person, agent->role, time.clock->now());
    co_return LookupResult{std::move(found)};
}

awaitable<CreatedAt<StartedSession>> start_support_session(
    AdminDb db,
    Staff agent,
    Path<"id", Uuid> tenant,
    Json<SessionStart> input,
    SupportRules rules,
    Time time,
    AuditTrail trail
) {
    StartedSession started =
        co_await start(db, *agent, *tenant, std::move(*input), *rules, time.clock, trail);
    std::string location = "/api/v1/support/impersonate/" + started.session_id.to_string();
    co_return CreatedAt<StartedSession>{started, std::move(location)};
}

awaitable<NoContent> end_support_session(
    SessionDb db, Agent agent, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    const StepToTake step{*id, Step::end, agent.id(), agent.role()};
    const std::optional<Uuid> inside =
        agent->impersonation ? std::optional{agent->impersonation->session} : std::nullopt;
    co_await end(*db, step, inside, time.clock, trail);
    co_return NoContent{};
}

awaitable<Page<SupportSession>> list_support_sessions(
    AdminDb db, Staff agent, Query<SessionQuery> query, Time time
) {
    const bool all = agent->role == Role::platform_admin;
    return list(db, *query, all ? std::nullopt : std::optional{agent->person}, time.clock->now());
}

awaitable<Answer> approve_support_session(
    AdminDb db, PlatformAdmin actor, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    return decide(db, {*id, Step::approve, actor->person, actor->role}, time.clock, trail);
}

awaitable<Answer> deny_support_session(
    AdminDb db, PlatformAdmin actor, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    return decide(db, {*id, Step::deny, actor->person, actor->role}, time.clock, trail);
}

awaitable<SupportSignals> list_support_signals(
    AdminDb db, PlatformAdmin, Query<SignalQuery> query, SupportRules rules, Time time
) {
    std::vector<SupportSignal> found = co_await list_signals(db, *query, *rules, time.clock->now());
    co_return SupportSignals{std::move(found)};
}

awaitable<OrgSupportPolicy> get_support_policy(TenantDb db, OrgAdmin) {
    return find_policy(db);
}

awaitable<OrgSupportPolicy> set_support_policy(
    TenantDb db, OrgAdmin admin, Json<SupportPolicyChange> input, Time time, AuditTrail trail
) {
    return change_policy(db, *admin, *input, time.clock, trail);
}

awaitable<Page<SupportSession>> list_org_support_sessions(
    TenantDb db, OrgAdmin, Query<SessionQuery> query, Time time
) {
    return list_own(db, *query, time.clock->now());
}

awaitable<Answer> approve_org_support_session(
    TenantDb db, OrgAdmin actor, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    return decide_own(db, {*id, Step::approve, actor->person, actor->role}, time.clock, trail);
}

awaitable<Answer> deny_org_support_session(
    TenantDb db, OrgAdmin actor, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    return decide_own(db, {*id, Step::deny, actor->person, actor->role}, time.clock, trail);
}

awaitable<NoContent> end_org_support_session(
    TenantDb db, OrgAdmin actor, Path<"id", Uuid> id, Time time, AuditTrail trail
) {
    co_await end_own(db, {*id, Step::end, actor->person, actor->role}, time.clock, trail);
    co_return NoContent{};
}

void add_staff_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/support/lookup", lookup_orgs, deny, Audits<"org.looked_up">>(
        "Find an organization by name, slug or id"
    );
    router
        .post<
            "/api/v1/support/impersonate/{id}",
            start_support_session,
            deny,
            Audits<"impersonation_session.started">>(
            "Start a support session in the organization {id}, or ask for one"
        )
        .auditing_attempts()
        .also_answers(404)
        .also_answers(409);
    router
        .del<
            "/api/v1/support/impersonate/{id}",
            end_support_session,
            read_only,
            Audits<"impersonation_session.ended">>("End the support session {id}; ending it again is no error"
        )
        .auditing_attempts();
    router
        .get<"/api/v1/support/sessions", list_support_sessions, deny, Audits<"impersonation_session.listed">>(
            "List support sessions, newest first: one's own, for platform administrators all"
        );
    router
        .post<
            "/api/v1/support/sessions/{id}/approve",
            approve_support_session,
            deny,
            Audits<"impersonation_session.approved">>("Let another person's session with write access begin")
        .auditing_attempts()
        .also_answers(409);
    router
        .post<
            "/api/v1/support/sessions/{id}/deny",
            deny_support_session,
            deny,
            Audits<"impersonation_session.denied">>("Refuse another person's session with write access")
        .auditing_attempts()
        .also_answers(409);
    router.get<"/api/v1/admin/support-signals", list_support_signals, deny, Audits<"support_signal.listed">>(
        "What should not go unseen of support sessions, by agent"
    );
}

void add_org_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/org/support-policy", get_support_policy, deny>(
        "What your organization allows platform staff"
    );
    router.put<"/api/v1/org/support-policy", set_support_policy, deny, Audits<"support_policy.changed">>(
        "Change what your organization allows platform staff"
    );
    router.get<"/api/v1/org/support-sessions", list_org_support_sessions, deny>(
        "Who of the platform is or was in your organization, newest first"
    );
    router
        .post<
            "/api/v1/org/support-sessions/{id}/approve",
            approve_org_support_session,
            deny,
            Audits<"impersonation_session.approved">>("Let a support session begin")
        .auditing_attempts()
        .also_answers(409);
    router
        .post<
            "/api/v1/org/support-sessions/{id}/deny",
            deny_org_support_session,
            deny,
            Audits<"impersonation_session.denied">>("Refuse a support session")
        .auditing_attempts()
        .also_answers(409);
    router
        .del<
            "/api/v1/org/support-sessions/{id}",
            end_org_support_session,
            deny,
            Audits<"impersonation_session.ended">>(
            "End a support session at once; ending it again is no error"
        )
        .auditing_attempts();
}

}  // namespace

void add_routes(web::Router& router) {
    add_staff_routes(router);
    add_org_routes(router);
}

}  // namespace pz::product::support
