#include "api_keys/repository.hpp"

#include "members/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/core/text.hpp>
#include <pz/web/cursor.hpp>

#include <array>

namespace pz::identity::api_keys {

namespace {

// $1 is the tenant, bound by PeopleDb, in the statements for who is signed in.

constexpr pg::Query list_keys{"api_keys.list", R"sql(
    SELECT k.id, k.name, k.role, k.created_by, k.created_at, s.expires_at, k.last_used_at, s.revoked_at
      FROM identity.api_key k
      JOIN identity.session s ON s.id = k.id
     WHERE k.tenant_id = $1 AND (k.created_at, k.id) < ($2, $3)
     ORDER BY k.created_at DESC, k.id DESC
     LIMIT $4)sql"};

constexpr pg::Query find_key{"api_keys.find", R"sql(
    SELECT k.id, k.name, k.role, k.created_by, k.created_at, s.expires_at, k.last_used_at, s.revoked_at
      FROM identity.api_key k
      JOIN identity.session s ON s.id = k.id
     WHERE k.tenant_id = $1 AND k.id = $2)sql"};

constexpr pg::Query count_living_keys{"api_keys.count_living", R"sql(
    SELECT count(*)
      FROM identity.api_key k
      JOIN identity.session s ON s.id = k.id
     WHERE k.tenant_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2)sql"};

constexpr pg::Query insert_key{"api_keys.insert", R"sql(
    WITH machine AS (
      INSERT INTO identity.person (id, kind, name, created_at, updated_at)
      SELECT $2, 'machine', $3, $7, $7
        FROM identity.membership m
       WHERE m.tenant_id = $1 AND m.person_id = $6 AND m.role = 'admin' AND m.state = 'active'
      RETURNING id),
    opened AS (
      INSERT INTO identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, auth_time,
                                    amr, idle_expires_at, expires_at)
      SELECT id, id, $1, $9, $7, $7, $7, 'key', $8, $8 FROM machine
      RETURNING id, expires_at, revoked_at),
    made AS (
      INSERT INTO identity.api_key (id, tenant_id, name, role, secret_hash, created_by, created_at)
      SELECT id, $1, $3, $4, $5, $6, $7 FROM opened
      RETURNING id, name, role, created_by, created_at, last_used_at)
    SELECT made.id, name, role, created_by, created_at, expires_at, last_used_at, revoked_at
      FROM made JOIN opened ON opened.id = made.id)sql"};

constexpr pg::Query revoke_key{"api_keys.revoke", R"sql(
    WITH ended AS (
      UPDATE identity.session s SET revoked_at = $3, revoke_reason = 'forced'
        FROM identity.api_key k
       WHERE k.tenant_id = $1 AND k.id = $2 AND s.id = k.id AND s.revoked_at IS NULL
      RETURNING s.id)
    SELECT EXISTS (SELECT FROM ended) FROM identity.api_key WHERE tenant_id = $1 AND id = $2)sql"};

constexpr pg::Query find_account_of{"api_keys.find_account", R"sql(
    SELECT k.id, k.tenant_id, k.role, k.secret_hash, p.state, p.epoch, t.state, t.epoch, s.expires_at, s.revoked_at
      FROM identity.api_key k
      JOIN identity.person p ON p.id = k.id
      JOIN identity.session s ON s.id = k.id
      JOIN platform.tenant t ON t.id = k.tenant_id
     WHERE k.id = $1)sql"};

constexpr pg::Query find_live_key{"api_keys.find_live", R"sql(
    SELECT k.id FROM identity.api_key k WHERE k.tenant_id = $1 AND k.id = $2)sql"};

// The session hears of it, too, and is then live for the key that signs now.
constexpr pg::Query note_use_of{"api_keys.note_use", R"sql(
    WITH used AS (
      UPDATE identity.api_key SET last_used_at = $2
       WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')
      RETURNING id)
    UPDATE identity.session s SET rotated_at = $2 FROM used WHERE s.id = used.id)sql"};

}  // namespace

boost::asio::awaitable<web::Page<ApiKey>> list(tenancy::PeopleDb db, web::PageQuery query) {
    using Newest = web::Descending<&ApiKey::created_at>;
    const auto after = Newest::after(query.cursor);
    std::vector<ApiKey> rows = co_await db.finish<ApiKey>(list_keys, after.value, after.id, query.limit + 1);
    co_return Newest::page(std::move(rows), query.limit);
}

boost::asio::awaitable<std::optional<ApiKey>> find(tenancy::PeopleDb db, core::Uuid id) {
    return db.finish_optional<ApiKey>(find_key, id);
}

boost::asio::awaitable<void> take_place(tenancy::PeopleDb db, core::Timestamp now) {
    [[maybe_unused]] const std::vector<core::Uuid> held =
        co_await members::hold_active(db, auth::Role::admin);
    const std::optional<std::int64_t> living =
        co_await db.query_optional<std::int64_t>(count_living_keys, now);
    if (living.value_or(0) >= most_living_keys) {
        throw core::limit_reached({"API keys", most_living_keys});
    }
}

boost::asio::awaitable<std::optional<ApiKey>> insert(tenancy::PeopleDb db, KeyToInsert key) {
    // The session of a machine has no refresh token; the column wants its bytes.
    std::vector<std::uint8_t> nonce(16);
    core::random_bytes(nonce.data(), nonce.size());
    return db.finish_optional<ApiKey>(
        insert_key,
        key.id,
        key.name,
        key.role,
        std::vector<std::uint8_t>{key.secret_hash.begin(), key.secret_hash.end()},
        key.created_by,
        key.created_at,
        key.expires_at,
        nonce
    );
}

boost::asio::awaitable<Revocation> revoke(tenancy::PeopleDb db, core::Uuid id, core::Timestamp now) {
    const std::optional<bool> ended = co_await db.finish_optional<bool>(revoke_key, id, now);
    if (!ended) {
        co_return Revocation::missing;
    }
    co_return *ended ? Revocation::done : Revocation::already;
}

boost::asio::awaitable<std::optional<KeyAccount>> find_account(IdentityDb db, core::Uuid id) {
    return db.find<KeyAccount>(find_account_of, id);
}

boost::asio::awaitable<std::optional<core::Uuid>> find_live(
    IdentityDb db, core::Uuid tenant, tenancy::LivenessClaims claims
) {
    return db.find_live<core::Uuid>(tenant, claims, find_live_key, claims.person);
}

boost::asio::awaitable<void> note_use(IdentityDb db, core::Uuid id, core::Timestamp now) {
    [[maybe_unused]] const std::uint64_t written = co_await db.write(note_use_of, id, now);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_keys,
        find_key,
        count_living_keys,
        insert_key,
        revoke_key,
        find_account_of,
        find_live_key,
        note_use_of
    };
    return all;
}

}  // namespace pz::identity::api_keys
