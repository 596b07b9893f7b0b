#include "members/routes.hpp"

#include "extract.hpp"
#include "members/repository.hpp"
#include "members/service.hpp"

#include <pz/web/router.hpp>

namespace pz::identity::members {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::PeopleDb;
using web::IfMatch, web::Json, web::Page, web::Path, web::Query, web::Removed, web::Updated;

/// Of their own tenant; platform_admin's own tenant is the public one, with the platform's staff.
using Administrator = web::Require<Role::admin, Role::platform_admin>;

awaitable<Page<Person>> list_people(PeopleDb db, Administrator, Query<PersonQuery> query) {
    return list(db, *query);
}

awaitable<std::optional<Person>> get_person(PeopleDb db, Administrator, Path<"id", Uuid> id) {
    return find(db, *id);
}

awaitable<Updated<Person>> update_person(
    PeopleDb db,
    Administrator actor,
    Path<"id", Uuid> id,
    IfMatch match,
    Json<PersonUpdate> input,
    Issuer issuer
) {
    return change(db, *actor, *id, std::move(match), std::move(*input), issuer.clock->now());
}

awaitable<Removed<Person>> remove_person(
    PeopleDb db, Administrator actor, Path<"id", Uuid> id, std::optional<IfMatch> match, Issuer issuer
) {
    return remove_from_tenant(db, *actor, *id, std::move(match), issuer.clock->now());
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/people", list_people, deny>("List the people of the organization");
    router.get<"/api/v1/people/{id}", get_person, deny>("Get a person of the organization");
    router
        .patch<"/api/v1/people/{id}", update_person, deny, web::Audits<"person.updated">>(
            "Change a person's role, disable or enable them"
        )
        .also_answers(409);
    router
        .del<"/api/v1/people/{id}", remove_person, deny, web::Audits<"person.removed">>(
            "Take a person out of the organization"
        )
        .also_answers(409);
}

}  // namespace pz::identity::members
