#include "sessions/routes.hpp"

#include "extract.hpp"
#include "mfa/sign_in.hpp"
#include "sessions/repository.hpp"
#include "token/cookie.hpp"
#include "token/issue.hpp"

#include <pz/core/text.hpp>
#include <pz/web/router.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::sessions {

struct SessionTenant {
    core::Uuid id;
    std::string name;
};
PZ_DESCRIBE(SessionTenant, id, name)

/// One place where somebody is signed in.
struct SessionView {
    core::Uuid id;
    bool current = false;
    SessionTenant tenant;
    core::Timestamp created_at;
    core::Timestamp last_used_at;
    core::Timestamp auth_time;
    core::Timestamp idle_expires_at;
    core::Timestamp expires_at;
    std::vector<std::string> amr;
    std::optional<std::string> user_agent;
};
PZ_DESCRIBE(
    SessionView,
    id,
    (current, text("the session of the token that asks")),
    tenant,
    created_at,
    (last_used_at, text("the last sign-in or refresh")),
    (auth_time, text("when the person last proved who they are")),
    idle_expires_at,
    expires_at,
    (amr, text("how they did (RFC 8176)")),
    user_agent
)

/// The newest hundred.
struct SessionList {
    std::vector<SessionView> items;
};
PZ_DESCRIBE(SessionList, items)

struct SessionsEnded {
    std::int32_t ended = 0;
};
PZ_DESCRIBE(SessionsEnded, (ended, text("how many sessions were ended")))

struct TenantSwitch {
    core::Uuid tenant_id;
    std::optional<std::string> refresh_token;
};
PZ_DESCRIBE(
    TenantSwitch,
    tenant_id,
    (refresh_token,
     length(1, 256),
     text("of the session that the access token belongs to; a browser of the console sends its cookie instead"
     ))
)

/// The tokens of a session that began without a sign-in.
struct SessionTokens {
    std::string access_token;
    std::string token_type = "Bearer";
    std::int32_t expires_in = 0;
    std::string scope;
    std::optional<std::string> refresh_token;
};
PZ_DESCRIBE(
    SessionTokens,
    access_token,
    token_type,
    (expires_in, text("seconds")),
    scope,
    (refresh_token, text("null when it travels in the cookie"))
)

struct SwitchAnswer {
    SessionTokens tokens;
    std::optional<std::string> set_cookie;
};

}  // namespace pz::identity::sessions

namespace pz::web {

template <>
struct Responder<identity::sessions::SwitchAnswer> {
    static void render(identity::sessions::SwitchAnswer&& answer, Context& context) {
        Responder<identity::sessions::SessionTokens>::render(std::move(answer.tokens), context);
        if (answer.set_cookie) {
            context.exchange().add_header("Set-Cookie", *answer.set_cookie);
        }
    }

    static void describe(Operation& operation) {
        Responder<identity::sessions::SessionTokens>::describe(operation);
        operation.add_response_header(
            200, "Set-Cookie", Presence::sometimes, "The refresh token, for a browser of the console"
        );
    }
};

}  // namespace pz::web

namespace pz::identity::sessions {

namespace {

using boost::asio::awaitable;

constexpr std::chrono::seconds parent_grace{10};

SessionList to_list(std::vector<SessionRow> rows, const core::Uuid& current) {
    SessionList list;
    for (SessionRow& row : rows) {
        list.items.push_back({
            .id = row.id,
            .current = row.id == current,
            .tenant = {row.tenant, std::move(row.tenant_name)},
            .created_at = row.created_at,
            .last_used_at = row.last_used_at,
            .auth_time = row.auth_time,
            .idle_expires_at = row.idle_expires_at,
            .expires_at = row.expires_at,
            .amr = token::methods_of(row.amr),
            .user_agent = std::move(row.user_agent),
        });
    }
    return list;
}

Reach reach_of(auth::Role role) noexcept {
    return role == auth::Role::platform_admin ? Reach::everywhere : Reach::tenant;
}

awaitable<SessionList> list_my_sessions(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    std::vector<SessionRow> rows =
        co_await list_live(db, user->person, Reach::everywhere, issuer.clock->now());
    co_return to_list(std::move(rows), user->session);
}

awaitable<web::NoContent> end_my_session(
    tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer, web::Path<"id", core::Uuid> id
) {
    const bool ended = co_await end_own(db, user->person, *id, issuer.clock->now());
    if (!ended) {
        throw core::not_found("session");  // somebody else's looks the same
    }
    spdlog::info(
        "event=session.ended person={} session={} by={}",
        user->person.to_string(),
        id.value.to_string(),
        user->session.to_string()
    );
    co_return web::NoContent{};
}

awaitable<SessionsEnded> end_my_other_sessions(tenancy::PeopleDb db, web::CurrentUser user, Issuer issuer) {
    const std::uint64_t ended =
        co_await end_others(db, user->person, user->session, RevokeReason::ended, issuer.clock->now());
    spdlog::info("event=session.others_ended person={} count={}", user->person.to_string(), ended);
    co_return SessionsEnded{static_cast<std::int32_t>(ended)};
}

awaitable<SessionList> list_sessions_of(
    tenancy::PeopleDb db,
    web::Require<auth::Role::admin, auth::Role::platform_admin> user,
    Issuer issuer,
    web::Path<"id", core::Uuid> person
) {
    std::vector<SessionRow> rows = co_await list_live(db, *person, reach_of(user->role), issuer.clock->now());
    co_return to_list(std::move(rows), user->session);
}

awaitable<web::NoContent> end_session(
    tenancy::PeopleDb db,
    web::Require<auth::Role::admin, auth::Role::platform_admin> user,
    Issuer issuer,
    web::Path<"id", core::Uuid> id
) {
    const std::optional<core::Uuid> whose =
        co_await end_any(db, *id, reach_of(user->role), issuer.clock->now());
    if (!whose) {
        throw core::not_found("session");
    }
    spdlog::info(
        "event=session.forced person={} session={} by={}",
        whose->to_string(),
        id.value.to_string(),
        user->person.to_string()
    );
    co_return web::NoContent{};
}

/// True if the text is the session's refresh token of today, or its parent within the grace.
bool is_refresh_token_of(
    const Session& session, const std::string& text, const RefreshTokenCodec& codec, core::Timestamp now
) {
    const std::optional<RefreshToken> token = RefreshTokenCodec::parse(text);
    if (!token || token->session != session.id || !codec.verify(*token, session.refresh_nonce)) {
        return false;
    }
    return token->counter == session.refresh_counter ||
           (token->counter + 1 == session.refresh_counter && now - session.rotated_at <= parent_grace);
}

/// A new session in another organization, in the place of this one: a session speaks for one organization, so
/// that ending it, its lifetime and every line about it mean one thing. It inherits when and how the person
/// signed in, and never outlives what either organization allows from that moment.
awaitable<SwitchAnswer> switch_tenant(
    tenancy::PeopleDb db,
    web::CurrentUser user,
    Issuer issuer,
    ClientContext client,
    web::Json<TenantSwitch> in
) {
    const core::Timestamp now = issuer.clock->now();
    const std::optional<Session> session = co_await hold_own(db, user->person, user->session);
    const std::optional<std::string> refresh_token =
        in->refresh_token ? in->refresh_token : client.refresh_cookie;
    // An access token alone, which scripts can see, must not turn into a session that lasts for weeks.
    if (!session || !refresh_token ||
        !is_refresh_token_of(*session, *refresh_token, issuer.shared->refresh_tokens, now)) {
        throw core::invalid("body.refresh_token", "must be this session's refresh token", "wrong_token");
    }
    const std::optional<people::Account> account = co_await find_own_account(db, user->person, in->tenant_id);
    if (!account) {
        throw core::not_found("organization");  // one that exists looks the same
    }
    if (!people::may_sign_in(account->tenant_state, account->role)) {
        throw core::forbidden("the organization is not active", core::ErrorCode::tenant_suspended);
    }
    if (mfa::is_required(*issuer.shared, account->role) && !token::has_second_factor(session->amr)) {
        throw core::unauthorized(
            core::ErrorCode::reauthentication_required, "your role there needs a second factor"
        );
    }
    const Lifetime lifetime = lifetime_for(account->role);
    Session next{
        .id = core::Uuid::v7(*issuer.clock),
        .person = session->person,
        .tenant = account->tenant,
        .refresh_nonce = std::vector<std::uint8_t>(16),
        .refresh_counter = 0,
        .rotated_at = now,
        .auth_time = session->auth_time,
        .amr = session->amr,
        .idle_expires_at = {},
        .expires_at = std::min(session->expires_at, session->auth_time + lifetime.absolute),
        .revoked_at = std::nullopt,
        .client_id = session->client_id,
        .scope = session->scope,
    };
    next.idle_expires_at = std::min(now + lifetime.idle, next.expires_at);
    if (next.expires_at <= now) {
        throw core::unauthorized(
            core::ErrorCode::reauthentication_required, "the sign-in is too long ago for this organization"
        );
    }
    core::random_bytes(next.refresh_nonce.data(), next.refresh_nonce.size());
    co_await replace(db, session->id, next, RevokeReason::switched_tenant, now);
    spdlog::info(
        "event=session.switched person={} tenant={} session={} from={}",
        next.person.to_string(),
        next.tenant.to_string(),
        next.id.to_string(),
        session->id.to_string()
    );
    token::Tokens tokens = token::make_tokens(issuer, *account, next, next.refresh_counter, now);
    SwitchAnswer answer;
    answer.tokens.access_token = std::move(tokens.access_token);
    answer.tokens.expires_in = static_cast<std::int32_t>(tokens.access_lifetime.count());
    answer.tokens.scope = std::move(tokens.scope);
    if (client.is_console) {
        answer.set_cookie = token::set_refresh_cookie(
            *tokens.refresh_token, tokens.refresh_lifetime, issuer.shared->secure_cookies
        );
    } else {
        answer.tokens.refresh_token = std::move(tokens.refresh_token);
    }
    co_return answer;
}

}  // namespace

void add_routes(web::Router& router) {
    using enum web::Impersonation;
    router.get<"/me/sessions", list_my_sessions, deny>("Where I am signed in");
    router.del<"/me/sessions", end_my_other_sessions, deny, web::Audits<"session.others_ended">>(
        "End all my sessions but this one"
    );
    router
        .del<"/me/sessions/{id}", end_my_session, deny, web::Audits<"session.ended">>("End a session of mine")
        .also_answers(404);
    router
        .post<"/me/switch-tenant", switch_tenant, deny, web::Audits<"session.switched">>(
            "Go on in another organization of mine"
        )
        .also_answers(404);
    router.get<"/api/v1/people/{id}/sessions", list_sessions_of, deny>("Where a member is signed in");
    router
        .del<"/api/v1/sessions/{id}", end_session, deny, web::Audits<"session.forced">>(
            "End a session of a member"
        )
        .also_answers(404);
}

}  // namespace pz::identity::sessions
