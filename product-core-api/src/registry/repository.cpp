#include "registry/repository.hpp"

#include <pz/core/error.hpp>
#include <pz/pg/error.hpp>
#include <pz/web/cursor.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <ranges>
#include <string_view>
#include <utility>

namespace pz::product::registry {

namespace {

using orgs::OrgState;

// One statement for each order. The inner part walks that order's index, which has all that it looks at, and
// only the page's rows are read from the table. The needle is folded once and not for each row. Requests come
// as text, "0,12,3": a row of them for each of the last seven times 24 hours.

constexpr pg::Query list_by_age{"registry.list_by_age", R"sql(
    SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.by_day, t.created_at, t.updated_at, t.version
      FROM (SELECT id
              FROM platform.tenant
             WHERE (created_at, id) < ($1, $2)
               AND ($4::text IS NULL OR state = $4)
               AND ($5::text IS NULL OR plan = $5)
               AND ($9::timestamptz IS NULL OR created_at >= $9)
               AND ($10::timestamptz IS NULL OR created_at < $10)
               AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                    OR starts_with(slug, (SELECT lower($6))) OR id = $7)
             ORDER BY created_at DESC, id DESC
             LIMIT $3) AS page
      JOIN platform.tenant t ON t.id = page.id
     CROSS JOIN LATERAL platform.count_members(t.id) AS m
     CROSS JOIN LATERAL (
            SELECT array_to_string(ARRAY(
                     SELECT (SELECT coalesce(sum(requests), 0) FROM platform.usage_hour
                              WHERE tenant_id = t.id AND hour > $8::timestamptz - ago * interval '24 hours'
                                AND hour <= $8::timestamptz - (ago - 1) * interval '24 hours')
                       FROM generate_series(7, 1, -1) AS ago), ',') AS by_day) AS u
     ORDER BY t.created_at DESC, t.id DESC)sql"};

constexpr pg::Query list_by_name{"registry.list_by_name", R"sql(
    SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.by_day, t.created_at, t.updated_at, t.version
      FROM (SELECT id
              FROM platform.tenant
             WHERE (name_folded, id) > (lower($1::text), $2)
               AND ($4::text IS NULL OR state = $4)
               AND ($5::text IS NULL OR plan = $5)
               AND ($9::timestamptz IS NULL OR created_at >= $9)
               AND ($10::timestamptz IS NULL OR created_at < $10)
               AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                    OR starts_with(slug, (SELECT lower($6))) OR id = $7)
             ORDER BY name_folded, id
             LIMIT $3) AS page
      JOIN platform.tenant t ON t.id = page.id
     CROSS JOIN LATERAL platform.count_members(t.id) AS m
     CROSS JOIN LATERAL (
            SELECT array_to_string(ARRAY(
                     SELECT (SELECT coalesce(sum(requests), 0) FROM platform.usage_hour
                              WHERE tenant_id = t.id AND hour > $8::timestamptz - ago * interval '24 hours'
                                AND hour <= $8::timestamptz - (ago - 1) * interval '24 hours')
                       FROM generate_series(7, 1, -1) AS ago), ',') AS by_day) AS u
     ORDER BY t.name_folded, t.id)sql"};

constexpr pg::Query list_by_state{"registry.list_by_state", R"sql(
    SELECT t.id, t.slug, t.name, t.state, t.plan, m.members, m.admins, u.by_day, t.created_at, t.updated_at, t.version
      FROM (SELECT id
              FROM platform.tenant
             WHERE (state, id) > ($1, $2)
               AND ($4::text IS NULL OR state = $4)
               AND ($5::text IS NULL OR plan = $5)
               AND ($9::timestamptz IS NULL OR created_at >= $9)
               AND ($10::timestamptz IS NULL OR created_at < $10)
               AND ($6::text IS NULL OR strpos(name_folded, (SELECT lower($6))) > 0
                    OR starts_with(slug, (SELECT lower($6))) OR id = $7)
             ORDER BY state, id
             LIMIT $3) AS page
      JOIN platform.tenant t ON t.id = page.id
     CROSS JOIN LATERAL platform.count_members(t.id) AS m
     CROSS JOIN LATERAL (
            SELECT array_to_string(ARRAY(
                     SELECT (SELECT coalesce(sum(requests), 0) FROM platform.usage_hour
                              WHERE tenant_id = t.id AND hour > $8::timestamptz - ago * interval '24 hours'
                                AND hour <= $8::timestamptz - (ago - 1) * interval '24 hours')
                       FROM generate_series(7, 1, -1) AS ago), ',') AS by_day) AS u
     ORDER BY t.state, t.id)sql"};

/// The columns of RegisteredOrg, the requests as text.
struct ListRow {
    core::Uuid id;
    std::string slug;
    std::string name;
    OrgState state{};
    orgs::Plan plan{};
    std::int64_t members = 0;
    std::int64_t admins = 0;
    std::string requests_by_day;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
BOOST_DESCRIBE_STRUCT(
    ListRow,
    (),
    (id, slug, name, state, plan, members, admins, requests_by_day, created_at, updated_at, version)
)

constexpr pg::Query list_points{"registry.list_points", R"sql(
    SELECT p.at, u.requests, u.errors, p.sign_ins, p.sessions
      FROM platform.tenant t
     CROSS JOIN LATERAL platform.count_sessions(t.id, $2, $3, $4) AS p
     CROSS JOIN LATERAL (SELECT coalesce(sum(requests), 0)::bigint AS requests,
                                coalesce(sum(errors), 0)::bigint AS errors
                           FROM platform.usage_hour
                          WHERE tenant_id = t.id AND hour >= p.at AND hour < p.at + $3 * interval '1 second') AS u
     WHERE t.id = $1
     ORDER BY p.at)sql"};

/// The columns of OrgDetail, one behind the other.
struct DetailRow {
    core::Uuid id;
    std::string slug;
    std::string name;
    OrgState state{};
    std::optional<std::string> state_reason;
    core::Timestamp state_changed_at;
    std::optional<core::Uuid> state_changed_by;
    std::optional<OrgState> state_before_deletion;
    std::optional<core::Timestamp> deletion_due_at;
    orgs::Plan plan{};
    std::optional<std::int64_t> item_limit;
    std::optional<std::int64_t> member_limit;
    std::optional<std::int64_t> request_limit;
    std::optional<std::int64_t> items_allowed;
    std::optional<std::int64_t> members_allowed;
    std::optional<std::int64_t> requests_allowed;
    std::int64_t members = 0;
    std::int64_t admins = 0;
    std::int64_t invited = 0;
    std::int64_t rows = 0;
    std::int64_t storage_bytes = 0;
    std::optional<core::Timestamp> measured_at;
    std::int64_t requests_24h = 0;
    std::int64_t errors_24h = 0;
    std::optional<core::Timestamp> last_active_at;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
BOOST_DESCRIBE_STRUCT(
    DetailRow,
    (),
    (id,
     slug,
     name,
     state,
     state_reason,
     state_changed_at,
     state_changed_by,
     state_before_deletion,
     deletion_due_at,
     plan,
     item_limit,
     member_limit,
     request_limit,
     items_allowed,
     members_allowed,
     requests_allowed,
     members,
     admins,
     invited,
     rows,
     storage_bytes,
     measured_at,
     requests_24h,
     errors_24h,
     last_active_at,
     created_at,
     updated_at,
     version)
)

constexpr pg::Query find_org{"registry.find", R"sql(
    SELECT t.id, t.slug, t.name, t.state, t.state_reason, t.state_changed_at, t.state_changed_by,
           t.state_before_deletion, t.deletion_due_at, t.plan, t.item_limit, t.member_limit, t.request_limit,
           coalesce(t.item_limit, p.item_limit), coalesce(t.member_limit, p.member_limit),
           coalesce(t.request_limit, p.request_limit),
           m.members, m.admins, m.invited, s.rows, s.bytes, s.measured_at, u.requests, u.errors,
           (SELECT max(hour) FROM platform.usage_hour WHERE tenant_id = t.id),
           t.created_at, t.updated_at, t.version
      FROM platform.tenant t
      JOIN platform.plan p ON p.name = t.plan
     CROSS JOIN LATERAL platform.count_members(t.id) AS m
     CROSS JOIN LATERAL (SELECT coalesce(sum(row_count), 0)::bigint AS rows, coalesce(sum(bytes), 0)::bigint AS bytes,
                                min(measured_at) AS measured_at
                           FROM platform.usage_size WHERE tenant_id = t.id) AS s
     CROSS JOIN LATERAL (SELECT coalesce(sum(requests), 0)::bigint AS requests,
                                coalesce(sum(errors), 0)::bigint AS errors
                           FROM platform.usage_hour
                          WHERE tenant_id = t.id AND hour > $2::timestamptz - interval '24 hours') AS u
     WHERE t.id = $1)sql"};

constexpr pg::Query count_states{"registry.count_states", R"sql(
    SELECT state, count(*) FROM platform.tenant GROUP BY state ORDER BY state)sql"};

constexpr pg::Query count_plans{
    "registry.count_plans", R"sql(
    SELECT plan, count(*) FROM platform.tenant WHERE state NOT IN ('deleting', 'deleted') GROUP BY plan ORDER BY plan)sql"
};

constexpr pg::Query count_new{"registry.count_new", R"sql(
    SELECT date_trunc('month', created_at, 'UTC') AS month, count(*)
      FROM platform.tenant
     WHERE created_at >= date_trunc('month', $1::timestamptz, 'UTC') - interval '11 months'
     GROUP BY month
     ORDER BY month)sql"};

constexpr pg::Query list_largest{"registry.list_largest", R"sql(
    SELECT t.id, t.slug, t.name, s.rows, s.bytes
      FROM (SELECT tenant_id, sum(row_count)::bigint AS rows, sum(bytes)::bigint AS bytes
              FROM platform.usage_size
             GROUP BY tenant_id
             ORDER BY bytes DESC, tenant_id
             LIMIT 10) AS s
      JOIN platform.tenant t ON t.id = s.tenant_id
     ORDER BY s.bytes DESC, t.id)sql"};

constexpr pg::Query hold_org{"registry.hold", R"sql(
    SELECT state FROM platform.tenant WHERE id = $1 FOR UPDATE)sql"};

constexpr pg::Query insert_org{"registry.insert", R"sql(
    INSERT INTO platform.tenant (id, slug, name, plan, state, state_changed_by, state_changed_at, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7))sql"};

constexpr pg::Query update_org{"registry.update", R"sql(
    UPDATE platform.tenant
       SET name = CASE WHEN $3 THEN $4 ELSE name END,
           plan = CASE WHEN $5 THEN $6 ELSE plan END,
           item_limit = CASE WHEN $7 THEN $8 ELSE item_limit END,
           member_limit = CASE WHEN $9 THEN $10 ELSE member_limit END,
           request_limit = CASE WHEN $11 THEN $12 ELSE request_limit END,
           version = version + 1, updated_at = $13
     WHERE id = $1 AND ($2::integer[] IS NULL OR version = ANY ($2::integer[])))sql"};

constexpr pg::Query take_step{"registry.take_step", R"sql(
    SELECT before FROM platform.take_tenant_step($1, $2, $3, $4, $5) AS before WHERE before IS NOT NULL)sql"};

constexpr pg::Query invite_admin{"registry.invite_admin", R"sql(
    SELECT platform.invite_first_admin($1, $2, $3, $4, $5, $6))sql"};

std::vector<std::int64_t> numbers_of(std::string_view text) {
    std::vector<std::int64_t> numbers;
    for (const auto part : std::views::split(text, ',')) {
        std::int64_t& number = numbers.emplace_back();
        std::from_chars(part.data(), part.data() + part.size(), number);
    }
    return numbers;
}

RegisteredOrg org_of(ListRow row) {
    std::vector<std::int64_t> by_day = numbers_of(row.requests_by_day);
    return {
        .id = row.id,
        .slug = std::move(row.slug),
        .name = std::move(row.name),
        .state = row.state,
        .plan = row.plan,
        .members = row.members,
        .admins = row.admins,
        .requests_7d = std::accumulate(by_day.begin(), by_day.end(), std::int64_t{0}),
        .requests_by_day = std::move(by_day),
        .created_at = row.created_at,
        .updated_at = row.updated_at,
        .version = row.version,
    };
}

struct Steps {
    std::chrono::seconds length;
    std::int32_t count;
};

constexpr Steps steps_of(Period period) noexcept {
    using namespace std::chrono_literals;
    switch (period) {
        case Period::day:
            return {1h, 24};
        case Period::week:
            return {6h, 28};
        case Period::month:
            return {24h, 30};
        case Period::quarter:
            break;
    }
    return {24h, 90};
}

using ByAge = web::Descending<&RegisteredOrg::created_at>;
using ByName = web::Folded<&RegisteredOrg::name>;

OrgHealth health_of(std::int64_t requests, std::int64_t errors) noexcept {
    if (requests == 0) {
        return OrgHealth::idle;
    }
    return errors * 10 > requests ? OrgHealth::failing : OrgHealth::good;
}

OrgDetail detail_of(DetailRow row) {
    return {
        .id = row.id,
        .slug = std::move(row.slug),
        .name = std::move(row.name),
        .state = row.state,
        .state_reason = std::move(row.state_reason),
        .state_changed_at = row.state_changed_at,
        .state_changed_by = row.state_changed_by,
        .state_before_deletion = row.state_before_deletion,
        .deletion_due_at = row.deletion_due_at,
        .plan = row.plan,
        .item_limit = row.item_limit,
        .member_limit = row.member_limit,
        .request_limit = row.request_limit,
        .limits = {row.items_allowed, row.members_allowed, row.requests_allowed},
        .people = {row.members, row.admins, row.invited},
        .usage =
            {row.rows,
             row.storage_bytes,
             row.measured_at,
             row.requests_24h,
             row.errors_24h,
             row.last_active_at},
        .health = health_of(row.requests_24h, row.errors_24h),
        .created_at = row.created_at,
        .updated_at = row.updated_at,
        .version = row.version,
    };
}

/// States are text in the database and an enumeration here, so their order is not one of cursor.hpp's.
web::Key<std::string> after_state(const std::optional<std::string>& cursor) {
    if (!cursor) {
        return {};
    }
    auto key = web::Key<std::string>::unpack(*cursor);
    if (!key) {
        web::detail::refuse_cursor();
    }
    return *std::move(key);
}

web::Page<RegisteredOrg> page_by_state(std::vector<RegisteredOrg> rows, std::int32_t limit) {
    web::Page<RegisteredOrg> page;
    const auto size = static_cast<std::size_t>(limit);
    if (rows.size() > size) {
        rows.resize(size);
        const RegisteredOrg& last = rows.back();
        page.next_key = web::Key<std::string>{std::string{core::enum_text(last.state)}, last.id}.pack();
    }
    page.items = std::move(rows);
    return page;
}

template <class Value>
boost::asio::awaitable<std::vector<RegisteredOrg>> rows_of(
    tenancy::AdminDb db, pg::Query statement, web::Key<Value> after, OrgQuery query, core::Timestamp now
) {
    const std::optional<core::Uuid> id = query.q ? core::Uuid::parse(*query.q) : std::nullopt;
    std::vector<ListRow> rows = co_await db.finish<ListRow>(
        statement,
        after.value,
        after.id,
        query.limit + 1,
        query.state,
        query.plan,
        query.q,
        id,
        now,
        query.created_from,
        query.created_to
    );
    std::vector<RegisteredOrg> orgs;
    orgs.reserve(rows.size());
    std::ranges::transform(rows, std::back_inserter(orgs), [](ListRow& row) {
        return org_of(std::move(row));
    });
    co_return orgs;
}

}  // namespace

boost::asio::awaitable<web::Page<RegisteredOrg>> list(
    tenancy::AdminDb db, OrgQuery query, core::Timestamp now
) {
    switch (query.sort) {
        case OrgSort::newest: {
            auto rows = co_await rows_of(db, list_by_age, ByAge::after(query.cursor), query, now);
            co_return ByAge::page(std::move(rows), query.limit);
        }
        case OrgSort::name: {
            auto rows = co_await rows_of(db, list_by_name, ByName::after(query.cursor), query, now);
            co_return ByName::page(std::move(rows), query.limit);
        }
        case OrgSort::state:
            break;
    }
    auto rows = co_await rows_of(db, list_by_state, after_state(query.cursor), query, now);
    co_return page_by_state(std::move(rows), query.limit);
}

boost::asio::awaitable<std::optional<OrgDetail>> find(
    tenancy::AdminDb db, core::Uuid id, core::Timestamp now
) {
    std::optional<DetailRow> row = co_await db.finish_optional<DetailRow>(find_org, id, now);
    co_return row ? std::optional{detail_of(*std::move(row))} : std::nullopt;
}

boost::asio::awaitable<std::optional<UsagePlot>> plot_usage(
    tenancy::AdminDb db, core::Uuid id, Period period, core::Timestamp now
) {
    const auto [length, count] = steps_of(period);
    const core::Timestamp last = now - now.time_since_epoch() % length;
    const auto seconds = static_cast<std::int32_t>(length.count());
    std::vector<PlotPoint> points =
        co_await db.finish<PlotPoint>(list_points, id, last - length * (count - 1), seconds, count);
    if (points.empty()) {
        co_return std::nullopt;
    }
    co_return UsagePlot{.period = period, .step_seconds = seconds, .points = std::move(points)};
}

boost::asio::awaitable<Stats> stats(tenancy::AdminDb db, core::Timestamp now) {
    Stats stats;
    stats.states = co_await db.query<StateCount>(count_states);
    stats.plans = co_await db.query<PlanCount>(count_plans);
    stats.growth = co_await db.query<MonthCount>(count_new, now);
    stats.largest = co_await db.finish<LargeOrg>(list_largest);
    co_return stats;
}

boost::asio::awaitable<std::optional<OrgState>> hold(tenancy::AdminDb db, core::Uuid id) {
    return db.query_optional<OrgState>(hold_org, id);
}

boost::asio::awaitable<void> insert(
    tenancy::AdminDb db, core::Uuid id, OrgCreate values, core::Uuid actor, core::Timestamp now
) {
    try {
        [[maybe_unused]] const std::uint64_t inserted = co_await db.execute(
            insert_org, id, values.slug, values.name, values.plan, values.state, actor, now
        );
    } catch (const pg::Error& error) {
        error.on_constraint("tenant_slug_key", core::conflict("an organization with this slug exists"));
        throw;
    }
}

boost::asio::awaitable<bool> update(
    tenancy::AdminDb db, core::Uuid id, web::IfMatch match, RegisteredOrgUpdate values, core::Timestamp now
) {
    const std::uint64_t updated = co_await db.execute(
        update_org,
        id,
        match.versions_text(),
        values.name.present,
        values.name.value,
        values.plan.present,
        values.plan.value,
        values.item_limit.present,
        values.item_limit.value,
        values.member_limit.present,
        values.member_limit.value,
        values.request_limit.present,
        values.request_limit.value,
        now
    );
    co_return updated == 1;
}

boost::asio::awaitable<std::optional<OrgState>> take(
    tenancy::AdminDb db,
    core::Uuid id,
    Step step,
    std::optional<std::string> reason,
    core::Uuid actor,
    core::Timestamp now
) {
    try {
        co_return co_await db.query_optional<OrgState>(take_step, id, step, reason, actor, now);
    } catch (const pg::Error& error) {
        if (error.sqlstate() == "PZ409") {
            throw core::ApiError(
                409, core::ErrorCode::wrong_state, "the organization's state does not allow this"
            )
                .with_cause(error.detail());
        }
        throw;
    }
}

boost::asio::awaitable<void> invite(
    tenancy::AdminDb db, core::Uuid id, FirstAdmin admin, core::Timestamp now
) {
    try {
        [[maybe_unused]] const std::uint64_t done = co_await db.execute(
            invite_admin, id, admin.email, admin.invited_by, admin.invitation, admin.mail, now
        );
    } catch (const pg::Error& error) {
        if (error.sqlstate() == "PZ409") {
            throw core::conflict("the organization has an admin, who invites the others");
        }
        throw;
    }
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_by_age,
        list_by_name,
        list_by_state,
        list_points,
        find_org,
        count_states,
        count_plans,
        count_new,
        list_largest,
        hold_org,
        insert_org,
        update_org,
        take_step,
        invite_admin,
    };
    return all;
}

}  // namespace pz::product::registry
