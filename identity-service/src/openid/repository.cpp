#include "openid/repository.hpp"

#include <array>

namespace pz::identity::openid {

namespace {

constexpr pg::Query find_person_claims{"openid.find_person", R"sql(
    SELECT p.name, p.email, NOT p.demo
      FROM identity.person p
      JOIN identity.membership m ON m.person_id = p.id
     WHERE m.tenant_id = $1 AND p.id = $2)sql"};

}  // namespace

boost::asio::awaitable<std::optional<PersonClaims>> find_person(
    IdentityDb db, core::Uuid tenant, tenancy::LivenessClaims claims
) {
    return db.find_live<PersonClaims>(tenant, claims, find_person_claims, claims.person);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_person_claims};
    return all;
}

}  // namespace pz::identity::openid
