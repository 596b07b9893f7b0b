#include "projects/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/web/cursor.hpp>

#include <array>

namespace pz::product::projects {

namespace {

// $1 is always the tenant, bound by TenantDb; the policy proves it.

constexpr pg::Query list_projects{"projects.list", R"sql(
    SELECT id, name, description, created_at, updated_at, version
      FROM app.project
     WHERE tenant_id = $1 AND (created_at, id) < ($2, $3)
     ORDER BY created_at DESC, id DESC
     LIMIT $4)sql"};

constexpr pg::Query find_project{"projects.find", R"sql(
    SELECT id, name, description, created_at, updated_at, version
      FROM app.project
     WHERE tenant_id = $1 AND id = $2)sql"};

constexpr pg::Query insert_project{"projects.insert", R"sql(
    INSERT INTO app.project (tenant_id, id, name, description)
    VALUES ($1, $2, $3, $4)
    RETURNING id, name, description, created_at, updated_at, version)sql"};

constexpr pg::Query update_project{"projects.update", R"sql(
    WITH changed AS (
      UPDATE app.project
         SET name = CASE WHEN $4 THEN $5 ELSE name END,
             description = CASE WHEN $6 THEN $7 ELSE description END,
             version = version + 1,
             updated_at = now()
       WHERE tenant_id = $1 AND id = $2 AND version = $3
      RETURNING id, name, description, created_at, updated_at, version)
    SELECT id, name, description, created_at, updated_at, version, true
      FROM changed
    UNION ALL
    SELECT id, name, description, created_at, updated_at, version, false
      FROM app.project
     WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM changed))sql"};

constexpr pg::Query delete_project{"projects.delete", R"sql(
    WITH removed AS (
      DELETE FROM app.project
       WHERE tenant_id = $1 AND id = $2 AND ($3::integer IS NULL OR version = $3)
      RETURNING id)
    SELECT true FROM removed
    UNION ALL
    SELECT false FROM app.project
     WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM removed))sql"};

[[noreturn]] void translate(const pg::Error& error) {
    error.on_constraint("project_name_key", core::conflict("a project with this name exists"));
    throw error;
}

}  // namespace

boost::asio::awaitable<std::vector<Project>> list(tenancy::TenantDb db, ProjectQuery query) {
    const web::Cursor after = web::Cursor::parse(query.cursor);
    co_return co_await db.finish<Project>(list_projects, after.created_at, after.id, query.limit + 1);
}

boost::asio::awaitable<std::optional<Project>> find(tenancy::TenantDb db, core::Uuid id) {
    co_return co_await db.finish_optional<Project>(find_project, id);
}

boost::asio::awaitable<Project> insert(tenancy::TenantDb db, core::Uuid id, ProjectCreate values) {
    try {
        std::vector<Project> rows =
            co_await db.finish<Project>(insert_project, id, values.name, values.description);
        co_return std::move(rows.at(0));
    } catch (const pg::Error& error) {
        translate(error);
    }
}

boost::asio::awaitable<std::optional<ProjectUpdated>> update(
    tenancy::TenantDb db, core::Uuid id, std::int32_t version, ProjectUpdate values
) {
    try {
        co_return co_await db.finish_optional<ProjectUpdated>(
            update_project,
            id,
            version,
            values.name.present,
            values.name.value,
            values.description.present,
            values.description.value
        );
    } catch (const pg::Error& error) {
        translate(error);
    }
}

boost::asio::awaitable<std::optional<bool>> remove(
    tenancy::TenantDb db, core::Uuid id, std::optional<std::int32_t> version
) {
    co_return co_await db.finish_optional<bool>(delete_project, id, version);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_projects, find_project, insert_project, update_project, delete_project
    };
    return all;
}

}  // namespace pz::product::projects
