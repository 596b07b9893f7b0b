#include "items/routes.hpp"

#include "items/repository.hpp"
#include "items/types.hpp"

#include <pz/web/cursor.hpp>
#include <pz/web/router.hpp>

namespace pz::product::items {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Created, web::IfMatch, web::Json, web::Member, web::NoContent, web::Page, web::Path, web::Query,
    web::Require;

awaitable<Page<Item>> list_items(TenantDb db, Member, Query<ItemQuery> query) {
    std::vector<Item> rows = co_await list(db, *query);
    co_return web::page_of(std::move(rows), query->limit);
}

awaitable<Item> get_item(TenantDb db, Member, Path<"id", Uuid> id) {
    std::optional<Item> item = co_await find(db, *id);
    if (!item) {
        throw core::not_found("item");  // another tenant's id looks the same
    }
    co_return std::move(*item);
}

awaitable<Created<Item>> create_item(
    TenantDb db, Member user, Json<ItemCreate> input, const core::Clock* clock
) {
    Item item = co_await insert(db, Uuid::v7(*clock), user->person, std::move(*input));
    co_return Created{std::move(item)};
}

awaitable<Item> update_item(TenantDb db, Member, Path<"id", Uuid> id, IfMatch match, Json<ItemUpdate> input) {
    std::optional<ItemUpdated> item = co_await update(db, *id, match.version, std::move(*input));
    if (!item) {
        throw core::not_found("item");
    }
    if (!item->changed) {
        throw core::version_conflict("item");
    }
    co_return static_cast<Item&&>(*item);
}

awaitable<NoContent> delete_item(
    TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match
) {
    std::optional<std::int32_t> version;
    if (match) {
        version = match->version;
    }
    const std::optional<bool> removed = co_await remove(db, *id, version);
    if (!removed) {
        throw core::not_found("item");
    }
    if (!*removed) {
        throw core::version_conflict("item");
    }
    co_return NoContent{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/items", list_items, read_only>("List items, newest first");
    router.post<"/api/v1/items", create_item, read_write>("Create an item");
    router.get<"/api/v1/items/{id}", get_item, read_only>("Get an item");
    router.patch<"/api/v1/items/{id}", update_item, read_write>("Change an item");
    router.del<"/api/v1/items/{id}", delete_item, deny>("Delete an item");
}

}  // namespace pz::product::items
