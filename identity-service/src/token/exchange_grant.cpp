#include "token/exchange_grant.hpp"

#include "clients/authentication.hpp"
#include "impersonation/repository.hpp"
#include "token/oauth_error.hpp"
#include "token/own_token.hpp"

#include <pz/auth/claims.hpp>
#include <pz/auth/support_principal.hpp>
#include <pz/crypto/jws.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::token {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds longest_life{10min};

/// RFC 8693 section 2.2.2 has one word for every token that is not accepted.
OAuthError unacceptable(const std::string& description) {
    return OAuthError("invalid_request", description);
}

/// The agent's own token: the console's, theirs, and not made by an exchange itself.
OwnToken require_actor(const GrantRequest& request, core::Timestamp now) {
    const Shared& shared = *request.issuer.shared;
    if (request.form.find("actor_token_type") != access_token_urn) {
        throw unacceptable("actor_token_type must be " + std::string{access_token_urn});
    }
    std::optional<OwnToken> actor =
        read_own_token(shared, request.form.find("actor_token").value_or(""), now);
    if (!actor || actor->claims.client_id != clients::first_party ||
        std::ranges::find(actor->claims.audience, shared.audience) == actor->claims.audience.end()) {
        throw unacceptable("actor_token is not an access token of the console");
    }
    if (actor->claims.actor || actor->claims.impersonation) {
        throw unacceptable("actor_token is an impersonation's own: there is no nesting");
    }
    if (!auth::is_platform_role(actor->claims.role)) {
        throw unacceptable("actor_token is not of platform staff");
    }
    return std::move(*actor);
}

core::Uuid require_subject(const OAuthForm& form) {
    if (form.find("subject_token_type") != impersonation_session_type) {
        throw unacceptable("subject_token_type must be " + std::string{impersonation_session_type});
    }
    const auto id = core::Uuid::parse(form.find("subject_token").value_or(""));
    if (!id) {
        throw unacceptable("subject_token is not the identifier of an impersonation session");
    }
    return *id;
}

void refuse_other_wishes(const OAuthForm& form, const Shared& shared) {
    if (form.find("requested_token_type").value_or(std::string{access_token_urn}) != access_token_urn) {
        throw unacceptable("requested_token_type can be " + std::string{access_token_urn} + " only");
    }
    if (form.find("resource") || form.find("audience").value_or(shared.audience) != shared.audience) {
        throw OAuthError("invalid_target", "the token is for " + shared.audience + " and nothing else");
    }
    if (form.find("scope").value_or("api") != "api") {
        throw OAuthError("invalid_scope", "the scope is api");
    }
}

/// The claims of somebody who acts as somebody else: `sub` is the tenant's, everything that is checked for
/// liveness (sid, pv) the agent's.
auth::AccessClaims claims_of(
    const Issuer& issuer,
    const impersonation::ActiveSession& session,
    const auth::AccessClaims& actor,
    core::Timestamp issued
) {
    auth::AccessClaims claims = actor;
    claims.audience = {issuer.shared->audience};
    claims.person = session.person.value_or(auth::support_principal(session.tenant));
    claims.token_id = core::Uuid::v7(*issuer.clock);
    claims.issued_at = issued;
    claims.not_before = issued;
    claims.expires_at = std::min(
        issued + longest_life, core::Timestamp{std::chrono::floor<std::chrono::seconds>(session.expires_at)}
    );
    claims.tenant = session.tenant;
    claims.role = auth::Role::standard;
    claims.tenant_epoch = session.tenant_epoch;
    claims.scope = "api";
    claims.impersonation = auth::Impersonation{session.id, session.mode, session.approved_by};
    claims.actor = auth::Actor{actor.person, actor.role};
    return claims;
}

}  // namespace

boost::asio::awaitable<Tokens> exchange_grant(GrantRequest request) {
    const IdentityDb db = request.db;
    const Issuer issuer = request.issuer;
    const clients::Caller caller = co_await clients::authenticate(db, issuer, request.client, request.form);
    if (caller.registered) {
        throw OAuthError("unauthorized_client", "impersonation is the console's alone");
    }
    const core::Timestamp now = issuer.clock->now();
    const OwnToken actor = require_actor(request, now);
    const core::Uuid subject = require_subject(request.form);
    refuse_other_wishes(request.form, *issuer.shared);
    const std::optional<impersonation::ActiveSession> session = co_await impersonation::find_active(
        db,
        subject,
        {.person = actor.claims.person,
         .role = actor.claims.role,
         .person_epoch = actor.claims.person_epoch,
         .session = actor.claims.session},
        now
    );
    const core::Timestamp issued = std::chrono::floor<std::chrono::seconds>(now);
    if (!session || !impersonation::may_use(*session, actor.claims.role) ||
        session->expires_at <= issued + 1s) {
        spdlog::info(
            "event=impersonation.token_refused person={} session={}",
            actor.claims.person.to_string(),
            subject.to_string()
        );
        co_await request.db.record(
            {.action = "impersonation.token_refused",
             .person = actor.claims.person,
             .role = std::string{core::enum_text(actor.claims.role)},
             .target = audit::Target{"impersonation_session", subject.to_string()}},
            audit::Outcome::refused
        );
        // One answer: another agent's session looks like one that there is not.
        throw unacceptable("subject_token is no active impersonation session of this agent");
    }
    const auth::AccessClaims claims = claims_of(issuer, *session, actor.claims, issued);
    spdlog::info(
        "event=impersonation.token person={} tenant={} session={} mode={}",
        actor.claims.person.to_string(),
        session->tenant.to_string(),
        session->id.to_string(),
        core::enum_text(session->mode)
    );
    co_await request.db.record(
        {.action = "impersonation.token_issued",
         .tenant = session->tenant,
         .person = actor.claims.person,
         .role = std::string{core::enum_text(actor.claims.role)},
         .target = audit::Target{"impersonation_session", session->id.to_string()}},
        audit::Outcome::success
    );
    co_return Tokens{
        .access_token = crypto::sign_compact(
            auth::access_token_type, auth::to_payload(claims), issuer.shared->keys->current()->active
        ),
        .access_lifetime = std::chrono::duration_cast<std::chrono::seconds>(claims.expires_at - issued),
        .scope = claims.scope,
        .client_id = claims.client_id,
        .issued_token_type = std::string{access_token_urn},
    };
}

}  // namespace pz::identity::token
