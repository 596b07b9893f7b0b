#include "sessions/repository.hpp"

#include <pz/core/check.hpp>

#include <array>

namespace pz::identity::sessions {

namespace {

using namespace std::chrono_literals;

// Each new session takes a few of the oldest ones away, thirty days after they could last have been used; not
// those that an API key or a code of the last day still names.
constexpr pg::Query insert_session{"sessions.insert", R"sql(
    WITH swept AS (
      DELETE FROM identity.session
       WHERE id IN (SELECT s.id FROM identity.session s
                     WHERE s.expires_at < $5::timestamptz - interval '90 days'
                       AND NOT EXISTS (SELECT FROM identity.api_key k WHERE k.id = s.id)
                       AND NOT EXISTS (SELECT FROM identity.authorization_code c
                                        WHERE s.id IN (c.session_id, c.issued_session_id))
                     ORDER BY s.expires_at LIMIT 8 FOR UPDATE SKIP LOCKED))
    INSERT INTO identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time,
                                  idle_expires_at, expires_at, amr, user_agent, device, client_id, scope)
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13))sql"};

constexpr pg::Query find_session{"sessions.find", R"sql(
    SELECT id, person_id, tenant_id, refresh_nonce, refresh_counter, rotated_at, auth_time, amr,
           idle_expires_at, expires_at, revoked_at, client_id, scope
      FROM identity.session
     WHERE id = $1)sql"};

constexpr pg::Query find_account_of{"sessions.find_account", R"sql(
    SELECT p.id, p.state, p.epoch, t.id, t.state, t.epoch, m.role
      FROM identity.person p
      JOIN identity.membership m ON m.person_id = p.id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE p.id = $1 AND t.id = $2 AND m.state = 'active')sql"};

// One UPDATE, because its row lock is what makes eight uses at the same moment one rotation: who waited
// computes on what the first has left. The limit is 30 uses in 300 s, paid for at one each 10 s.
constexpr pg::Query use_token{"sessions.use_refresh_token", R"sql(
    UPDATE identity.session
       SET refresh_counter = CASE WHEN refresh_counter = $2 THEN refresh_counter + 1 ELSE refresh_counter END,
           rotated_at = CASE WHEN refresh_counter = $2 THEN $3 ELSE rotated_at END,
           idle_expires_at = CASE WHEN refresh_counter = $2 THEN least($4, expires_at) ELSE idle_expires_at END,
           refresh_busy_until = greatest(refresh_busy_until, $3) + interval '10 s',
           revoked_at = CASE WHEN refresh_counter = $2 THEN NULL
                             WHEN refresh_counter = $2 + 1 AND rotated_at >= $3 - interval '10 s' THEN NULL
                             ELSE $3 END,
           revoke_reason = CASE WHEN refresh_counter = $2 THEN NULL
                                WHEN refresh_counter = $2 + 1 AND rotated_at >= $3 - interval '10 s' THEN NULL
                                ELSE 'refresh_reuse' END
     WHERE id = $1 AND revoked_at IS NULL AND idle_expires_at > $3 AND expires_at > $3
       AND greatest(refresh_busy_until, $3) <= $3 + interval '290 s'
    RETURNING refresh_counter, revoked_at IS NOT NULL)sql"};

constexpr pg::Query revoke_session{
    "sessions.revoke", R"sql(
    UPDATE identity.session SET revoked_at = $3, revoke_reason = $2 WHERE id = $1 AND revoked_at IS NULL)sql"
};

constexpr pg::Query list_live_sessions{"sessions.list_live", R"sql(
    SELECT s.id, s.tenant_id, t.name, s.created_at, s.rotated_at, s.auth_time, s.idle_expires_at, s.expires_at, s.amr,
           s.user_agent
      FROM identity.session s
      JOIN platform.tenant t ON t.id = s.tenant_id
     WHERE s.person_id = $2 AND ($3 OR s.tenant_id = $1)
       AND s.revoked_at IS NULL AND s.idle_expires_at > $4 AND s.expires_at > $4
     ORDER BY s.tenant_id = $1 DESC, s.created_at DESC, s.id
     LIMIT $5)sql"};

// Who acts is still a member of the token's tenant; the session may be one in another.
constexpr pg::Query end_own_session{"sessions.end_own", R"sql(
    UPDATE identity.session s SET revoked_at = $4, revoke_reason = 'ended'
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND s.person_id = $2 AND s.id = $3
       AND s.revoked_at IS NULL AND s.idle_expires_at > $4 AND s.expires_at > $4)sql"};

constexpr pg::Query end_other_sessions{"sessions.end_others", R"sql(
    UPDATE identity.session s SET revoked_at = $5, revoke_reason = $4
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND s.person_id = $2 AND s.id <> $3
       AND s.revoked_at IS NULL AND s.idle_expires_at > $5 AND s.expires_at > $5)sql"};

constexpr pg::Query end_any_session{"sessions.end_any", R"sql(
    UPDATE identity.session SET revoked_at = $4, revoke_reason = 'forced'
     WHERE id = $2 AND ($3 OR tenant_id = $1)
       AND revoked_at IS NULL AND idle_expires_at > $4 AND expires_at > $4
    RETURNING person_id)sql"};

constexpr pg::Query hold_own_session{"sessions.hold_own", R"sql(
    SELECT id, person_id, tenant_id, refresh_nonce, refresh_counter, rotated_at, auth_time, amr,
           idle_expires_at, expires_at, revoked_at, client_id, scope
      FROM identity.session
     WHERE tenant_id = $1 AND person_id = $2 AND id = $3
       FOR UPDATE)sql"};

// $1 is where the caller is now: the other one is asked for by its own number, and by nothing but a
// membership of theirs.
constexpr pg::Query find_account_elsewhere{"sessions.find_own_account", R"sql(
    SELECT p.id, p.state, p.epoch, t.id, t.state, t.epoch, m.role
      FROM identity.person p
      JOIN identity.membership m ON m.person_id = p.id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE p.id = $2 AND t.id = $3 AND t.id <> $1 AND m.state = 'active')sql"};

constexpr pg::Query replace_session{"sessions.replace", R"sql(
    WITH left_behind AS (
      UPDATE identity.session SET revoked_at = $3, revoke_reason = $4
       WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL
      RETURNING person_id, amr, user_agent, device, auth_time, client_id, scope)
    INSERT INTO identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time,
                                  idle_expires_at, expires_at, amr, user_agent, device, client_id, scope)
    SELECT $5, person_id, $6, $7, $3, $3, auth_time, $8, $9, amr, user_agent, device, client_id, scope
      FROM left_behind)sql"};

}  // namespace

Lifetime lifetime_for(auth::Role role) noexcept {
    if (auth::is_platform_role(role)) {
        return {.idle = 30min, .absolute = 10h, .access_token = 10min};
    }
    return {.idle = std::chrono::days{7}, .absolute = std::chrono::days{30}, .access_token = 15min};
}

boost::asio::awaitable<void> insert(IdentityDb db, Session session, Origin origin) {
    [[maybe_unused]] const std::uint64_t inserted = co_await db.write(
        insert_session,
        session.id,
        session.person,
        session.tenant,
        session.refresh_nonce,
        session.rotated_at,
        session.auth_time,
        session.idle_expires_at,
        session.expires_at,
        session.amr,
        origin.user_agent,
        origin.device,
        session.client_id,
        session.scope
    );
}

boost::asio::awaitable<std::optional<Session>> find(IdentityDb db, core::Uuid id) {
    return db.find<Session>(find_session, id);
}

boost::asio::awaitable<std::optional<people::Account>> find_account(
    IdentityDb db, core::Uuid person, core::Uuid tenant
) {
    return db.find<people::Account>(find_account_of, person, tenant);
}

boost::asio::awaitable<std::optional<RefreshUse>> use_refresh_token(
    IdentityDb db, core::Uuid id, std::int32_t counter, core::Timestamp now, core::Timestamp idle_expires_at
) {
    return db.find_written<RefreshUse>(use_token, id, counter, now, idle_expires_at);
}

boost::asio::awaitable<void> revoke(IdentityDb db, core::Uuid id, RevokeReason reason, core::Timestamp now) {
    [[maybe_unused]] const std::uint64_t revoked = co_await db.write(revoke_session, id, reason, now);
}

boost::asio::awaitable<std::vector<SessionRow>> list_live(
    tenancy::PeopleDb db, core::Uuid person, Reach reach, core::Timestamp now
) {
    return db.finish<SessionRow>(list_live_sessions, person, reach == Reach::everywhere, now, longest_list);
}

boost::asio::awaitable<bool> end_own(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid id, core::Timestamp now
) {
    const std::uint64_t ended = co_await db.finish_execute(end_own_session, person, id, now);
    co_return ended == 1;
}

boost::asio::awaitable<std::uint64_t> end_others(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid kept, RevokeReason reason, core::Timestamp now
) {
    return db.execute(end_other_sessions, person, kept, reason, now);
}

boost::asio::awaitable<std::optional<core::Uuid>> end_any(
    tenancy::PeopleDb db, core::Uuid id, Reach reach, core::Timestamp now
) {
    return db.finish_optional<core::Uuid>(end_any_session, id, reach == Reach::everywhere, now);
}

boost::asio::awaitable<std::optional<Session>> hold_own(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid id
) {
    return db.query_optional<Session>(hold_own_session, person, id);
}

boost::asio::awaitable<std::optional<people::Account>> find_own_account(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid other_tenant
) {
    return db.query_optional<people::Account>(find_account_elsewhere, person, other_tenant);
}

boost::asio::awaitable<void> replace(
    tenancy::PeopleDb db, core::Uuid left, Session next, RevokeReason reason, core::Timestamp now
) {
    const std::uint64_t inserted = co_await db.finish_execute(
        replace_session,
        left,
        now,
        reason,
        next.id,
        next.tenant,
        next.refresh_nonce,
        next.idle_expires_at,
        next.expires_at
    );
    PZ_CHECK(inserted == 1);  // hold_own() has the row
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        insert_session,
        find_session,
        find_account_of,
        use_token,
        revoke_session,
        list_live_sessions,
        end_own_session,
        end_other_sessions,
        end_any_session,
        hold_own_session,
        find_account_elsewhere,
        replace_session,
    };
    return all;
}

}  // namespace pz::identity::sessions
