#include "usage/repository.hpp"

#include <array>

namespace pz::product::usage {

namespace {

/// The columns of Usage, one behind the other.
struct Row {
    std::int64_t items = 0;
    std::int64_t projects = 0;
    std::int64_t members = 0;
    std::int64_t invited = 0;
    std::int64_t storage_bytes = 0;
    std::optional<core::Timestamp> measured_at;
    std::int64_t requests_24h = 0;
    std::int64_t errors_24h = 0;
    std::optional<std::int64_t> items_allowed;
    std::optional<std::int64_t> members_allowed;
    std::optional<std::int64_t> requests_allowed;
};
BOOST_DESCRIBE_STRUCT(
    Row,
    (),
    (items,
     projects,
     members,
     invited,
     storage_bytes,
     measured_at,
     requests_24h,
     errors_24h,
     items_allowed,
     members_allowed,
     requests_allowed)
)

constexpr pg::Query find_usage{"usage.find_own", R"sql(
    SELECT (SELECT count(*) FROM app.item WHERE tenant_id = $1),
           (SELECT count(*) FROM app.project WHERE tenant_id = $1),
           m.members, m.invited, s.bytes, s.measured_at, u.requests, u.errors,
           coalesce(t.item_limit, p.item_limit), coalesce(t.member_limit, p.member_limit),
           coalesce(t.request_limit, p.request_limit)
      FROM platform.tenant t
      JOIN platform.plan p ON p.name = t.plan
     CROSS JOIN LATERAL platform.count_members(t.id) AS m
     CROSS JOIN (SELECT coalesce(sum(bytes), 0)::bigint AS bytes, min(measured_at) AS measured_at
                   FROM platform.usage_size WHERE tenant_id = $1) AS s
     CROSS JOIN (SELECT coalesce(sum(requests), 0)::bigint AS requests, coalesce(sum(errors), 0)::bigint AS errors
                   FROM platform.usage_hour
                  WHERE tenant_id = $1 AND hour > $2::timestamptz - interval '24 hours') AS u
     WHERE t.id = $1)sql"};

constexpr pg::Query list_days{"usage.list_days", R"sql(
    SELECT date_trunc('day', hour, 'UTC') AS day, sum(requests)::bigint, sum(errors)::bigint
      FROM platform.usage_hour
     WHERE tenant_id = $1 AND hour >= date_trunc('day', $2::timestamptz, 'UTC') - interval '29 days'
     GROUP BY day
     ORDER BY day)sql"};

}  // namespace

boost::asio::awaitable<Usage> find_own(tenancy::TenantDb db, core::Timestamp now) {
    const std::optional<Row> row = co_await db.query_optional<Row>(find_usage, now);
    std::vector<UsageDay> days = co_await db.finish<UsageDay>(list_days, now);
    co_return Usage{
        .items = row.value().items,
        .projects = row->projects,
        .members = row->members,
        .invited = row->invited,
        .storage_bytes = row->storage_bytes,
        .measured_at = row->measured_at,
        .requests_24h = row->requests_24h,
        .errors_24h = row->errors_24h,
        .limits = {row->items_allowed, row->members_allowed, row->requests_allowed},
        .days = std::move(days),
    };
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{find_usage, list_days};
    return all;
}

}  // namespace pz::product::usage
