// GET /logout: OpenID Connect RP-Initiated Logout 1.0. A client signs its person out of itself; their session
// in the console goes on, and so do those of other clients.

#include "authorize/request.hpp"
#include "extract.hpp"
#include "openid/routes.hpp"
#include "sessions/repository.hpp"

#include <pz/core/json.hpp>
#include <pz/crypto/jws.hpp>
#include <pz/web/router.hpp>

#include <boost/json/object.hpp>
#include <spdlog/spdlog.h>

namespace pz::identity::openid {

struct EndSessionRequest {
    std::optional<std::string> id_token_hint;
    std::optional<std::string> post_logout_redirect_uri;
    std::optional<std::string> state;
    std::optional<std::string> client_id;
    std::optional<std::string> logout_hint;
    std::optional<std::string> ui_locales;
};
PZ_DESCRIBE(
    EndSessionRequest,
    (id_token_hint, text("an ID token of the session, expired or not; required")),
    (post_logout_redirect_uri, text("one that the client is registered with, byte for byte")),
    (state, text("comes back as it is")),
    (client_id, text("the ID token's audience, if it is given")),
    (logout_hint, text("not needed")),
    (ui_locales, text("not needed"))
)

struct SignedOutOfClient {
    std::string location;
};

}  // namespace pz::identity::openid

namespace pz::web {

template <>
struct Responder<identity::openid::SignedOutOfClient> {
    static void render(identity::openid::SignedOutOfClient&& answer, Context& context) {
        context.exchange().respond(303);
        context.exchange().add_header("Location", answer.location);
    }

    static void describe(Operation& operation) {
        operation.add_response(303, "Signed out: back to the client, or to the sign-in page");
        operation.add_response_header(303, "Location", Presence::always, "Where the browser goes on");
        operation.add_problem(400);
    }
};

}  // namespace pz::web

namespace pz::identity::openid {

namespace {

using boost::asio::awaitable;

/// The session that an ID token of ours is about, and whom it was made for.
struct Hint {
    core::Uuid session;
    std::string client_id;
};

std::optional<Hint> read_hint(const Shared& shared, std::string_view id_token) {
    const auto jws = crypto::parse_compact(id_token);
    const auto keys = shared.keys->current();
    const crypto::PublicKey* key = jws && jws->typ == "JWT" ? keys->published->find(jws->kid) : nullptr;
    if (key == nullptr || !crypto::verify(*jws, *key)) {
        return std::nullopt;
    }
    // Signed by us, so it has the members that we write; how long it was good does not matter here.
    const auto claims = core::parse_json(jws->payload);
    if (!claims || !claims->is_object()) {
        return std::nullopt;
    }
    const auto* audience = claims->get_object().if_contains("aud");
    const auto* sid = claims->get_object().if_contains("sid");
    if (audience == nullptr || !audience->is_string() || sid == nullptr || !sid->is_string()) {
        return std::nullopt;
    }
    const auto session = core::Uuid::parse(sid->get_string());
    return session ? std::optional{Hint{*session, std::string{audience->get_string()}}} : std::nullopt;
}

awaitable<SignedOutOfClient> end_session_of_client(
    web::Public, IdentityDb db, Issuer issuer, web::Query<EndSessionRequest> query
) {
    // Without a token that only the client has, any page could sign anybody out.
    const std::optional<Hint> hint = read_hint(*issuer.shared, query->id_token_hint.value_or(""));
    if (!hint || query->client_id.value_or(hint->client_id) != hint->client_id) {
        throw core::bad_request("id_token_hint is not an ID token of this client");
    }
    const std::optional<sessions::Session> session = co_await sessions::find(db, hint->session);
    if (session && session->client_id == hint->client_id && !session->revoked_at) {
        const IdentityDb recording = db.recording(
            {.action = "session.ended",
             .tenant = session->tenant,
             .person = session->person,
             .target = audit::Target{"session", session->id.to_string()}}
        );
        co_await sessions::revoke(
            recording, session->id, sessions::RevokeReason::signed_out, issuer.clock->now()
        );
        spdlog::info(
            "event=session.end person={} session={} client={}",
            session->person.to_string(),
            session->id.to_string(),
            session->client_id
        );
    }
    const std::optional<clients::Client> client = co_await clients::find(db, hint->client_id);
    const std::string wanted = query->post_logout_redirect_uri.value_or("");
    if (!client || !clients::has_word(client->post_logout_redirect_uris, wanted)) {
        co_return SignedOutOfClient{issuer.shared->console_origin + "/login?notice=signed_out"};
    }
    std::vector<core::FormField> fields;
    if (query->state) {
        fields.push_back({"state", *query->state});
    }
    co_return SignedOutOfClient{authorize::with_fields(wanted, fields)};
}

}  // namespace

void add_logout_routes(web::Router& router) {
    router.get<"/logout", end_session_of_client, web::Impersonation::deny>(
        "Sign out of a client (OpenID Connect RP-Initiated Logout)"
    );
}

}  // namespace pz::identity::openid
