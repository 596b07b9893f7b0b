#include "passwords/repository.hpp"

#include <array>

namespace pz::identity::passwords {

namespace {

constexpr pg::Query find_credentials_of{"passwords.find_credentials", R"sql(
    SELECT p.password_hash, p.email, t.name, t.slug
      FROM identity.membership m
      JOIN identity.person p ON p.id = m.person_id
      JOIN platform.tenant t ON t.id = m.tenant_id
     WHERE m.tenant_id = $1 AND m.person_id = $2)sql"};

constexpr pg::Query replace_password_hash{"passwords.replace_hash", R"sql(
    UPDATE identity.person p
       SET password_hash = $4, epoch = p.epoch + 1, version = p.version + 1, updated_at = $5
      FROM identity.membership m
     WHERE m.tenant_id = $1 AND m.person_id = $2 AND p.id = $2 AND p.password_hash = $3)sql"};

}  // namespace

boost::asio::awaitable<std::optional<Credentials>> find_credentials(
    IdentityDb db, core::Uuid tenant, core::Uuid person
) {
    return db.find<Credentials>(find_credentials_of, tenant, person);
}

boost::asio::awaitable<bool> replace_hash(
    tenancy::PeopleDb db, core::Uuid person, std::string old_hash, std::string new_hash, core::Timestamp now
) {
    const std::uint64_t replaced =
        co_await db.execute(replace_password_hash, person, old_hash, new_hash, now);
    co_return replaced == 1;
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_credentials_of, replace_password_hash};
    return all;
}

}  // namespace pz::identity::passwords
