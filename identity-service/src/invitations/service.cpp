#include "invitations/service.hpp"

#include "invitations/repository.hpp"
#include "mail/message.hpp"
#include "mail/token_hash.hpp"
#include "members/types.hpp"
#include "passwords/policy.hpp"
#include "passwords/throttle.hpp"

#include <pz/core/error.hpp>

#include <spdlog/spdlog.h>

#include <array>

namespace pz::identity::invitations {

namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

core::ApiError invalid_link() {
    return core::ApiError(
        400, core::ErrorCode::invalid_link, "the link is not good any more; ask for a new one"
    );
}

core::ApiError wrong_password() {
    return core::ApiError(
        403,
        core::ErrorCode::wrong_password,
        "there is an account with this address already: the password has to be its own"
    );
}

void require_letters_left(const Obstacles& obstacles, core::Timestamp now) {
    if (obstacles.letters >= letters_per_hour) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(obstacles.oldest_letter.value() + 1h - now);
        throw core::too_many_requests(static_cast<unsigned>(std::max(wait, 1s).count()));
    }
}

void log_event(std::string_view event, core::Uuid invitation, const auth::Principal& actor) {
    spdlog::info(
        "event={} invitation={} tenant={} actor={}",
        event,
        invitation.to_string(),
        actor.tenant.to_string(),
        actor.person.to_string()
    );
}

/// The account of a right password; throws 403, and 429 when too many were wrong.
awaitable<core::Uuid> prove_account(
    IdentityDb db, Hash link, OpenInvitation invitation, core::SecretString password, Issuer issuer
) {
    const passwords::BucketKey bucket = issuer.shared->buckets.person(invitation.person.value());
    co_await passwords::admit(db, {.subject = bucket}, issuer.clock->now());
    crypto::PasswordHasher& hasher = *issuer.shared->hasher;
    const bool right =
        co_await hasher.verify(invitation.password_hash.value_or(hasher.dummy_hash()), std::move(password));
    if (!right || !invitation.password_hash || !invitation.person_is_active) {
        co_await count_failure(db, std::move(link));
        spdlog::info("event=invitation.refused person={}", invitation.person->to_string());
        throw wrong_password();
    }
    co_await passwords::forgive(db, bucket);
    co_return *invitation.person;
}

}  // namespace

awaitable<Invitation> invite(
    tenancy::PeopleDb db, auth::Principal actor, InvitationCreate values, Issuer issuer
) {
    if (!members::may_grant(actor.role, values.role)) {
        throw core::forbidden("your role cannot give this one");
    }
    if (!mail::is_address(values.email)) {
        throw core::invalid("body.email", "must be an e-mail address", "wrong_format");
    }
    const core::Timestamp now = issuer.clock->now();
    const Obstacles obstacles = co_await find_obstacles(db, values.email, now - 1h);
    if (obstacles.is_member) {
        throw core::conflict("this person belongs to the organization already");
    }
    require_letters_left(obstacles, now);
    const core::Uuid id = core::Uuid::v7(*issuer.clock);
    const core::Uuid letter = core::Uuid::v7(*issuer.clock);
    Invitation invitation = co_await insert(db, id, std::move(values), actor.person, letter, now);
    log_event("invitation.sent", id, actor);
    co_return invitation;
}

awaitable<void> invite_again(tenancy::PeopleDb db, auth::Principal actor, core::Uuid id, Issuer issuer) {
    const core::Timestamp now = issuer.clock->now();
    const Obstacles obstacles = co_await find_obstacles(db, {}, now - 1h);
    require_letters_left(obstacles, now);
    const bool sent = co_await send_again(db, id, core::Uuid::v7(*issuer.clock), now);
    if (!sent) {
        throw core::not_found("invitation");
    }
    log_event("invitation.sent", id, actor);
}

awaitable<void> take_back(tenancy::PeopleDb db, auth::Principal actor, core::Uuid id, Issuer issuer) {
    const bool withdrawn = co_await withdraw(db, id, issuer.clock->now());
    if (!withdrawn) {
        throw core::not_found("invitation");
    }
    log_event("invitation.withdrawn", id, actor);
}

namespace {

IdentityDb accepting(const IdentityDb& db, const OpenInvitation& invitation, const core::Uuid& person) {
    return db.recording(
        {.action = "invitation.accepted",
         .tenant = invitation.tenant,
         .person = person,
         .target = audit::Target{"person", person.to_string()}}
    );
}

}  // namespace

awaitable<void> accept(IdentityDb db, InvitationAcceptance values, Issuer issuer) {
    const Hash link = mail::hash_of_token(values.token);
    core::SecretString password{std::move(values.password)};
    const std::optional<OpenInvitation> invitation = co_await find_open(db, link, issuer.clock->now());
    if (!invitation) {
        throw invalid_link();
    }
    core::Uuid person;
    bool joined = false;
    if (invitation->person) {
        person = co_await prove_account(db, link, *invitation, std::move(password), issuer);
        joined = co_await join(accepting(db, *invitation, person), link, person, issuer.clock->now());
    } else {
        const std::array words{invitation->organization, invitation->slug};
        passwords::require_strong(password, invitation->email, words, "body.password");
        std::string hash = co_await issuer.shared->hasher->hash(std::move(password));
        person = core::Uuid::v7(*issuer.clock);
        joined = co_await join_as_new(
            accepting(db, *invitation, person),
            link,
            person,
            std::move(values.name),
            std::move(hash),
            issuer.clock->now()
        );
    }
    if (!joined) {
        throw invalid_link();
    }
    spdlog::info("event=invitation.accepted person={}", person.to_string());
}

awaitable<void> renew_link(IdentityDb db, InvitationRenewal values, Issuer issuer) {
    co_await renew(db, mail::hash_of_token(values.token), core::Uuid::v7(*issuer.clock), issuer.clock->now());
}

}  // namespace pz::identity::invitations
