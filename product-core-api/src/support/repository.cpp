#include "support/repository.hpp"

#include <array>

namespace pz::product::support {

namespace {

constexpr pg::Query lookup_orgs{"support.lookup", R"sql(
    SELECT id, name, slug, state, plan
      FROM platform.tenant
     WHERE name_folded ^@ lower($1) OR slug ^@ lower($1) OR id = $2
     ORDER BY name_folded, id
     LIMIT 20)sql"};

}  // namespace

boost::asio::awaitable<std::vector<OrgSummary>> lookup(tenancy::AdminDb db, LookupQuery query) {
    const std::optional<core::Uuid> id = core::Uuid::parse(query.q);
    co_return co_await db.finish<OrgSummary>(lookup_orgs, query.q, id);
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{lookup_orgs};
    return all;
}

}  // namespace pz::product::support
