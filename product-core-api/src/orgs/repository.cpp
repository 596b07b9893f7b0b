#include "orgs/repository.hpp"

#include <array>

namespace pz::product::orgs {

namespace {

constexpr pg::Query find_own_org{"orgs.find_own", R"sql(
    SELECT id, slug, name, state, plan, created_at, updated_at, version
      FROM platform.tenant
     WHERE id = $1)sql"};

}  // namespace

boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db) {
    co_return co_await db.finish_optional<Org>(find_own_org);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_own_org};
    return all;
}

}  // namespace pz::product::orgs
