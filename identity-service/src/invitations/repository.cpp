#include "invitations/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/web/cursor.hpp>

#include <array>

namespace pz::identity::invitations {

namespace {

using ByNewest = web::Descending<&Invitation::created_at>;

constexpr pg::Query list_invitations{"invitations.list", R"sql(
    SELECT id, email, role, state, invited_by, created_at, expires_at
      FROM (SELECT id, email, role, invited_by, created_at, expires_at,
                   CASE WHEN state = 'pending' AND expires_at <= $6 THEN 'expired' ELSE state END AS state
              FROM identity.invitation
             WHERE tenant_id = $1 AND (created_at, id) < ($2, $3)) AS invitation
     WHERE $5::text IS NULL OR state = $5
     ORDER BY created_at DESC, id DESC
     LIMIT $4)sql"};

constexpr pg::Query find_invitation{"invitations.find", R"sql(
    SELECT id, email, role, CASE WHEN state = 'pending' AND expires_at <= $3 THEN 'expired' ELSE state END,
           invited_by, created_at, expires_at
      FROM identity.invitation
     WHERE tenant_id = $1 AND id = $2)sql"};

constexpr pg::Query withdraw_invitation{"invitations.withdraw", R"sql(
    UPDATE identity.invitation
       SET state = 'withdrawn', closed_at = $3, link_hash = NULL, link_expires_at = NULL
     WHERE tenant_id = $1 AND id = $2 AND state = 'pending')sql"};

constexpr pg::Query withdraw_expired{"invitations.withdraw_expired", R"sql(
    UPDATE identity.invitation
       SET state = 'withdrawn', closed_at = $3, link_hash = NULL, link_expires_at = NULL
     WHERE tenant_id = $1 AND email_folded = lower($2) AND state = 'pending' AND expires_at <= $3)sql"};

constexpr pg::Query find_obstacles_to{"invitations.find_obstacles", R"sql(
    SELECT EXISTS (SELECT FROM identity.membership m JOIN identity.person p ON p.id = m.person_id
                    WHERE m.tenant_id = $1 AND p.email_folded = lower($2)),
           count(*), min(created_at)
      FROM identity.mail
     WHERE tenant_id = $1 AND kind = 'invitation' AND created_at > $3)sql"};

constexpr pg::Query require_seat{"invitations.require_seat", R"sql(
    SELECT identity.require_seat($1, $2, $3))sql"};

constexpr pg::Query require_seat_again{"invitations.require_seat_again", R"sql(
    SELECT identity.require_seat(tenant_id, $3, email)
      FROM identity.invitation
     WHERE tenant_id = $1 AND id = $2 AND state = 'pending')sql"};

constexpr pg::Query insert_invitation{"invitations.insert", R"sql(
    WITH made AS (
      INSERT INTO identity.invitation (tenant_id, id, email, role, invited_by, created_at, expires_at)
      VALUES ($1, $2, $3, $4, $5, $7, $8)
      RETURNING *),
    letter AS (
      INSERT INTO identity.mail (id, kind, tenant_id, invitation_id, created_at, next_attempt_at)
      SELECT $6, 'invitation', tenant_id, id, created_at, created_at FROM made)
    SELECT id, email, role, state, invited_by, created_at, expires_at FROM made)sql"};

constexpr pg::Query send_invitation_again{"invitations.send_again", R"sql(
    WITH again AS (
      UPDATE identity.invitation SET expires_at = $5
       WHERE tenant_id = $1 AND id = $2 AND state = 'pending'
      RETURNING tenant_id, id)
    INSERT INTO identity.mail (id, kind, tenant_id, invitation_id, created_at, next_attempt_at)
    SELECT $3, 'invitation', tenant_id, id, $4, $4 FROM again)sql"};

constexpr pg::Query find_open_invitation{"invitations.find_open", R"sql(
    SELECT t.id, i.email, t.name, t.slug, p.id, p.password_hash, coalesce(p.state = 'active', false)
      FROM identity.invitation i
      JOIN platform.tenant t ON t.id = i.tenant_id
      LEFT JOIN identity.person p ON p.email_folded = i.email_folded
     WHERE i.link_hash = $1 AND i.state = 'pending' AND i.link_expires_at > $2 AND i.link_failures < 5
       AND t.state IN ('trial', 'active', 'read_only'))sql"};

constexpr pg::Query count_link_failure{"invitations.count_failure", R"sql(
    UPDATE identity.invitation SET link_failures = link_failures + 1 WHERE link_hash = $1)sql"};

constexpr pg::Query join_tenant{"invitations.join", R"sql(
    WITH accepted AS (
      UPDATE identity.invitation
         SET state = 'accepted', closed_at = $3, link_hash = NULL, link_expires_at = NULL
       WHERE link_hash = $1 AND state = 'pending' AND link_expires_at > $3 AND link_failures < 5
      RETURNING tenant_id, role)
    INSERT INTO identity.membership (tenant_id, person_id, role, created_at, updated_at)
    SELECT tenant_id, $2, role, $3, $3 FROM accepted WHERE identity.require_seat(tenant_id, NULL, NULL)
    ON CONFLICT (tenant_id, person_id) DO NOTHING)sql"};

constexpr pg::Query join_tenant_as_new{"invitations.join_as_new", R"sql(
    WITH accepted AS (
      UPDATE identity.invitation
         SET state = 'accepted', closed_at = $5, link_hash = NULL, link_expires_at = NULL
       WHERE link_hash = $1 AND state = 'pending' AND link_expires_at > $5 AND link_failures < 5
      RETURNING tenant_id, role, email),
    made AS (
      INSERT INTO identity.person (id, email, name, password_hash, created_at, updated_at)
      SELECT $2, email, $3, $4, $5, $5 FROM accepted
      RETURNING id)
    INSERT INTO identity.membership (tenant_id, person_id, role, created_at, updated_at)
    SELECT accepted.tenant_id, made.id, accepted.role, $5, $5 FROM accepted CROSS JOIN made
     WHERE identity.require_seat(accepted.tenant_id, NULL, NULL))sql"};

constexpr pg::Query renew_link{"invitations.renew", R"sql(
    INSERT INTO identity.mail (id, kind, tenant_id, invitation_id, created_at, next_attempt_at)
    SELECT $2, 'invitation', i.tenant_id, i.id, $3, $3
      FROM identity.invitation i
     WHERE i.link_hash = $1 AND i.state = 'pending' AND i.expires_at > $3 AND i.link_expires_at <= $3
       AND NOT EXISTS (SELECT FROM identity.mail waiting
                        WHERE waiting.tenant_id = i.tenant_id AND waiting.invitation_id = i.id
                          AND waiting.next_attempt_at IS NOT NULL))sql"};

}  // namespace

boost::asio::awaitable<web::Page<Invitation>> list(
    tenancy::PeopleDb db, InvitationQuery query, core::Timestamp now
) {
    const auto after = ByNewest::after(query.cursor);
    std::vector<Invitation> rows = co_await db.finish<Invitation>(
        list_invitations, after.value, after.id, query.limit + 1, query.state, now
    );
    co_return ByNewest::page(std::move(rows), query.limit);
}

boost::asio::awaitable<std::optional<Invitation>> find(
    tenancy::PeopleDb db, core::Uuid id, core::Timestamp now
) {
    return db.finish_optional<Invitation>(find_invitation, id, now);
}

boost::asio::awaitable<bool> withdraw(tenancy::PeopleDb db, core::Uuid id, core::Timestamp now) {
    const std::uint64_t withdrawn = co_await db.finish_execute(withdraw_invitation, id, now);
    co_return withdrawn == 1;
}

boost::asio::awaitable<Obstacles> find_obstacles(
    tenancy::PeopleDb db, std::string email, core::Timestamp since
) {
    std::optional<Obstacles> obstacles =
        co_await db.query_optional<Obstacles>(find_obstacles_to, std::move(email), since);
    co_return std::move(obstacles).value();
}

boost::asio::awaitable<Invitation> insert(
    tenancy::PeopleDb db,
    core::Uuid id,
    InvitationCreate values,
    core::Uuid invited_by,
    core::Uuid mail,
    core::Timestamp now
) {
    db.queue(require_seat, now, values.email);
    db.queue(withdraw_expired, values.email, now);
    try {
        std::vector<Invitation> rows = co_await db.finish<Invitation>(
            insert_invitation,
            id,
            values.email,
            values.role,
            invited_by,
            mail,
            now,
            core::Timestamp{now + lifetime}
        );
        co_return std::move(rows.at(0));
    } catch (const pg::Error& error) {
        error.on_constraint(
            "invitation_pending_key",
            core::conflict("this address is invited already; send the invitation again")
        );
        throw;
    }
}

boost::asio::awaitable<bool> send_again(
    tenancy::PeopleDb db, core::Uuid id, core::Uuid mail, core::Timestamp now
) {
    db.queue(require_seat_again, id, now);
    const std::uint64_t queued =
        co_await db.finish_execute(send_invitation_again, id, mail, now, core::Timestamp{now + lifetime});
    co_return queued == 1;
}

boost::asio::awaitable<std::optional<OpenInvitation>> find_open(
    IdentityDb db, Hash link, core::Timestamp now
) {
    return db.find<OpenInvitation>(find_open_invitation, std::move(link), now);
}

boost::asio::awaitable<void> count_failure(IdentityDb db, Hash link) {
    [[maybe_unused]] const std::uint64_t counted = co_await db.write(count_link_failure, std::move(link));
}

boost::asio::awaitable<bool> join(IdentityDb db, Hash link, core::Uuid person, core::Timestamp now) {
    const std::uint64_t joined = co_await db.write(join_tenant, std::move(link), person, now);
    co_return joined == 1;
}

boost::asio::awaitable<bool> join_as_new(
    IdentityDb db,
    Hash link,
    core::Uuid person,
    std::string name,
    std::string password_hash,
    core::Timestamp now
) {
    try {
        const std::uint64_t joined = co_await db.write(
            join_tenant_as_new, std::move(link), person, std::move(name), std::move(password_hash), now
        );
        co_return joined == 1;
    } catch (const pg::Error& error) {
        error.on_constraint(
            "person_email_key", core::conflict("an account with this address was made meanwhile; try again")
        );
        throw;
    }
}

boost::asio::awaitable<void> renew(IdentityDb db, Hash link, core::Uuid mail, core::Timestamp now) {
    [[maybe_unused]] const std::uint64_t queued = co_await db.write(renew_link, std::move(link), mail, now);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_invitations,
        find_invitation,
        withdraw_invitation,
        withdraw_expired,
        find_obstacles_to,
        require_seat,
        require_seat_again,
        insert_invitation,
        send_invitation_again,
        find_open_invitation,
        count_link_failure,
        join_tenant,
        join_tenant_as_new,
        renew_link,
    };
    return all;
}

}  // namespace pz::identity::invitations
