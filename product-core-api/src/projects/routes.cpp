#include "projects/routes.hpp"

#include "projects/repository.hpp"
#include "projects/types.hpp"

#include <pz/web/cursor.hpp>
#include <pz/web/router.hpp>

namespace pz::product::projects {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Created, web::IfMatch, web::Json, web::Member, web::NoContent, web::Page, web::Path, web::Query,
    web::Require;

awaitable<Page<Project>> list_projects(TenantDb db, Member, Query<ProjectQuery> query) {
    std::vector<Project> rows = co_await list(db, *query);
    co_return web::page_of(std::move(rows), query->limit);
}

awaitable<Project> get_project(TenantDb db, Member, Path<"id", Uuid> id) {
    std::optional<Project> project = co_await find(db, *id);
    if (!project) {
        throw core::not_found("project");
    }
    co_return std::move(*project);
}

awaitable<Created<Project>> create_project(
    TenantDb db, Member, Json<ProjectCreate> input, const core::Clock* clock
) {
    Project project = co_await insert(db, Uuid::v7(*clock), std::move(*input));
    co_return Created{std::move(project)};
}

awaitable<Project> update_project(
    TenantDb db, Member, Path<"id", Uuid> id, IfMatch match, Json<ProjectUpdate> input
) {
    std::optional<ProjectUpdated> project = co_await update(db, *id, match.version, std::move(*input));
    if (!project) {
        throw core::not_found("project");
    }
    if (!project->changed) {
        throw core::version_conflict("project");
    }
    co_return static_cast<Project&&>(*project);
}

awaitable<NoContent> delete_project(
    TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match
) {
    std::optional<std::int32_t> version;
    if (match) {
        version = match->version;
    }
    const std::optional<bool> removed = co_await remove(db, *id, version);
    if (!removed) {
        throw core::not_found("project");
    }
    if (!*removed) {
        throw core::version_conflict("project");
    }
    co_return NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/projects", list_projects, read_only>("List projects, newest first");
    router.post<"/api/v1/projects", create_project, read_write>("Create a project");
    router.get<"/api/v1/projects/{id}", get_project, read_only>("Get a project");
    router.patch<"/api/v1/projects/{id}", update_project, read_write>("Change a project");
    router.del<"/api/v1/projects/{id}", delete_project, deny>("Delete a project and its items");
}

}  // namespace pz::product::projects
