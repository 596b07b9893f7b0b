#include "keys/routes.hpp"

#include "extract.hpp"
#include "keys/types.hpp"
#include "members/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/web/jwk_set.hpp>
#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::keys {

namespace {

using auth::Role;
using boost::asio::awaitable;
using tenancy::PeopleDb;
using web::Audits, web::AuditTrail, web::Json, web::Path, web::Require;

using Staff = Require<Role::platform_admin>;

constexpr std::size_t shown_ended_keys = 20;

awaitable<web::JwkSet> get_jwks(web::Public, Issuer issuer) {
    const std::shared_ptr<const SigningKeys> keys = issuer.shared->keys->current();
    co_return web::JwkSet{keys->jwks, keys->etag};
}

KeyView view_of(const StoredKey& key, const std::vector<StoredKey>& all, const Schedule& schedule) {
    const std::optional<NextState> next = next_state(key, all, schedule);
    return {
        .kid = key.kid,
        .state = key.state,
        .created_at = key.created_at,
        .activated_at = key.activated_at,
        .retiring_at = key.retiring_at,
        .retired_at = key.retired_at,
        .revoked_at = key.revoked_at,
        .known_at = key.created_at + schedule.publish_before,
        .next_state = next ? std::optional{next->state} : std::nullopt,
        .next_state_at = next ? std::optional{next->at} : std::nullopt,
    };
}

KeyRing ring_of(const Issuer& issuer) {
    const Keeper& keeper = *issuer.shared->keys;
    const std::vector<StoredKey>& all = keeper.current()->stored;
    KeyRing ring;
    std::size_t ended = 0;
    for (auto key = all.rbegin(); key != all.rend(); ++key) {
        if (is_published(key->state) || ++ended <= shown_ended_keys) {
            ring.items.push_back(view_of(*key, all, keeper.schedule()));
        }
    }
    return ring;
}

void require_staff(const std::optional<members::Person>& actor) {
    if (!actor || actor->role != Role::platform_admin) {
        throw core::forbidden("your role does not allow this");
    }
}

/// This transaction changes no key: the keeper's own one does. It sees that the actor's session lives, holds
/// the role until the work is done, and carries the request's event.
awaitable<void> hold_role(PeopleDb db, core::Uuid person) {
    const std::optional<members::Person> actor = co_await members::hold(db, person);
    require_staff(actor);
}

audit::Actor actor_of(const auth::Principal& user) {
    return {
        .id = user.person,
        .type = audit::ActorType::person,
        .role = std::string{core::enum_text(user.role)},
        .tenant = user.tenant
    };
}

/// Has the keeper do it; what cannot be done as asked is the client's 409.
awaitable<KeyRing> move_keys(
    Issuer issuer, auth::Principal user, AuditTrail trail, std::string kid, Keeper::Work work
) {
    trail.target("signing_key", kid);
    try {
        const std::vector<KeyMove> moves =
            co_await issuer.shared->keys->perform(actor_of(user), std::move(work));
        if (moves.empty()) {
            throw KeyError("the signing key " + kid + " is revoked already");
        }
    } catch (const KeyError& error) {
        throw core::conflict(error.what());
    }
    spdlog::info("event=keys.moved kid={} person={}", kid, user.person.to_string());
    co_return ring_of(issuer);
}

const StoredKey& require_key(const std::vector<StoredKey>& all, std::string_view kid) {
    const auto found = std::ranges::find(all, kid, &StoredKey::kid);
    if (found == all.end()) {
        throw core::not_found("signing key");
    }
    return *found;
}

awaitable<KeyRing> list_signing_keys(PeopleDb db, Staff user, Issuer issuer) {
    const std::optional<members::Person> actor = co_await members::find(db, user->person);
    require_staff(actor);
    co_return ring_of(issuer);
}

awaitable<KeyRing> rotate_signing_keys(
    PeopleDb db, Staff user, Json<KeyRotation> input, Issuer issuer, AuditTrail trail
) {
    co_await hold_role(db, user->person);
    const core::Timestamp now = issuer.clock->now();
    const Schedule schedule = issuer.shared->keys->schedule();
    co_return co_await move_keys(
        issuer,
        *user,
        trail,
        input->kid,
        [kid = input->kid, early = input->early.value_or(false), now, schedule](KeyStore& store) {
            const StoredKey staged = require_key(store.list(), kid);
            if (!early && !is_known_to_verifiers(staged, schedule, now)) {
                throw KeyError(
                    "verifiers may not have the staged key before " +
                    core::to_string(staged.created_at + schedule.publish_before)
                );
            }
            return store.rotate(kid);
        }
    );
}

awaitable<KeyRing> revoke_signing_key(
    PeopleDb db, Staff user, Path<"kid", std::string> kid, Issuer issuer, AuditTrail trail
) {
    co_await hold_role(db, user->person);
    co_return co_await move_keys(issuer, *user, trail, *kid, [kid = *kid](KeyStore& store) {
        static_cast<void>(require_key(store.list(), kid));
        return store.revoke(kid);
    });
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/.well-known/jwks.json", get_jwks, deny>("The public signing keys");
    router.get<"/api/v1/admin/keys", list_signing_keys, deny>(
        "The signing keys, and what becomes of them by themselves"
    );
    router
        .post<"/api/v1/admin/keys/rotate", rotate_signing_keys, deny, Audits<"signing_key.rotated">>(
            "Make the staged key sign now, and stage another one"
        )
        .also_answers(404)
        .also_answers(409);
    router
        .post<"/api/v1/admin/keys/{kid}/revoke", revoke_signing_key, deny, Audits<"signing_key.revoked">>(
            "End a key for good: every token that it signed is refused from now on"
        )
        .also_answers(409);
}

}  // namespace pz::identity::keys
