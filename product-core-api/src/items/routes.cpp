#include "items/routes.hpp"

#include "items/room.hpp"
#include "items/table.hpp"

#include <pz/web/router.hpp>

namespace pz::product::items {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Audits, web::Created, web::IfMatch, web::Json, web::Member, web::NewId, web::Page, web::Path,
    web::Query, web::Removed, web::Require, web::Updated;

awaitable<Page<Item>> list_items(TenantDb db, Member, Query<ItemQuery> query) {
    return Items::list(db, *query);
}

awaitable<std::optional<Item>> get_item(TenantDb db, Member, Path<"id", Uuid> id) {
    return Items::find(db, *id);
}

awaitable<Created<Item>> create_item(TenantDb db, Member user, Json<ItemCreate> input, NewId id) {
    take_room(db);
    return Items::insert(db, *id, std::move(*input), user->person);
}

awaitable<Updated<Item>> update_item(
    TenantDb db, Member, Path<"id", Uuid> id, IfMatch match, Json<ItemUpdate> input
) {
    return Items::update(db, *id, match, std::move(*input));
}

awaitable<Removed<Item>> delete_item(
    TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match
) {
    return Items::remove(db, *id, match);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/items", list_items, read_only>("List items");
    router.post<"/api/v1/items", create_item, read_write, Audits<"item.created">>("Create an item")
        .also_answers(409);
    router.get<"/api/v1/items/{id}", get_item, read_only>("Get an item");
    router.patch<"/api/v1/items/{id}", update_item, read_write, Audits<"item.updated">>("Change an item");
    router.del<"/api/v1/items/{id}", delete_item, deny, Audits<"item.deleted">>("Delete an item");
}

}  // namespace pz::product::items
