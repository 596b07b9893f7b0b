#include "authorize/repository.hpp"

#include <pz/crypto/digest.hpp>

#include <array>
#include <chrono>

namespace pz::identity::authorize {

namespace {

constexpr pg::Query insert_code{"authorize.insert", R"sql(
    WITH swept AS (
      DELETE FROM identity.authorization_code
       WHERE code_hash IN (
         SELECT code_hash FROM identity.authorization_code WHERE expires_at < $14 ORDER BY expires_at LIMIT 8
            FOR UPDATE SKIP LOCKED))
    INSERT INTO identity.authorization_code (tenant_id, code_hash, client_id, redirect_uri, code_challenge, nonce,
                                             scope, person_id, session_id, person_epoch, tenant_epoch, auth_time,
                                             created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $15))sql"};

constexpr pg::Query find_code{"authorize.find", R"sql(
    SELECT c.client_id, c.redirect_uri, c.code_challenge, c.nonce, c.scope, c.person_id, c.tenant_id, c.session_id,
           c.person_epoch, c.tenant_epoch, c.auth_time, c.expires_at, c.issued_session_id, s.amr
      FROM identity.authorization_code c
      JOIN identity.session s ON s.id = c.session_id
     WHERE c.code_hash = $1)sql"};

// One statement decides, so that of two exchanges at the same moment one finds the code used.
constexpr pg::Query use_code{"authorize.use", R"sql(
    UPDATE identity.authorization_code SET used_at = $3, issued_session_id = $2
     WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $3)sql"};

std::vector<std::uint8_t> hash_of(std::string_view code) {
    const crypto::Sha256Digest digest = crypto::sha256(code);
    return {digest.begin(), digest.end()};
}

}  // namespace

boost::asio::awaitable<void> insert(
    tenancy::PeopleDb db, std::string code, AuthorizationCode row, core::Timestamp now
) {
    [[maybe_unused]] const std::uint64_t inserted = co_await db.finish_execute(
        insert_code,
        hash_of(code),
        row.client_id,
        row.redirect_uri,
        row.code_challenge,
        row.nonce,
        row.scope,
        row.person,
        row.session,
        row.person_epoch,
        row.tenant_epoch,
        row.auth_time,
        now,
        now - std::chrono::days{1},
        row.expires_at
    );
}

boost::asio::awaitable<std::optional<AuthorizationCode>> find(IdentityDb db, std::string code) {
    return db.find<AuthorizationCode>(find_code, hash_of(code));
}

boost::asio::awaitable<bool> use(
    IdentityDb db, std::string code, core::Uuid issued_session, core::Timestamp now
) {
    const std::uint64_t used = co_await db.write(use_code, hash_of(code), issued_session, now);
    co_return used == 1;
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{insert_code, find_code, use_code};
    return all;
}

}  // namespace pz::identity::authorize
