#include "members/service.hpp"

#include "members/repository.hpp"

#include <pz/core/error.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::members {

namespace {

using boost::asio::awaitable;
using core::Uuid;
using tenancy::PeopleDb;

/// What a change is decided on; nothing of it moves until the transaction ends.
struct Situation {
    std::optional<Person> person;
    bool others_hold_the_actors_role = false;
};

awaitable<Situation> hold_situation(PeopleDb db, auth::Principal actor, Uuid person) {
    const std::vector<Uuid> holders = co_await hold_active(db, actor.role);
    if (std::ranges::find(holders, actor.person) == holders.end()) {
        throw core::unauthorized(core::ErrorCode::session_ended, "the session has ended");
    }
    Situation situation;
    situation.person = co_await hold(db, person);
    situation.others_hold_the_actors_role =
        std::ranges::any_of(holders, [&](Uuid holder) { return holder != person; });
    co_return situation;
}

bool matches(const web::IfMatch& match, std::int32_t version) {
    return match.any || std::ranges::find(match.versions, version) != match.versions.end();
}

void require_grant(const auth::Principal& actor, auth::Role role) {
    if (!may_grant(actor.role, role)) {
        throw core::forbidden("your role cannot give or take this one");
    }
}

/// Only who acts with the top role gets here, so "somebody else has the actor's role" is "an admin remains".
void require_admin_remains(const Situation& situation, const auth::Principal& actor) {
    const bool is_admin =
        situation.person->role == actor.role && situation.person->state == MembershipState::active;
    if (is_admin && !situation.others_hold_the_actors_role) {
        throw core::ApiError(
            409, core::ErrorCode::last_admin, "somebody has to remain who can do this: name another one first"
        );
    }
}

void log_change(std::string_view event, Uuid person, const auth::Principal& actor) {
    spdlog::info(
        "event={} person={} tenant={} actor={}",
        event,
        person.to_string(),
        actor.tenant.to_string(),
        actor.person.to_string()
    );
}

}  // namespace

awaitable<web::Updated<Person>> change(
    PeopleDb db,
    auth::Principal actor,
    Uuid person,
    web::IfMatch match,
    PersonUpdate wanted,
    core::Timestamp now
) {
    Situation situation = co_await hold_situation(db, actor, person);
    if (!situation.person) {
        co_return web::Updated<Person>{};
    }
    if (!matches(match, situation.person->version)) {
        co_return web::Updated<Person>{web::WriteOutcome::stale, *situation.person};
    }
    const auth::Role old_role = situation.person->role;
    const MembershipState old_state = situation.person->state;
    const auth::Role role = wanted.role.present ? wanted.role.value : old_role;
    const MembershipState state = wanted.state.present ? wanted.state.value : old_state;
    require_grant(actor, old_role);
    require_grant(actor, role);
    if (role == old_role && state == old_state) {
        co_return web::Updated<Person>{web::WriteOutcome::done, *std::move(situation.person)};
    }
    if (role != actor.role || state != MembershipState::active) {
        require_admin_remains(situation, actor);
        withdraw_invitations_of(db, person, now);
    }
    end_access(db, person, now);
    if (state != old_state) {
        if (state == MembershipState::active) {
            take_seat(db, now);
        }
        set_account_state(db, person, state, now);
    }
    std::optional<Person> changed = co_await update(db, person, role, state, now);
    if (role != old_role) {
        log_change("member.role_changed", person, actor);
    }
    if (state != old_state) {
        log_change(state == MembershipState::active ? "member.enabled" : "member.disabled", person, actor);
    }
    co_return web::Updated<Person>{web::WriteOutcome::done, std::move(changed).value()};
}

awaitable<web::Removed<Person>> remove_from_tenant(
    PeopleDb db, auth::Principal actor, Uuid person, std::optional<web::IfMatch> match, core::Timestamp now
) {
    const Situation situation = co_await hold_situation(db, actor, person);
    if (!situation.person) {
        co_return web::Removed<Person>{};
    }
    if (match && !matches(*match, situation.person->version)) {
        co_return web::Removed<Person>{web::WriteOutcome::stale};
    }
    require_grant(actor, situation.person->role);
    require_admin_remains(situation, actor);
    withdraw_invitations_of(db, person, now);
    end_access(db, person, now);
    co_await remove(db, person);
    log_change("member.removed", person, actor);
    co_return web::Removed<Person>{web::WriteOutcome::done};
}

}  // namespace pz::identity::members
