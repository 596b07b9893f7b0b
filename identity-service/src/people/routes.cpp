#include "people/routes.hpp"

#include "extract.hpp"
#include "people/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/web/router.hpp>

namespace pz::identity::people {

/// What a person may change about themselves; it holds in every organization.
struct MeUpdate {
    core::Change<std::string> name;
};
PZ_DESCRIBE(MeUpdate, (name, length(1, 200)))

struct MeTenant {
    core::Uuid id;
    std::string name;
    std::string slug;
    std::string plan;
    TenantState state{};
};
PZ_DESCRIBE(MeTenant, id, name, slug, plan, state)

/// Who the token speaks for, and where else they could be.
struct Me {
    MePerson person;
    MeTenant tenant;
    auth::Role role{};
    std::vector<Membership> memberships;
};
PZ_DESCRIBE(Me, person, tenant, role, memberships)

namespace {

using boost::asio::awaitable;

awaitable<Me> get_me(IdentityDb db, web::CurrentUser user) {
    std::optional<Profile> profile = co_await find_profile(db, user->person, user->tenant, user->session);
    // The same checks that platform.require_live makes for the business API.
    if (profile && !may_sign_in(profile->tenant_state, profile->role)) {
        throw core::forbidden("the organization is not active", core::ErrorCode::tenant_suspended);
    }
    if (!profile || !profile->session_live || profile->person_state != PersonState::active ||
        profile->person_epoch != user->person_epoch || profile->tenant_epoch != user->tenant_epoch) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    std::vector<Membership> memberships = co_await list_memberships(db, user->person);
    co_return Me{
        .person =
            {profile->person, std::move(profile->email), std::move(profile->name), profile->person_version},
        .tenant =
            {profile->tenant,
             std::move(profile->tenant_name),
             std::move(profile->tenant_slug),
             std::move(profile->tenant_plan),
             profile->tenant_state},
        .role = profile->role,
        .memberships = std::move(memberships),
    };
}

awaitable<MePerson> update_me(
    tenancy::PeopleDb db, web::CurrentUser user, web::IfMatch match, web::Json<MeUpdate> input, Issuer issuer
) {
    std::optional<MePerson> person = co_await update_person(
        db, user->person, match.versions_text(), std::move(*input).name, issuer.clock->now()
    );
    if (!person) {
        throw core::version_conflict("profile");  // who is signed in is there
    }
    co_return *std::move(person);
}

}  // namespace

void add_routes(web::Router& router) {
    router.get<"/me", get_me, web::Impersonation::deny>("Who this token speaks for");
    router.patch<"/me", update_me, web::Impersonation::deny, web::Audits<"person.renamed">>("Change my name");
}

}  // namespace pz::identity::people
