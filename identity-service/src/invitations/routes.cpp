#include "invitations/routes.hpp"

#include "extract.hpp"
#include "invitations/repository.hpp"
#include "invitations/service.hpp"
#include "mail/requested.hpp"

#include <pz/web/router.hpp>

namespace pz::identity::invitations {

namespace {

using auth::Role;
using boost::asio::awaitable;
using core::Uuid;
using tenancy::PeopleDb;
using web::Created, web::Json, web::NoContent, web::Page, web::Path, web::Public, web::Query;

using Administrator = web::Require<Role::admin, Role::platform_admin>;

constexpr std::size_t small_body = std::size_t{4} * 1024;

awaitable<Page<Invitation>> list_invitations(
    PeopleDb db, Administrator, Query<InvitationQuery> query, Issuer issuer
) {
    return list(db, *query, issuer.clock->now());
}

awaitable<std::optional<Invitation>> get_invitation(
    PeopleDb db, Administrator, Path<"id", Uuid> id, Issuer issuer
) {
    return find(db, *id, issuer.clock->now());
}

awaitable<Created<Invitation>> create_invitation(
    PeopleDb db, Administrator actor, Json<InvitationCreate> input, Issuer issuer
) {
    Invitation invitation = co_await invite(db, *actor, std::move(*input), issuer);
    co_return Created{std::move(invitation)};
}

awaitable<mail::Requested> resend_invitation(
    PeopleDb db, Administrator actor, Path<"id", Uuid> id, Issuer issuer
) {
    co_await invite_again(db, *actor, *id, issuer);
    co_return mail::Requested{};
}

awaitable<NoContent> withdraw_invitation(
    PeopleDb db, Administrator actor, Path<"id", Uuid> id, Issuer issuer
) {
    co_await take_back(db, *actor, *id, issuer);
    co_return NoContent{};
}

awaitable<NoContent> accept_invitation(
    Public, IdentityDb db, Json<InvitationAcceptance, small_body> input, Issuer issuer
) {
    co_await accept(db, std::move(*input), issuer);
    co_return NoContent{};
}

awaitable<mail::Requested> renew_invitation(
    Public, IdentityDb db, Json<InvitationRenewal, small_body> input, Issuer issuer
) {
    co_await renew_link(db, std::move(*input), issuer);
    co_return mail::Requested{};
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/api/v1/invitations", list_invitations, deny>("List the organization's invitations");
    router
        .post<"/api/v1/invitations", create_invitation, deny, web::Audits<"invitation.created">>(
            "Invite somebody by e-mail"
        )
        .also_answers(409);
    router.get<"/api/v1/invitations/{id}", get_invitation, deny>("Get an invitation");
    router
        .post<"/api/v1/invitations/{id}/resend", resend_invitation, deny, web::Audits<"invitation.resent">>(
            "Send an invitation again"
        )
        .also_answers(409);
    router.del<"/api/v1/invitations/{id}", withdraw_invitation, deny, web::Audits<"invitation.withdrawn">>(
        "Withdraw an invitation"
    );
    router
        .post<"/invitations/accept", accept_invitation, deny, web::Records<"invitation.accepted">>(
            "Join with the link of an invitation"
        )
        .also_answers(403)
        .also_answers(409);
    router.post<
        "/invitations/renew",
        renew_invitation,
        deny,
        web::Unaudited<"it sends an invitation's own letter again">>(
        "Ask for a new link with one that is too old"
    );
}

}  // namespace pz::identity::invitations
