#include "sessions/repository.hpp"

#include <array>

namespace pz::identity::sessions {

namespace {

using namespace std::chrono_literals;

constexpr pg::Query insert_session{"sessions.insert", R"sql(
    INSERT INTO identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time,
                                  idle_expires_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8))sql"};

constexpr pg::Query find_session{"sessions.find", R"sql(
    SELECT id, person_id, tenant_id, refresh_nonce, refresh_counter, rotated_at, auth_time, idle_expires_at,
           expires_at, revoked_at
      FROM identity.session
     WHERE id = $1)sql"};

constexpr pg::Query find_account_of{"sessions.find_account", R"sql(
    SELECT p.id, p.state, p.epoch, t.id, t.state, t.epoch, m.role
      FROM identity.person p
      JOIN identity.membership m ON m.person_id = p.id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE p.id = $1 AND t.id = $2)sql"};

// The comparison with the generation makes two refreshes at the same moment one rotation.
constexpr pg::Query rotate_session{
    "sessions.rotate", R"sql(
    UPDATE identity.session
       SET refresh_counter = refresh_counter + 1, rotated_at = $3, idle_expires_at = least($4, expires_at)
     WHERE id = $1 AND refresh_counter = $2 AND revoked_at IS NULL AND idle_expires_at > $3 AND expires_at > $3)sql"
};

constexpr pg::Query revoke_session{
    "sessions.revoke", R"sql(
    UPDATE identity.session SET revoked_at = $3, revoke_reason = $2 WHERE id = $1 AND revoked_at IS NULL)sql"
};

}  // namespace

Lifetime lifetime_for(auth::Role role) noexcept {
    if (auth::is_platform_role(role)) {
        return {.idle = 30min, .absolute = 10h, .access_token = 10min};
    }
    return {.idle = std::chrono::days{7}, .absolute = std::chrono::days{30}, .access_token = 15min};
}

boost::asio::awaitable<void> insert(IdentityDb db, Session session) {
    [[maybe_unused]] const std::uint64_t inserted = co_await db.write(
        insert_session,
        session.id,
        session.person,
        session.tenant,
        session.refresh_nonce,
        session.rotated_at,
        session.auth_time,
        session.idle_expires_at,
        session.expires_at
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

boost::asio::awaitable<bool> rotate(
    IdentityDb db, core::Uuid id, std::int32_t counter, core::Timestamp now, core::Timestamp idle_expires_at
) {
    const std::uint64_t rotated = co_await db.write(rotate_session, id, counter, now, idle_expires_at);
    co_return rotated == 1;
}

boost::asio::awaitable<void> revoke(IdentityDb db, core::Uuid id, RevokeReason reason, core::Timestamp now) {
    [[maybe_unused]] const std::uint64_t revoked = co_await db.write(revoke_session, id, reason, now);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        insert_session, find_session, find_account_of, rotate_session, revoke_session
    };
    return all;
}

}  // namespace pz::identity::sessions
