#include "mfa/repository.hpp"

#include <array>

namespace pz::identity::mfa {

namespace {

constexpr pg::Query find_factor_of{
    "mfa.find_factor", R"sql(
    SELECT secret_encrypted, confirmed_at IS NOT NULL, last_step FROM identity.totp WHERE person_id = $1)sql"
};

constexpr pg::Query insert_new_challenge{"mfa.insert_challenge", R"sql(
    WITH swept AS (
      DELETE FROM identity.mfa_challenge
       WHERE token_hash IN (SELECT token_hash FROM identity.mfa_challenge
                             WHERE expires_at < $6::timestamptz - interval '1 day'
                             ORDER BY expires_at LIMIT 8 FOR UPDATE SKIP LOCKED))
    INSERT INTO identity.mfa_challenge (token_hash, person_id, tenant_id, person_epoch, purpose, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7))sql"};

constexpr pg::Query find_open_challenge{"mfa.find_challenge", R"sql(
    SELECT c.person_id, c.tenant_id, c.purpose, p.email
      FROM identity.mfa_challenge c
      JOIN identity.person p ON p.id = c.person_id AND p.epoch = c.person_epoch AND p.state = 'active'
     WHERE c.token_hash = $1 AND c.used_at IS NULL AND c.expires_at > $2 AND c.attempts < 5)sql"};

constexpr pg::Query try_open_challenge{"mfa.try_challenge", R"sql(
    UPDATE identity.mfa_challenge c SET attempts = c.attempts + 1
      FROM identity.person p
     WHERE c.token_hash = $1 AND c.used_at IS NULL AND c.expires_at > $2 AND c.attempts < 5
       AND p.id = c.person_id AND p.epoch = c.person_epoch AND p.state = 'active'
    RETURNING c.person_id, c.tenant_id, c.purpose, p.email)sql"};

constexpr pg::Query spend_open_challenge{
    "mfa.spend_challenge", R"sql(
    UPDATE identity.mfa_challenge SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2)sql"
};

constexpr pg::Query accept_later_step{"mfa.accept_step", R"sql(
    UPDATE identity.totp SET last_step = $2, confirmed_at = coalesce(confirmed_at, $3)
     WHERE person_id = $1 AND last_step < $2)sql"};

constexpr pg::Query use_recovery{
    "mfa.use_recovery_code", R"sql(
    UPDATE identity.recovery_code SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL)sql"
};

constexpr pg::Query begin_factor{"mfa.begin_enrolment", R"sql(
    INSERT INTO identity.totp AS t (person_id, secret_encrypted, created_at) VALUES ($1, $2, $3)
    ON CONFLICT (person_id) DO UPDATE
       SET secret_encrypted = excluded.secret_encrypted, created_at = excluded.created_at, last_step = 0
     WHERE t.confirmed_at IS NULL)sql"};

constexpr pg::Query find_own_factors{"mfa.find_own", R"sql(
    SELECT p.email, t.secret_encrypted, t.confirmed_at,
           (SELECT count(*) FROM identity.recovery_code r WHERE r.person_id = m.person_id AND r.used_at IS NULL)
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
      LEFT JOIN identity.totp t ON t.person_id = m.person_id
     WHERE m.tenant_id = $1 AND m.person_id = $2)sql"};

constexpr pg::Query begin_own_factor{"mfa.begin_own_enrolment", R"sql(
    INSERT INTO identity.totp AS t (person_id, secret_encrypted, created_at)
    SELECT person_id, $3, $4 FROM identity.membership WHERE tenant_id = $1 AND person_id = $2
    ON CONFLICT (person_id) DO UPDATE
       SET secret_encrypted = excluded.secret_encrypted, created_at = excluded.created_at, last_step = 0
     WHERE t.confirmed_at IS NULL)sql"};

constexpr pg::Query confirm_own_factor{"mfa.confirm_own", R"sql(
    UPDATE identity.totp t SET confirmed_at = $4, last_step = $3
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND t.person_id = $2 AND t.confirmed_at IS NULL)sql"};

constexpr pg::Query delete_recovery_codes{"mfa.delete_recovery_codes", R"sql(
    DELETE FROM identity.recovery_code r USING identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND r.person_id = $2)sql"};

constexpr pg::Query insert_recovery_codes{"mfa.insert_recovery_codes", R"sql(
    INSERT INTO identity.recovery_code (person_id, code_hash, created_at)
    SELECT m.person_id, decode(code, 'hex'), $4
      FROM identity.membership m, unnest($3::text[]) AS code
     WHERE m.tenant_id = $1 AND m.person_id = $2)sql"};

constexpr pg::Query delete_own_factor{"mfa.remove_own", R"sql(
    DELETE FROM identity.totp t USING identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND t.person_id = $2)sql"};

constexpr pg::Query renew_own_session{
    "mfa.renew_session", R"sql(
    UPDATE identity.session SET auth_time = $5, amr = $4 WHERE tenant_id = $1 AND person_id = $2 AND id = $3)sql"
};

}  // namespace

boost::asio::awaitable<std::optional<Factor>> find_factor(IdentityDb db, core::Uuid person) {
    return db.find<Factor>(find_factor_of, person);
}

boost::asio::awaitable<void> insert_challenge(
    IdentityDb db,
    Hash token,
    core::Uuid person,
    core::Uuid tenant,
    std::int32_t person_epoch,
    Purpose purpose,
    core::Timestamp now,
    core::Timestamp expires_at
) {
    [[maybe_unused]] const std::uint64_t inserted = co_await db.write(
        insert_new_challenge, std::move(token), person, tenant, person_epoch, purpose, now, expires_at
    );
}

boost::asio::awaitable<std::optional<Challenge>> find_challenge(
    IdentityDb db, Hash token, core::Timestamp now
) {
    return db.find<Challenge>(find_open_challenge, std::move(token), now);
}

boost::asio::awaitable<std::optional<Challenge>> try_challenge(
    IdentityDb db, Hash token, core::Timestamp now
) {
    return db.find_written<Challenge>(try_open_challenge, std::move(token), now);
}

boost::asio::awaitable<bool> spend_challenge(IdentityDb db, Hash token, core::Timestamp now) {
    const std::uint64_t spent = co_await db.write(spend_open_challenge, std::move(token), now);
    co_return spent == 1;
}

boost::asio::awaitable<bool> accept_step(
    IdentityDb db, core::Uuid person, std::int64_t step, core::Timestamp now
) {
    const std::uint64_t accepted = co_await db.write(accept_later_step, person, step, now);
    co_return accepted == 1;
}

boost::asio::awaitable<bool> use_recovery_code(
    IdentityDb db, core::Uuid person, Hash code, core::Timestamp now
) {
    const std::uint64_t used = co_await db.write(use_recovery, person, std::move(code), now);
    co_return used == 1;
}

boost::asio::awaitable<bool> begin_enrolment(
    IdentityDb db, core::Uuid person, std::string secret_encrypted, core::Timestamp now
) {
    const std::uint64_t begun = co_await db.write(begin_factor, person, std::move(secret_encrypted), now);
    co_return begun == 1;
}

boost::asio::awaitable<std::optional<OwnFactors>> find_own(tenancy::PeopleDb db, core::Uuid person) {
    return db.query_optional<OwnFactors>(find_own_factors, person);
}

boost::asio::awaitable<bool> begin_own_enrolment(
    tenancy::PeopleDb db, core::Uuid person, std::string secret_encrypted, core::Timestamp now
) {
    const std::uint64_t begun = co_await db.execute(begin_own_factor, person, secret_encrypted, now);
    co_return begun == 1;
}

boost::asio::awaitable<bool> confirm_own(
    tenancy::PeopleDb db, core::Uuid person, std::int64_t step, core::Timestamp now
) {
    const std::uint64_t confirmed = co_await db.execute(confirm_own_factor, person, step, now);
    co_return confirmed == 1;
}

boost::asio::awaitable<void> replace_recovery_codes(
    tenancy::PeopleDb db, core::Uuid person, std::vector<std::string> hashes, core::Timestamp now
) {
    std::string list = "{";
    for (const std::string& hash : hashes) {
        list += (list.size() > 1 ? "," : "") + hash;
    }
    list += '}';
    db.queue(delete_recovery_codes, person);
    [[maybe_unused]] const std::uint64_t inserted =
        co_await db.execute(insert_recovery_codes, person, list, now);
}

boost::asio::awaitable<bool> remove_own(tenancy::PeopleDb db, core::Uuid person) {
    db.queue(delete_recovery_codes, person);
    const std::uint64_t removed = co_await db.execute(delete_own_factor, person);
    co_return removed == 1;
}

boost::asio::awaitable<void> renew_session(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid session, std::string amr, core::Timestamp now
) {
    [[maybe_unused]] const std::uint64_t renewed =
        co_await db.execute(renew_own_session, person, session, amr, now);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        find_factor_of,
        insert_new_challenge,
        find_open_challenge,
        try_open_challenge,
        spend_open_challenge,
        accept_later_step,
        use_recovery,
        begin_factor,
        find_own_factors,
        begin_own_factor,
        confirm_own_factor,
        delete_recovery_codes,
        insert_recovery_codes,
        delete_own_factor,
        renew_own_session,
    };
    return all;
}

}  // namespace pz::identity::mfa
