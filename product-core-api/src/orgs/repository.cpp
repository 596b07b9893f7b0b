#include "orgs/repository.hpp"

#include <pz/web/cursor.hpp>

#include <array>

namespace pz::product::orgs {

namespace {

constexpr pg::Query find_own_org{"orgs.find_own", R"sql(
    SELECT id, slug, name, state, plan, created_at, updated_at, version
      FROM platform.tenant
     WHERE id = $1)sql"};

constexpr pg::Query list_orgs{"orgs.list", R"sql(
    SELECT id, slug, name, state, plan, created_at, updated_at, version
      FROM platform.tenant
     WHERE (created_at, id) < ($1, $2)
       AND ($4::text IS NULL OR state = $4)
       AND ($5::text IS NULL OR name_folded ^@ lower($5) OR slug ^@ lower($5) OR id = $6)
     ORDER BY created_at DESC, id DESC
     LIMIT $3)sql"};

}  // namespace

boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db) {
    co_return co_await db.finish_optional<Org>(find_own_org);
}

boost::asio::awaitable<web::Page<Org>> list(tenancy::AdminDb db, OrgQuery query) {
    using Newest = web::Descending<&Org::created_at>;
    const auto after = Newest::after(query.cursor);
    const std::optional<core::Uuid> id = query.q ? core::Uuid::parse(*query.q) : std::nullopt;
    std::vector<Org> rows =
        co_await db.finish<Org>(list_orgs, after.value, after.id, query.limit + 1, query.state, query.q, id);
    co_return Newest::page(std::move(rows), query.limit);
}

std::span<const pg::Query> tenant_queries() {
    static constexpr std::array all{find_own_org};
    return all;
}

std::span<const pg::Query> admin_queries() {
    static constexpr std::array all{list_orgs};
    return all;
}

}  // namespace pz::product::orgs
