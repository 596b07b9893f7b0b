#include "@plural@/routes.hpp"

#include "@plural@/table.hpp"

#include <pz/web/router.hpp>

namespace pz::product::@plural@ {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::TenantDb;
using web::Audits, web::Created, web::IfMatch, web::Json, web::Member, web::NewId, web::Page, web::PageQuery, web::Path,
    web::Query, web::Removed, web::Require, web::Updated;

awaitable<Page<@Singular@>> list_@plural@(TenantDb db, Member, Query<PageQuery> query) {
    return @Plural@::list(db, *query);
}

awaitable<std::optional<@Singular@>> get_@singular@(TenantDb db, Member, Path<"id", Uuid> id) {
    return @Plural@::find(db, *id);
}

awaitable<Created<@Singular@>> create_@singular@(TenantDb db, Member, Json<@Singular@Create> input, NewId id) {
    return @Plural@::insert(db, *id, std::move(*input));
}

awaitable<Updated<@Singular@>> update_@singular@(TenantDb db, Member, Path<"id", Uuid> id, IfMatch match, Json<@Singular@Update> input) {
    return @Plural@::update(db, *id, match, std::move(*input));
}

awaitable<Removed<@Singular@>> delete_@singular@(TenantDb db, Require<Role::admin>, Path<"id", Uuid> id, std::optional<IfMatch> match) {
    return @Plural@::remove(db, *id, match);
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/@kebabs@", list_@plural@, read_only>("List @words@, newest first");
    router.post<"/api/v1/@kebabs@", create_@singular@, read_write, Audits<"@singular@.created">>("Create @a_word@");
    router.get<"/api/v1/@kebabs@/{id}", get_@singular@, read_only>("Get @a_word@");
    router.patch<"/api/v1/@kebabs@/{id}", update_@singular@, read_write, Audits<"@singular@.updated">>("Change @a_word@");
    router.del<"/api/v1/@kebabs@/{id}", delete_@singular@, deny, Audits<"@singular@.deleted">>("Delete @a_word@");
}

}  // namespace pz::product::@plural@
