#pragma once

#include "orgs/types.hpp"
#include "usage/types.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The registry of organizations, for platform staff: docs/organizations.md.
namespace pz::product::registry {

/// An organization in the list.
struct RegisteredOrg {
    core::Uuid id;
    std::string slug;
    std::string name;
    orgs::OrgState state{};
    orgs::Plan plan{};
    std::int64_t members = 0;
    std::int64_t admins = 0;
    std::int64_t requests_7d = 0;
    std::vector<std::int64_t> requests_by_day;
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(
    RegisteredOrg,
    id,
    slug,
    name,
    state,
    plan,
    members,
    admins,
    requests_7d,
    (requests_by_day, text("The same 7 days, each 24 hours, oldest first")),
    created_at,
    updated_at,
    version
)

enum class OrgSort : std::uint8_t { newest, name, state };
BOOST_DESCRIBE_ENUM(OrgSort, newest, name, state)

struct OrgQuery {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
    OrgSort sort = OrgSort::newest;
    std::optional<std::string> q;
    std::optional<orgs::OrgState> state;
    std::optional<orgs::Plan> plan;
    std::optional<core::Timestamp> created_from;
    std::optional<core::Timestamp> created_to;
};
PZ_DESCRIBE(
    OrgQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    sort,
    (q, length(1, 100), text("Names that contain this, slugs that begin with it, in any case, or an exact id")
    ),
    state,
    plan,
    created_from,
    (created_to, text("Before this time"))
)

/// How many people an organization has; `invited` have not accepted yet.
struct People {
    std::int64_t members = 0;
    std::int64_t admins = 0;
    std::int64_t invited = 0;
};
PZ_DESCRIBE(People, members, admins, invited)

/// How much an organization has and how it goes. Rows and storage are as last measured, requests are some
/// seconds behind.
struct Activity {
    std::int64_t rows = 0;
    std::int64_t storage_bytes = 0;
    std::optional<core::Timestamp> measured_at;
    std::int64_t requests_24h = 0;
    std::int64_t errors_24h = 0;
    std::optional<core::Timestamp> last_active_at;  ///< the hour of its last request
};
PZ_DESCRIBE(Activity, rows, storage_bytes, measured_at, requests_24h, errors_24h, last_active_at)

/// failing: more than a tenth of a day's requests ended in an error; idle: there were none.
enum class OrgHealth : std::uint8_t { good, failing, idle };
BOOST_DESCRIBE_ENUM(OrgHealth, good, failing, idle)

/// Everything that staff see of an organization. `item_limit` and its like are the organization's own and
/// null where the plan's limit holds; `limits` is what holds.
struct OrgDetail {
    core::Uuid id;
    std::string slug;
    std::string name;
    orgs::OrgState state{};
    std::optional<std::string> state_reason;
    core::Timestamp state_changed_at;
    std::optional<core::Uuid> state_changed_by;
    std::optional<orgs::OrgState> state_before_deletion;
    std::optional<core::Timestamp> deletion_due_at;
    orgs::Plan plan{};
    std::optional<std::int64_t> item_limit;
    std::optional<std::int64_t> member_limit;
    std::optional<std::int64_t> request_limit;
    usage::Limits limits;
    People people;
    Activity usage;
    OrgHealth health{};
    core::Timestamp created_at;
    core::Timestamp updated_at;
    std::int32_t version = 0;
};
PZ_DESCRIBE(
    OrgDetail,
    id,
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
    limits,
    people,
    usage,
    health,
    created_at,
    updated_at,
    version
)

/// How far a plot looks back. Each has a few dozen points: a day's are hours, a week's quarters of a day,
/// longer ones' days (UTC).
enum class Period : std::uint8_t { day, week, month, quarter };
BOOST_DESCRIBE_ENUM(Period, day, week, month, quarter)

struct PlotQuery {
    Period period = Period::month;
};
PZ_DESCRIBE(PlotQuery, (period, text("The last 24 hours, 7, 30 or 90 days")))

/// What happened from `at` until the next point. `errors` were answered with 4xx or 5xx; `sessions` were open
/// at some time of it.
struct PlotPoint {
    core::Timestamp at;
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    std::int64_t sign_ins = 0;
    std::int64_t sessions = 0;
};
PZ_DESCRIBE(PlotPoint, at, requests, errors, sign_ins, sessions)

/// An organization's use over time: numbers alone. The last point is not over yet.
struct UsagePlot {
    Period period{};
    std::int32_t step_seconds = 0;
    std::vector<PlotPoint> points;  ///< without gaps, oldest first
};
PZ_DESCRIBE(UsagePlot, period, step_seconds, points)

struct StateCount {
    orgs::OrgState state{};
    std::int64_t count = 0;
};
PZ_DESCRIBE(StateCount, state, count)

struct PlanCount {
    orgs::Plan plan{};
    std::int64_t count = 0;
};
PZ_DESCRIBE(PlanCount, plan, count)

/// Organizations that began in a month (UTC).
struct MonthCount {
    core::Timestamp month;
    std::int64_t count = 0;
};
PZ_DESCRIBE(MonthCount, month, count)

struct LargeOrg {
    core::Uuid id;
    std::string slug;
    std::string name;
    std::int64_t rows = 0;
    std::int64_t storage_bytes = 0;
};
PZ_DESCRIBE(LargeOrg, id, slug, name, rows, storage_bytes)

/// The platform in numbers.
struct Stats {
    std::vector<StateCount> states;
    std::vector<PlanCount> plans;
    std::vector<MonthCount> growth;  ///< of the last twelve months, those with any; oldest first
    std::vector<LargeOrg> largest;   ///< the ten that store most
};
PZ_DESCRIBE(Stats, states, plans, growth, largest)

/// How an organization begins.
enum class OrgStart : std::uint8_t { trial, active };
BOOST_DESCRIBE_ENUM(OrgStart, trial, active)

struct OrgCreate {
    std::string slug;
    std::string name;
    orgs::Plan plan{};
    OrgStart state{};
    std::string admin_email;
};
PZ_DESCRIBE(
    OrgCreate,
    (slug, length(1, 63), text("a-z, 0-9 and -, unique among all organizations, for good")),
    (name, length(1, 200)),
    plan,
    state,
    (admin_email, length(3, 254), text("Who is invited as the first admin"))
)

struct RegisteredOrgUpdate {
    core::Change<std::string> name;
    core::Change<orgs::Plan> plan;
    core::Change<std::optional<std::int64_t>> item_limit;
    core::Change<std::optional<std::int64_t>> member_limit;
    core::Change<std::optional<std::int64_t>> request_limit;
};
PZ_DESCRIBE(
    RegisteredOrgUpdate,
    (name, length(1, 200)),
    plan,
    (item_limit, range(0, 1'000'000'000), text("null: the plan's")),
    (member_limit, range(0, 1'000'000'000), text("null: the plan's")),
    (request_limit, range(1, 1'000'000'000), text("Requests per minute; null: the plan's"))
)

/// Why people lose something: staff say so, and see it again with the organization.
struct OrgStop {
    std::string reason;
};
PZ_DESCRIBE(OrgStop, (reason, length(10, 500)))

/// Why they get it back, where there is something to say.
struct OrgReturn {
    std::optional<std::string> reason;
};
PZ_DESCRIBE(OrgReturn, (reason, length(1, 500)))

struct AdminInvitation {
    std::string email;
};
PZ_DESCRIBE(AdminInvitation, (email, length(3, 254)))

/// The steps of platform.take_tenant_step() that staff take.
enum class Step : std::uint8_t { activate, make_read_only, suspend, schedule_deletion, undo_deletion };
BOOST_DESCRIBE_ENUM(Step, activate, make_read_only, suspend, schedule_deletion, undo_deletion)

}  // namespace pz::product::registry
