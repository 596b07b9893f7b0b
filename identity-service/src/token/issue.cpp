#include "token/issue.hpp"

#include "token/oauth_error.hpp"

#include <pz/auth/claims.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/jws.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::token {

namespace {

std::chrono::seconds seconds_until(core::Timestamp end, core::Timestamp now) {
    return std::max(std::chrono::floor<std::chrono::seconds>(end - now), std::chrono::seconds{0});
}

}  // namespace

void require_sign_in_allowed(const people::Account& account) {
    if (!people::may_sign_in(account.tenant_state, account.role)) {
        throw OAuthError("tenant_suspended", "the organization is suspended; ask its administrator", 403);
    }
}

boost::asio::awaitable<sessions::Session> begin_session(
    IdentityDb db,
    Issuer issuer,
    people::Account account,
    core::Timestamp now,
    sessions::Origin origin,
    Purpose purpose
) {
    const sessions::Lifetime lifetime = sessions::lifetime_for(account.role);
    sessions::Session session{
        .id = core::Uuid::v7(*issuer.clock),
        .person = account.person,
        .tenant = account.tenant,
        .refresh_nonce = std::vector<std::uint8_t>(16),
        .refresh_counter = 0,
        .rotated_at = now,
        .auth_time = purpose.auth_time.value_or(now),
        .amr = origin.amr,
        .idle_expires_at = now + lifetime.idle,
        .expires_at = now + lifetime.absolute,
        .revoked_at = std::nullopt,
        .client_id = std::move(purpose.client_id),
        .scope = std::move(purpose.scope),
    };
    core::random_bytes(session.refresh_nonce.data(), session.refresh_nonce.size());
    const IdentityDb recording = db.recording(
        {.action = "session.started",
         .tenant = session.tenant,
         .person = session.person,
         .role = std::string{core::enum_text(account.role)},
         .target = audit::Target{"session", session.id.to_string()}}
    );
    co_await sessions::insert(recording, session, std::move(origin));
    spdlog::info(
        "event=session.start person={} tenant={} session={} amr=\"{}\" client={}",
        session.person.to_string(),
        session.tenant.to_string(),
        session.id.to_string(),
        session.amr,
        session.client_id
    );
    co_return session;
}

boost::asio::awaitable<Tokens> begin_known_session(
    GrantRequest request, people::Account account, std::string address, std::string amr
) {
    const core::Timestamp now = request.issuer.clock->now();
    std::optional<core::Uuid> device = find_known_device(request, address, now);
    if (request.client.is_console && !device) {
        device.emplace();
        core::random_bytes(device->bytes.data(), device->bytes.size());
    }
    const sessions::Session session = co_await begin_session(
        request.db,
        request.issuer,
        account,
        now,
        {.amr = std::move(amr), .user_agent = request.client.user_agent, .device = device}
    );
    Tokens tokens = make_tokens(request.issuer, account, session, session.refresh_counter, now);
    if (device) {
        tokens.device_cookie = request.issuer.shared->devices.make(*device, address, now);
    }
    co_return tokens;
}

std::optional<core::Uuid> find_known_device(
    const GrantRequest& request, const std::string& address, core::Timestamp now
) {
    if (!request.client.device_cookie) {
        return std::nullopt;
    }
    return request.issuer.shared->devices.find(*request.client.device_cookie, address, now);
}

std::vector<std::string> methods_of(std::string_view amr) {
    std::vector<std::string> methods;
    while (!amr.empty()) {
        const std::size_t end = std::min(amr.find(' '), amr.size());
        methods.emplace_back(amr.substr(0, end));
        amr.remove_prefix(std::min(end + 1, amr.size()));
    }
    return methods;
}

bool has_second_factor(std::string_view amr) {
    const std::vector<std::string> methods = methods_of(amr);
    return std::ranges::find(methods, "mfa") != methods.end();
}

Tokens make_tokens(
    const Issuer& issuer,
    const people::Account& account,
    const sessions::Session& session,
    std::int32_t counter,
    core::Timestamp now
) {
    // Whole seconds: that is what the token can say.
    const core::Timestamp issued = std::chrono::floor<std::chrono::seconds>(now);
    auth::AccessClaims claims;
    claims.issuer = issuer.shared->issuer;
    if (clients::has_word(session.scope, "api")) {
        claims.audience.push_back(issuer.shared->audience);
    }
    if (clients::has_word(session.scope, "openid")) {
        claims.audience.push_back(issuer.shared->issuer);
    }
    claims.client_id = session.client_id;
    claims.person = account.person;
    claims.token_id = core::Uuid::v7(*issuer.clock);
    claims.issued_at = issued;
    claims.not_before = issued;
    claims.expires_at = std::min(
        issued + sessions::lifetime_for(account.role).access_token,
        core::Timestamp{std::chrono::floor<std::chrono::seconds>(session.expires_at)}
    );
    claims.auth_time = std::chrono::floor<std::chrono::seconds>(session.auth_time);
    claims.amr = methods_of(session.amr);
    claims.tenant = account.tenant;
    claims.role = account.role;
    claims.session = session.id;
    claims.tenant_epoch = account.tenant_epoch;
    claims.person_epoch = account.person_epoch;
    claims.scope = session.scope;
    return {
        .access_token = crypto::sign_compact(
            auth::access_token_type, auth::to_payload(claims), issuer.shared->keys->current()->active
        ),
        .access_lifetime = seconds_until(claims.expires_at, issued),
        .refresh_token = issuer.shared->refresh_tokens.make(session.id, session.refresh_nonce, counter),
        .refresh_lifetime = seconds_until(session.expires_at, now),
        .scope = claims.scope,
        .client_id = claims.client_id,
    };
}

}  // namespace pz::identity::token
