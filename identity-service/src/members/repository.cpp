#include "members/repository.hpp"

#include <pz/web/cursor.hpp>

#include <array>

namespace pz::identity::members {

namespace {

using ByNewest = web::Descending<&Person::created_at>;
using ByName = web::Folded<&Person::name>;

// A row's version is the sum of the two that it is made of: both only grow, so it changes whenever one does.

constexpr pg::Query list_newest{"members.list", R"sql(
    SELECT m.person_id, p.email, p.name, m.role, m.state, m.created_at, greatest(m.updated_at, p.updated_at),
           m.version + p.version - 1
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
     WHERE m.tenant_id = $1 AND (m.created_at, m.person_id) < ($2, $3)
       AND ($5::text IS NULL OR p.name_folded ^@ lower($5) OR p.email_folded ^@ lower($5))
       AND ($6::text IS NULL OR m.role = $6)
       AND ($7::text IS NULL OR m.state = $7)
     ORDER BY m.created_at DESC, m.person_id DESC
     LIMIT $4)sql"};

constexpr pg::Query list_by_name{"members.list_name", R"sql(
    SELECT m.person_id, p.email, p.name, m.role, m.state, m.created_at, greatest(m.updated_at, p.updated_at),
           m.version + p.version - 1
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
     WHERE m.tenant_id = $1 AND (p.name_folded, m.person_id) > (lower($2::text), $3)
       AND ($5::text IS NULL OR p.name_folded ^@ lower($5) OR p.email_folded ^@ lower($5))
       AND ($6::text IS NULL OR m.role = $6)
       AND ($7::text IS NULL OR m.state = $7)
     ORDER BY p.name_folded, m.person_id
     LIMIT $4)sql"};

constexpr pg::Query find_person{"members.find", R"sql(
    SELECT m.person_id, p.email, p.name, m.role, m.state, m.created_at, greatest(m.updated_at, p.updated_at),
           m.version + p.version - 1
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
     WHERE m.tenant_id = $1 AND m.person_id = $2)sql"};

constexpr pg::Query hold_person{"members.hold", R"sql(
    SELECT m.person_id, p.email, p.name, m.role, m.state, m.created_at, greatest(m.updated_at, p.updated_at),
           m.version + p.version - 1
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
     WHERE m.tenant_id = $1 AND m.person_id = $2
       FOR UPDATE OF m)sql"};

// In one order, so that two of these never wait for each other. A row that changed while this one waited is
// looked at again before it counts.
constexpr pg::Query hold_active_of{"members.hold_active", R"sql(
    SELECT m.person_id
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.role = $2 AND m.state = 'active'
     ORDER BY m.person_id
       FOR UPDATE)sql"};

// The epoch too, not the sessions alone: a sign-in that has read the role before this change may begin its
// session after it, and that token must be dead as well.
constexpr pg::Query raise_epoch{"members.raise_epoch", R"sql(
    UPDATE identity.person SET epoch = epoch + 1
     WHERE id = $2 AND EXISTS (SELECT FROM identity.membership WHERE tenant_id = $1 AND person_id = $2))sql"};

constexpr pg::Query end_sessions{"members.end_sessions", R"sql(
    UPDATE identity.session SET revoked_at = $3, revoke_reason = 'forced'
     WHERE person_id = $2 AND revoked_at IS NULL
       AND (tenant_id = $1 OR $1 = '00000000-0000-0000-0000-000000000000'))sql"};

constexpr pg::Query withdraw_invitations{"members.withdraw_invitations", R"sql(
    UPDATE identity.invitation
       SET state = 'withdrawn', closed_at = $3, link_hash = NULL, link_expires_at = NULL
     WHERE tenant_id = $1 AND invited_by = $2 AND state = 'pending')sql"};

constexpr pg::Query update_account_state{"members.update_account_state", R"sql(
    UPDATE identity.person SET state = $3, version = version + 1, updated_at = $4
     WHERE id = $2 AND state <> $3 AND $1::uuid = '00000000-0000-0000-0000-000000000000')sql"};

constexpr pg::Query require_seat{"members.require_seat", R"sql(
    SELECT identity.require_seat($1, $2, ''))sql"};

constexpr pg::Query update_person{"members.update", R"sql(
    UPDATE identity.membership m SET role = $3, state = $4, version = m.version + 1, updated_at = $5
      FROM identity.person p
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND p.id = m.person_id
    RETURNING m.person_id, p.email, p.name, m.role, m.state, m.created_at, greatest(m.updated_at, p.updated_at),
              m.version + p.version - 1)sql"};

constexpr pg::Query remove_person{"members.remove", R"sql(
    DELETE FROM identity.membership WHERE tenant_id = $1 AND person_id = $2)sql"};

template <class By>
boost::asio::awaitable<web::Page<Person>> list_by(
    tenancy::PeopleDb db, pg::Query statement, PersonQuery query
) {
    const auto after = By::after(query.cursor);
    std::vector<Person> rows = co_await db.finish<Person>(
        statement, after.value, after.id, query.limit + 1, query.q, query.role, query.state
    );
    co_return By::page(std::move(rows), query.limit);
}

}  // namespace

boost::asio::awaitable<web::Page<Person>> list(tenancy::PeopleDb db, PersonQuery query) {
    if (query.sort == PersonSort::name) {
        return list_by<ByName>(db, list_by_name, std::move(query));
    }
    return list_by<ByNewest>(db, list_newest, std::move(query));
}

boost::asio::awaitable<std::optional<Person>> find(tenancy::PeopleDb db, core::Uuid person) {
    return db.finish_optional<Person>(find_person, person);
}

boost::asio::awaitable<std::vector<core::Uuid>> hold_active(tenancy::PeopleDb db, auth::Role role) {
    return db.query<core::Uuid>(hold_active_of, role);
}

boost::asio::awaitable<std::optional<Person>> hold(tenancy::PeopleDb db, core::Uuid person) {
    return db.query_optional<Person>(hold_person, person);
}

void end_access(tenancy::PeopleDb db, core::Uuid person, core::Timestamp now) {
    db.queue(raise_epoch, person);
    db.queue(end_sessions, person, now);
}

void withdraw_invitations_of(tenancy::PeopleDb db, core::Uuid person, core::Timestamp now) {
    db.queue(withdraw_invitations, person, now);
}

void set_account_state(tenancy::PeopleDb db, core::Uuid person, MembershipState state, core::Timestamp now) {
    db.queue(update_account_state, person, state, now);
}

void take_seat(tenancy::PeopleDb db, core::Timestamp now) {
    db.queue(require_seat, now);
}

boost::asio::awaitable<std::optional<Person>> update(
    tenancy::PeopleDb db, core::Uuid person, auth::Role role, MembershipState state, core::Timestamp now
) {
    return db.finish_optional<Person>(update_person, person, role, state, now);
}

boost::asio::awaitable<void> remove(tenancy::PeopleDb db, core::Uuid person) {
    [[maybe_unused]] const std::uint64_t removed = co_await db.finish_execute(remove_person, person);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_newest,
        list_by_name,
        find_person,
        hold_person,
        hold_active_of,
        raise_epoch,
        end_sessions,
        withdraw_invitations,
        update_account_state,
        require_seat,
        update_person,
        remove_person,
    };
    return all;
}

}  // namespace pz::identity::members
