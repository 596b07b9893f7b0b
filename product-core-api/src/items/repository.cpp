#include "items/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/web/cursor.hpp>

#include <array>

namespace pz::product::items {

namespace {

// $1 is always the tenant, bound by TenantDb; the policy proves it.

constexpr pg::Query list_items{"items.list", R"sql(
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version
      FROM app.item
     WHERE tenant_id = $1 AND (created_at, id) < ($2, $3)
     ORDER BY created_at DESC, id DESC
     LIMIT $4)sql"};

constexpr pg::Query list_items_filtered{"items.list_filtered", R"sql(
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version
      FROM app.item
     WHERE tenant_id = $1 AND (created_at, id) < ($2, $3)
       AND ($5::text IS NULL OR title_folded ^@ lower($5))
       AND ($6::text IS NULL OR status = $6)
       AND ($7::uuid IS NULL OR project_id = $7)
     ORDER BY created_at DESC, id DESC
     LIMIT $4)sql"};

constexpr pg::Query find_item{"items.find", R"sql(
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version
      FROM app.item
     WHERE tenant_id = $1 AND id = $2)sql"};

constexpr pg::Query insert_item{"items.insert", R"sql(
    INSERT INTO app.item (tenant_id, id, title, description, project_id, created_by)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id, project_id, title, description, status, created_by, created_at, updated_at, version)sql"};

// One statement tells "changed", "has another version" and "is not there" apart, so that a conditional update
// is one round trip. The second half reads the row as it was when the statement began.
constexpr pg::Query update_item{"items.update", R"sql(
    WITH changed AS (
      UPDATE app.item
         SET title = CASE WHEN $4 THEN $5 ELSE title END,
             description = CASE WHEN $6 THEN $7 ELSE description END,
             project_id = CASE WHEN $8 THEN $9 ELSE project_id END,
             status = CASE WHEN $10 THEN $11 ELSE status END,
             version = version + 1,
             updated_at = now()
       WHERE tenant_id = $1 AND id = $2 AND version = $3
      RETURNING id, project_id, title, description, status, created_by, created_at, updated_at, version)
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version, true
      FROM changed
    UNION ALL
    SELECT id, project_id, title, description, status, created_by, created_at, updated_at, version, false
      FROM app.item
     WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM changed))sql"};

constexpr pg::Query delete_item{"items.delete", R"sql(
    WITH removed AS (
      DELETE FROM app.item
       WHERE tenant_id = $1 AND id = $2 AND ($3::integer IS NULL OR version = $3)
      RETURNING id)
    SELECT true FROM removed
    UNION ALL
    SELECT false FROM app.item
     WHERE tenant_id = $1 AND id = $2 AND NOT EXISTS (SELECT FROM removed))sql"};

/// A project of another tenant looks like one that does not exist.
[[noreturn]] void translate(const pg::Error& error) {
    error.on_constraint(
        "item_project_fkey", core::invalid("body.project_id", "there is no such project", "not_found")
    );
    throw error;
}

}  // namespace

boost::asio::awaitable<std::vector<Item>> list(tenancy::TenantDb db, ItemQuery query) {
    const web::Cursor after = web::Cursor::parse(query.cursor);
    if (!query.q && !query.status && !query.project_id) {
        co_return co_await db.finish<Item>(list_items, after.created_at, after.id, query.limit + 1);
    }
    co_return co_await db.finish<Item>(
        list_items_filtered,
        after.created_at,
        after.id,
        query.limit + 1,
        query.q,
        query.status,
        query.project_id
    );
}

boost::asio::awaitable<std::optional<Item>> find(tenancy::TenantDb db, core::Uuid id) {
    co_return co_await db.finish_optional<Item>(find_item, id);
}

boost::asio::awaitable<Item> insert(
    tenancy::TenantDb db, core::Uuid id, core::Uuid created_by, ItemCreate values
) {
    try {
        std::vector<Item> rows = co_await db.finish<Item>(
            insert_item, id, values.title, values.description, values.project_id, created_by
        );
        co_return std::move(rows.at(0));
    } catch (const pg::Error& error) {
        translate(error);
    }
}

boost::asio::awaitable<std::optional<ItemUpdated>> update(
    tenancy::TenantDb db, core::Uuid id, std::int32_t version, ItemUpdate values
) {
    try {
        co_return co_await db.finish_optional<ItemUpdated>(
            update_item,
            id,
            version,
            values.title.present,
            values.title.value,
            values.description.present,
            values.description.value,
            values.project_id.present,
            values.project_id.value,
            values.status.present,
            values.status.value
        );
    } catch (const pg::Error& error) {
        translate(error);
    }
}

boost::asio::awaitable<std::optional<bool>> remove(
    tenancy::TenantDb db, core::Uuid id, std::optional<std::int32_t> version
) {
    co_return co_await db.finish_optional<bool>(delete_item, id, version);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_items, list_items_filtered, find_item, insert_item, update_item, delete_item
    };
    return all;
}

}  // namespace pz::product::items
