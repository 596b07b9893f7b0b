#include "recovery/repository.hpp"

#include <array>

namespace pz::identity::recovery {

namespace {

// Requests that come in at the same time may pass these limits together; the sender counts again, one by one.
constexpr pg::Query request_reset{"recovery.request", R"sql(
    INSERT INTO identity.mail (id, kind, recipient, recipient_key, requester_key, created_at, next_attempt_at)
    SELECT $1, 'password_reset', $2, $3, $4, $5, $5
     WHERE 5 > (SELECT count(*) FROM identity.mail
                 WHERE recipient_key = $3 AND created_at > $5::timestamptz - interval '15 minutes')
       AND 30 > (SELECT count(*) FROM identity.mail
                  WHERE requester_key = $4 AND created_at > $5::timestamptz - interval '15 minutes'))sql"};

constexpr pg::Query find_recoverable{"recovery.find", R"sql(
    SELECT p.id, p.email, p.name
      FROM identity.password_reset r
      JOIN identity.person p ON p.id = r.person_id
     WHERE r.link_hash = $1 AND r.used_at IS NULL AND r.link_expires_at > $2 AND p.state = 'active')sql"};

constexpr pg::Query set_new_password{"recovery.set_password", R"sql(
    WITH used AS (
      UPDATE identity.password_reset SET used_at = $4
       WHERE link_hash = $1 AND used_at IS NULL AND link_expires_at > $4
      RETURNING person_id),
    changed AS (
      UPDATE identity.person p
         SET password_hash = $2, epoch = epoch + 1, version = version + 1, updated_at = $4
        FROM used
       WHERE p.id = used.person_id AND p.state = 'active'
      RETURNING p.id, p.email),
    ended AS (
      UPDATE identity.session SET revoked_at = $4, revoke_reason = 'password_changed'
       WHERE person_id IN (SELECT id FROM changed) AND revoked_at IS NULL)
    INSERT INTO identity.mail (id, kind, recipient, created_at, next_attempt_at)
    SELECT $3, 'password_changed', email, $4, $4 FROM changed)sql"};

}  // namespace

boost::asio::awaitable<void> request(
    IdentityDb db,
    core::Uuid mail,
    std::string email,
    Hash recipient_key,
    Hash requester_key,
    core::Timestamp now
) {
    [[maybe_unused]] const std::uint64_t queued = co_await db.write(
        request_reset, mail, std::move(email), std::move(recipient_key), std::move(requester_key), now
    );
}

boost::asio::awaitable<std::optional<Recoverable>> find(IdentityDb db, Hash link, core::Timestamp now) {
    return db.find<Recoverable>(find_recoverable, std::move(link), now);
}

boost::asio::awaitable<bool> set_password(
    IdentityDb db, Hash link, std::string password_hash, core::Uuid mail, core::Timestamp now
) {
    const std::uint64_t changed =
        co_await db.write(set_new_password, std::move(link), std::move(password_hash), mail, now);
    co_return changed == 1;
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{request_reset, find_recoverable, set_new_password};
    return all;
}

}  // namespace pz::identity::recovery
