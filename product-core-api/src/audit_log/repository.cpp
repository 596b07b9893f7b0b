#include "audit_log/repository.hpp"

#include <pz/audit/checkpoint.hpp>
#include <pz/web/table.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace json = boost::json;

namespace pz::product::audit_log {

namespace {

using web::detail::StaticText;

/// The index that a list walks: of the filters that are given the one that should meet the fewest events. The
/// others are looked at event by event.
enum class Lead : std::uint8_t { time, action, actor, outcome, target, impersonation };

constexpr std::string_view condition_of(Lead lead) {
    switch (lead) {
        case Lead::time:
            return "";
        case Lead::action:
            return " AND action = $8";
        case Lead::actor:
            return " AND actor_id = $7";
        case Lead::outcome:
            return " AND outcome = $10 AND outcome <> 'success'";
        case Lead::target:
            return " AND target_id = $9";
        case Lead::impersonation:
            return " AND impersonation_id = $11";
    }
    return "";
}

constexpr std::string_view name_of(Lead lead) {
    switch (lead) {
        case Lead::time:
            return "audit_log.list";
        case Lead::action:
            return "audit_log.list_by_action";
        case Lead::actor:
            return "audit_log.list_by_actor";
        case Lead::outcome:
            return "audit_log.list_by_outcome";
        case Lead::target:
            return "audit_log.list_by_target";
        case Lead::impersonation:
            return "audit_log.list_by_impersonation";
    }
    return "";
}

/// $5 is how many events may be looked at: the last of them comes back whatever it is, so that the next page
/// begins there. Nothing is sorted and nothing counted beforehand: the rows come from the index one by one
/// until the page is full.
template <Lead lead>
constexpr StaticText write_list() {
    StaticText sql;
    sql.add(
        R"sql(
    SELECT at, seq, id, action, outcome, body, hash, matches, looked_at = $5
      FROM (SELECT at, seq, id, action, outcome, body, hash,
                   row_number() OVER (ORDER BY at DESC, seq DESC) AS looked_at,
                   (($7::uuid IS NULL OR actor_id = $7) AND ($8::text IS NULL OR action = $8)
                    AND ($9::text IS NULL OR target_id = $9) AND ($10::text IS NULL OR outcome = $10)
                    AND ($11::uuid IS NULL OR impersonation_id = $11)) IS TRUE AS matches
              FROM audit.event
             WHERE tenant_id = $1 AND (at, seq) < ($2, $3) AND at >= $6)sql",
        condition_of(lead),
        R"sql(
             ORDER BY at DESC, seq DESC
             LIMIT $5) AS looked
     WHERE matches OR looked_at = $5
     ORDER BY at DESC, seq DESC
     LIMIT $4)sql"
    );
    return sql;
}

template <Lead lead>
constexpr StaticText write_name() {
    StaticText name;
    name.add(name_of(lead));
    return name;
}

template <Lead lead>
constexpr pg::Query list_events{
    web::detail::static_array<&write_name<lead>>.data(), web::detail::static_array<&write_list<lead>>.data()
};

constexpr pg::Query find_chain_head{"audit_log.find_head", R"sql(
    SELECT at, seq, hash FROM audit.chain_head WHERE tenant_id = $1)sql"};

constexpr pg::Query read_chain{"audit_log.read", R"sql(
    SELECT at, seq, body, hash, id, action, outcome, actor_id, target_id, impersonation_id
      FROM audit.event
     WHERE tenant_id = $1 AND (at, seq) > ($2, $3) AND (at, seq) <= ($4, $5)
     ORDER BY at, seq
     LIMIT $6)sql"};

constexpr pg::Query list_signed_places{"audit_log.list_signed_places", R"sql(
    SELECT seq, hash FROM audit.checkpoint WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq)sql"};

constexpr pg::Query find_checkpoint{"audit_log.find_last_checkpoint", R"sql(
    SELECT seq, made_at, kid, jws FROM audit.checkpoint WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1)sql"};

constexpr pg::Query find_last_retirement{"audit_log.find_retirement", R"sql(
    SELECT event_at, seq, hash, jws FROM audit.retirement WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1)sql"};

// True also where there are events and no head.
constexpr pg::Query find_beyond_head{
    "audit_log.find_beyond_head", R"sql(
    SELECT EXISTS (
      SELECT FROM (SELECT at, seq FROM audit.event WHERE tenant_id = $1 ORDER BY at DESC, seq DESC LIMIT 1) AS newest
       WHERE ((newest.at, newest.seq) > (SELECT at, seq FROM audit.chain_head WHERE tenant_id = $1)) IS NOT FALSE))sql"
};

constexpr pg::Query list_last_checkpoints{"audit_log.list_checkpoints", R"sql(
    SELECT jws FROM audit.checkpoint WHERE tenant_id = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1000)sql"};

struct ListRow {
    core::Timestamp at;
    std::int64_t seq = 0;
    core::Uuid id;
    std::string action;
    audit::Outcome outcome{};
    std::vector<std::uint8_t> body;
    std::vector<std::uint8_t> hash;
    bool matches = false;
    bool is_last_looked_at = false;
};
BOOST_DESCRIBE_STRUCT(ListRow, (), (at, seq, id, action, outcome, body, hash, matches, is_last_looked_at))

struct RetirementRow {
    core::Timestamp event_at;
    std::int64_t seq = 0;
    std::vector<std::uint8_t> hash;
    std::string jws;
};
BOOST_DESCRIBE_STRUCT(RetirementRow, (), (event_at, seq, hash, jws))

struct HeadRow {
    core::Timestamp at;
    std::int64_t seq = 0;
    std::vector<std::uint8_t> hash;
};
BOOST_DESCRIBE_STRUCT(HeadRow, (), (at, seq, hash))

struct PlaceRow {
    std::int64_t seq = 0;
    std::vector<std::uint8_t> hash;
};
BOOST_DESCRIBE_STRUCT(PlaceRow, (), (seq, hash))

std::string_view text_of(const std::vector<std::uint8_t>& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The table holds 32 bytes; whatever else is there is nobody's hash.
crypto::Sha256Digest digest_of(const std::vector<std::uint8_t>& bytes) noexcept {
    crypto::Sha256Digest digest{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

// What a body says. Whoever has changed one in the database may have left anything there, and the rest of the
// list should still be seen: what cannot be read is not there.

const json::value* member(const json::value* object, std::string_view name) {
    return object != nullptr && object->is_object() ? object->get_object().if_contains(name) : nullptr;
}

std::optional<std::string> text(const json::value* value) {
    return value != nullptr && value->is_string() ? std::optional<std::string>{value->get_string()}
                                                  : std::nullopt;
}

std::optional<core::Uuid> id(const json::value* value) {
    const std::optional<std::string> found = text(value);
    return found ? core::Uuid::parse(*found) : std::nullopt;
}

json::object object(const json::value* value) {
    return value != nullptr && value->is_object() ? value->get_object() : json::object{};
}

EventActor actor_of(const json::value* actor) {
    const std::string type = text(member(actor, "type")).value_or("");
    return {
        .id = id(member(actor, "id")),
        .type = core::enum_from_text<audit::ActorType>(type).value_or(audit::ActorType::system),
        .role = text(member(actor, "role")),
        .tenant = id(member(actor, "tenant")),
    };
}

std::optional<EventImpersonation> impersonation_of(const json::value* session) {
    const std::optional<core::Uuid> found = id(member(session, "sid"));
    if (!found) {
        return std::nullopt;
    }
    return EventImpersonation{
        .session = *found,
        .mode = text(member(session, "mode")),
        .reason = text(member(session, "reason")),
        .ticket = text(member(session, "ticket")),
    };
}

std::vector<EventTarget> targets_of(const json::value* targets) {
    std::vector<EventTarget> all;
    if (targets != nullptr && targets->is_array()) {
        for (const json::value& one : targets->get_array()) {
            all.push_back({text(member(&one, "type")).value_or(""), text(member(&one, "id")).value_or("")});
        }
    }
    return all;
}

std::optional<std::int64_t> number(const json::value* value) {
    return value != nullptr && value->is_int64() ? std::optional{value->get_int64()} : std::nullopt;
}

/// What has a member of its own is left out, and so are commitments, which say nothing to a reader.
json::object facts_of(const json::value* context) {
    json::object facts = object(context);
    for (const std::string_view shown : {"ip_c", "req", "route", "status", "ua_c"}) {
        facts.erase(shown);
    }
    return facts;
}

AuditEvent event_of(ListRow row) {
    boost::system::error_code malformed;
    const json::value body = json::parse(text_of(row.body), malformed);
    const json::value* context = member(&body, "ctx");
    const json::value* diff = member(&body, "diff");
    const auto time = core::parse_timestamp(text(member(&body, "ts")).value_or(""));
    return {
        .id = row.id,
        .seq = row.seq,
        .time = time.value_or(row.at),
        .action = std::move(row.action),
        .outcome = row.outcome,
        .actor = actor_of(member(&body, "actor")),
        .on_behalf_of = id(member(member(&body, "on_behalf_of"), "id")),
        .impersonation = impersonation_of(member(&body, "imp")),
        .target = targets_of(member(&body, "target")),
        .request_id = text(member(context, "req")),
        .route = text(member(context, "route")),
        .status = number(member(context, "status")),
        .facts = facts_of(context),
        .diff =
            diff == nullptr
                ? std::nullopt
                : std::optional<EventDiff>{{object(member(diff, "before")), object(member(diff, "after"))}},
        .hash = audit::to_hex(digest_of(row.hash)),
    };
}

pg::Query statement_for(const Filter& filter) {
    if (filter.impersonation) {
        return list_events<Lead::impersonation>;
    }
    if (filter.target) {
        return list_events<Lead::target>;
    }
    if (filter.outcome && *filter.outcome != audit::Outcome::success) {
        return list_events<Lead::outcome>;
    }
    if (filter.actor) {
        return list_events<Lead::actor>;
    }
    if (filter.action) {
        return list_events<Lead::action>;
    }
    return list_events<Lead::time>;
}

EventPage page_of(std::vector<ListRow> rows, std::int32_t limit) {
    EventPage page;
    const auto size = static_cast<std::size_t>(limit);
    const bool is_full = rows.size() > size;
    const bool has_looked_enough = !rows.empty() && rows.back().is_last_looked_at;
    if (is_full) {
        rows.resize(size);
    }
    if (is_full || has_looked_enough) {
        page.next = Position{rows.back().at, rows.back().seq};
    }
    for (ListRow& row : rows) {
        if (row.matches) {
            page.events.push_back(event_of(std::move(row)));
        }
    }
    return page;
}

}  // namespace

Position beginning() noexcept {
    return {std::chrono::sys_days{std::chrono::year{1} / 1 / 1}, 0};
}

Position end() noexcept {
    return {
        std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}, std::numeric_limits<std::int64_t>::max()
    };
}

std::string_view ChainRow::body_text() const noexcept {
    return text_of(body);
}

Mark ChainRow::mark() const noexcept {
    return {{at, seq}, digest_of(hash)};
}

boost::asio::awaitable<EventPage> list(
    tenancy::TenantDb db, Filter filter, Position before, std::int32_t limit
) {
    // Numbers begin with 1, so a place in front of all of them is the time itself, left out.
    const Position until = filter.to && *filter.to <= before.at ? Position{*filter.to, 0} : before;
    std::vector<ListRow> rows = co_await db.finish<ListRow>(
        statement_for(filter),
        until.at,
        until.seq,
        limit + 1,
        most_looked_at,
        filter.from.value_or(beginning().at),
        filter.actor,
        filter.action,
        filter.target,
        filter.outcome,
        filter.impersonation
    );
    co_return page_of(std::move(rows), limit);
}

boost::asio::awaitable<Mark> find_head(tenancy::TenantDb db) {
    const std::optional<HeadRow> head = co_await db.query_optional<HeadRow>(find_chain_head);
    co_return head ? Mark{{head->at, head->seq}, digest_of(head->hash)} : Mark{};
}

boost::asio::awaitable<std::optional<Retirement>> find_retirement(tenancy::TenantDb db) {
    const std::optional<RetirementRow> row =
        co_await db.query_optional<RetirementRow>(find_last_retirement);
    co_return row ? std::optional{Retirement{{{row->event_at, row->seq}, digest_of(row->hash)}, row->jws}}
                  : std::nullopt;
}

boost::asio::awaitable<std::vector<ChainRow>> read(
    tenancy::TenantDb db, Position behind, Position up_to, std::int32_t limit
) {
    return db.query<ChainRow>(read_chain, behind.at, behind.seq, up_to.at, up_to.seq, limit);
}

boost::asio::awaitable<std::vector<ChainRow>> read_alone(
    tenancy::TenantDb db, Position behind, Position up_to, std::int32_t limit
) {
    return db.finish<ChainRow>(read_chain, behind.at, behind.seq, up_to.at, up_to.seq, limit);
}

boost::asio::awaitable<std::vector<audit::Place>> signed_places(
    tenancy::TenantDb db, std::int64_t behind, std::int64_t up_to
) {
    const std::vector<PlaceRow> rows = co_await db.query<PlaceRow>(list_signed_places, behind, up_to);
    std::vector<audit::Place> places;
    for (const PlaceRow& row : rows) {
        places.push_back({row.seq, digest_of(row.hash)});
    }
    co_return places;
}

boost::asio::awaitable<std::optional<LastCheckpoint>> find_last_checkpoint(tenancy::TenantDb db) {
    return db.query_optional<LastCheckpoint>(find_checkpoint);
}

boost::asio::awaitable<bool> goes_beyond_head(tenancy::TenantDb db) {
    const std::optional<bool> found = co_await db.query_optional<bool>(find_beyond_head);
    co_return found.value_or(false);
}

boost::asio::awaitable<std::vector<std::string>> list_checkpoints(tenancy::TenantDb db, std::int64_t up_to) {
    std::vector<std::string> latest = co_await db.query<std::string>(list_last_checkpoints, up_to);
    std::ranges::reverse(latest);
    co_return latest;
}

std::span<const pg::Query> queries() {
    static constexpr std::array all{
        list_events<Lead::time>,
        list_events<Lead::action>,
        list_events<Lead::actor>,
        list_events<Lead::outcome>,
        list_events<Lead::target>,
        list_events<Lead::impersonation>,
        find_chain_head,
        read_chain,
        list_signed_places,
        find_checkpoint,
        find_beyond_head,
        find_last_retirement,
        list_last_checkpoints
    };
    return all;
}

}  // namespace pz::product::audit_log
