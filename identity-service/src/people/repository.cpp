#include "people/repository.hpp"

#include <array>

namespace pz::identity::people {

namespace {

constexpr pg::Query find_account_by_email{"people.find_account", R"sql(
    SELECT p.id, p.state, p.epoch, t.id, t.state, t.epoch, m.role, p.password_hash
      FROM identity.person p
      JOIN identity.membership m ON m.person_id = p.id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE p.email_folded = $1 AND p.password_hash IS NOT NULL AND m.state = 'active'
     ORDER BY t.state IN ('active', 'trial', 'read_only') DESC, m.created_at, m.tenant_id
     LIMIT 1)sql"};

constexpr pg::Query replace_password_hash{
    "people.replace_password_hash", R"sql(
    UPDATE identity.person SET password_hash = $3, updated_at = now() WHERE id = $1 AND password_hash = $2)sql"
};

constexpr pg::Query find_profile_of{"people.find_profile", R"sql(
    SELECT p.id, p.email, p.name, p.version, p.state, p.epoch, t.id, t.name, t.slug, t.plan, t.state, t.epoch, m.role,
           s.revoked_at IS NULL AND s.expires_at > now()
      FROM identity.session s
      JOIN identity.person p ON p.id = s.person_id
      JOIN identity.membership m ON m.person_id = p.id AND m.tenant_id = s.tenant_id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE s.id = $3 AND p.id = $1 AND t.id = $2 AND m.state = 'active')sql"};

constexpr pg::Query list_memberships_of{"people.list_memberships", R"sql(
    SELECT t.id, t.name, t.slug, m.role
      FROM identity.membership m
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE m.person_id = $1 AND m.state = 'active'
     ORDER BY t.name_folded, t.id)sql"};

constexpr pg::Query update_profile{"people.update_profile", R"sql(
    UPDATE identity.person p
       SET name = CASE WHEN $4 THEN $5 ELSE p.name END, version = p.version + 1, updated_at = $6
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND p.id = m.person_id
       AND ($3::integer[] IS NULL OR p.version = ANY ($3::integer[]))
    RETURNING p.id, p.email, p.name, p.version)sql"};

}  // namespace

bool may_sign_in(TenantState state, auth::Role role) noexcept {
    switch (state) {
        case TenantState::trial:
        case TenantState::active:
        case TenantState::read_only:
            return true;
        case TenantState::deletion_scheduled:
            return role == auth::Role::admin;
        default:
            return false;
    }
}

boost::asio::awaitable<std::optional<AccountWithPassword>> find_account(IdentityDb db, std::string email) {
    return db.find<AccountWithPassword>(find_account_by_email, std::move(email));
}

boost::asio::awaitable<void> store_password_hash(
    IdentityDb db, core::Uuid person, std::string old_hash, std::string hash
) {
    // Compared with the old one, so that a password that changed meanwhile is not put back.
    [[maybe_unused]] const std::uint64_t changed =
        co_await db.write(replace_password_hash, person, std::move(old_hash), std::move(hash));
}

boost::asio::awaitable<std::optional<Profile>> find_profile(
    IdentityDb db, core::Uuid person, core::Uuid tenant, core::Uuid session
) {
    return db.find<Profile>(find_profile_of, person, tenant, session);
}

boost::asio::awaitable<std::vector<Membership>> list_memberships(IdentityDb db, core::Uuid person) {
    return db.list<Membership>(list_memberships_of, person);
}

boost::asio::awaitable<std::optional<MePerson>> update_person(
    tenancy::PeopleDb db,
    core::Uuid person,
    std::optional<std::string> versions,
    core::Change<std::string> name,
    core::Timestamp now
) {
    return db.finish_optional<MePerson>(update_profile, person, versions, name.present, name.value, now);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        find_account_by_email, replace_password_hash, find_profile_of, list_memberships_of, update_profile
    };
    return all;
}

}  // namespace pz::identity::people
