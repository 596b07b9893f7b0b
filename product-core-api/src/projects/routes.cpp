#include "projects/routes.hpp"

#include "projects/table.hpp"

#include <pz/web/router.hpp>

namespace pz::product::projects {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Audits, web::Created, web::IfMatch, web::Json, web::Member, web::NewId, web::Page, web::Path,
    web::Query, web::Removed, web::Require, web::Updated;

awaitable<Page<Project>> list_projects(TenantDb db, Member, Query<ProjectQuery> query) {
    return Projects::list(db, *query);
}

awaitable<std::optional<Project>> get_project(TenantDb db, Member, Path<"id", Uuid> id) {
    return Projects::find(db, *id);
}

awaitable<Created<Project>> create_project(TenantDb db, Member, Json<ProjectCreate> input, NewId id) {
    return Projects::insert(db, *id, std::move(*input));
}

awaitable<Updated<Project>> update_project(
    TenantDb db, Member, Path<"id", Uuid> id, IfMatch match, Json<ProjectUpdate> input
) {
    return Projects::update(db, *id, match, std::move(*input));
}

awaitable<Removed<Project>> delete_project(
    TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match
) {
    return Projects::remove(db, *id, match);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/projects", list_projects, read_only>("List projects");
    router.post<"/api/v1/projects", create_project, read_write, Audits<"project.created">>("Create a project"
    );
    router.get<"/api/v1/projects/{id}", get_project, read_only>("Get a project");
    router
        .patch<"/api/v1/projects/{id}", update_project, read_write, Audits<"project.updated">>(
            "Change a project"
        )
        .also_answers(409);
    router.del<"/api/v1/projects/{id}", delete_project, deny, Audits<"project.deleted">>(
        "Delete a project and its items"
    );
}

}  // namespace pz::product::projects
