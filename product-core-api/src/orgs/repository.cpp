#include "orgs/repository.hpp"

#include <array>

namespace pz::product::orgs {

namespace {

constexpr pg::Query find_own_org{"orgs.find_own", R"sql(
    SELECT id, slug, name, state, plan, contact_email, time_zone, created_at, updated_at, version
      FROM platform.tenant
     WHERE id = $1)sql"};

/// The row as the update left it, or as it stands with another version.
struct WrittenOrg : Org {
    bool done = false;
};
BOOST_DESCRIBE_STRUCT(WrittenOrg, (Org), (done))

constexpr pg::Query update_own_org{"orgs.update_own", R"sql(
    WITH written AS (
      UPDATE platform.tenant
         SET name = CASE WHEN $3 THEN $4 ELSE name END,
             contact_email = CASE WHEN $5 THEN $6 ELSE contact_email END,
             time_zone = CASE WHEN $7 THEN $8 ELSE time_zone END,
             version = version + 1, updated_at = $9
       WHERE id = $1 AND ($2::integer[] IS NULL OR version = ANY ($2::integer[]))
      RETURNING id, slug, name, state, plan, contact_email, time_zone, created_at, updated_at, version)
    SELECT id, slug, name, state, plan, contact_email, time_zone, created_at, updated_at, version, true FROM written
    UNION ALL
    SELECT id, slug, name, state, plan, contact_email, time_zone, created_at, updated_at, version, false
      FROM platform.tenant
     WHERE id = $1 AND NOT EXISTS (SELECT FROM written))sql"};

}  // namespace

boost::asio::awaitable<std::optional<Org>> find_own(tenancy::TenantDb db) {
    co_return co_await db.finish_optional<Org>(find_own_org);
}

boost::asio::awaitable<web::Updated<Org>> update_own(
    tenancy::TenantDb db, web::IfMatch match, OrgUpdate values, core::Timestamp now
) {
    std::optional<WrittenOrg> row = co_await db.finish_optional<WrittenOrg>(
        update_own_org,
        match.versions_text(),
        values.name.present,
        values.name.value,
        values.contact_email.present,
        values.contact_email.value,
        values.time_zone.present,
        values.time_zone.value,
        now
    );
    if (!row) {
        co_return web::Updated<Org>{};
    }
    const web::WriteOutcome outcome = row->done ? web::WriteOutcome::done : web::WriteOutcome::stale;
    co_return web::Updated<Org>{outcome, static_cast<Org&&>(*row)};
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_own_org, update_own_org};
    return all;
}

}  // namespace pz::product::orgs
