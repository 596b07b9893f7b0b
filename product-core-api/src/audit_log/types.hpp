#pragma once

#include <pz/audit/event.hpp>
#include <pz/audit/verify.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pz::product::audit_log {

/// Who did it; without an id it is somebody whom nobody knew. Names are identity-service's: an admin has them
/// from its list of people.
struct EventActor {
    std::optional<core::Uuid> id;
    audit::ActorType type{};
    std::optional<std::string> role;
    std::optional<core::Uuid> tenant;
};
PZ_DESCRIBE(EventActor, id, type, role, tenant)

/// The support session that it was done in.
struct EventImpersonation {
    core::Uuid session;
    std::optional<std::string> mode;
    std::optional<std::string> reason;
    std::optional<std::string> ticket;
};
PZ_DESCRIBE(EventImpersonation, session, mode, reason, ticket)

struct EventTarget {
    std::string type;
    std::string id;
};
PZ_DESCRIBE(EventTarget, type, id)

struct EventDiff {
    boost::json::object before;
    boost::json::object after;
};
PZ_DESCRIBE(EventDiff, before, after)

/// One event of a chain, read from the body that its hash covers.
struct AuditEvent {
    core::Uuid id;
    std::int64_t seq = 0;
    core::Timestamp time;
    std::string action;
    audit::Outcome outcome{};
    EventActor actor;
    std::optional<core::Uuid> on_behalf_of;
    std::optional<EventImpersonation> impersonation;
    std::vector<EventTarget> target;
    std::optional<std::string> request_id;
    std::optional<std::string> route;
    std::optional<std::int64_t> status;
    boost::json::object facts;
    std::optional<EventDiff> diff;
    std::string hash;
};
PZ_DESCRIBE(
    AuditEvent,
    id,
    (seq, text("Its number in the chain, without gaps from 1")),
    time,
    action,
    outcome,
    actor,
    on_behalf_of,
    impersonation,
    target,
    request_id,
    (route, text("GET /api/v1/items/{id}")),
    status,
    (facts, text("Further circumstances: reason, code, repeated")),
    diff,
    (hash, text("Of this event and all before it, in hexadecimal"))
)

/// What a list of events is narrowed to; what is empty narrows nothing.
struct Filter {
    std::optional<core::Uuid> actor;
    std::optional<std::string> action;
    std::optional<std::string> target;
    std::optional<audit::Outcome> outcome;
    std::optional<core::Uuid> impersonation;
    std::optional<core::Timestamp> from;
    std::optional<core::Timestamp> to;

    friend bool operator==(const Filter&, const Filter&) = default;
};

struct AuditQuery : Filter {
    std::int32_t limit = 20;
    std::optional<std::string> cursor;
};
PZ_DESCRIBE(
    AuditQuery,
    (limit, range(1, 100)),
    (cursor, length(1, 2000), text("next_cursor of the page before")),
    actor,
    (action, length(1, 100), text("Exactly this one: item.created")),
    (target, length(1, 200), text("The id of what was acted upon")),
    outcome,
    (impersonation, text("The support session")),
    from,
    (to, text("Before this time"))
)

enum class ExportFormat : std::uint8_t { csv, ndjson };
BOOST_DESCRIBE_ENUM(ExportFormat, csv, ndjson)

struct ExportQuery : Filter {
    ExportFormat format = ExportFormat::csv;
};
PZ_DESCRIBE(
    ExportQuery,
    (format,
     text("ndjson: the whole chain from its beginning, to be verified without this service; csv: for people, "
          "narrowed as a list is")),
    actor,
    (action, length(1, 100)),
    (target, length(1, 200)),
    outcome,
    impersonation,
    from,
    (to, text("Before this time"))
)

struct VerifyQuery {
    std::int32_t limit = 10'000;
    std::optional<std::string> cursor;
};
PZ_DESCRIBE(
    VerifyQuery,
    (limit, range(100, 20'000), text("How many events to look at")),
    (cursor, length(1, 2000), text("next_cursor of the answer before"))
)

/// The last signed word about where the chain stood. Whoever keeps a copy can tell whether anything in front
/// of it was changed later.
struct LastCheckpoint {
    std::int64_t seq = 0;
    core::Timestamp made_at;
    std::string key_id;
    std::string jws;
};
PZ_DESCRIBE(LastCheckpoint, seq, made_at, key_id, jws)

struct ChainBreach {
    std::int64_t seq = 0;
    audit::BreachKind kind{};
};
PZ_DESCRIBE(ChainBreach, seq, kind)

/// What became of looking at a stretch of a chain.
struct Verification {
    bool intact = true;
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t head = 0;
    std::int64_t retired = 0;
    std::optional<ChainBreach> breach;
    std::optional<LastCheckpoint> checkpoint;
    std::optional<std::string> next_cursor;
};
PZ_DESCRIBE(
    Verification,
    (intact, text("Nothing was found between first and last")),
    (first, text("The number of the first event that was looked at; 0: none")),
    (last, text("The number of the last one")),
    (head, text("The number of the chain's last event")),
    (retired, text("Events 1 to this one were retired: only a signed word of them is left; 0: none")),
    (breach, text("The first thing that is wrong")),
    (checkpoint, text("Its signature is for whoever has the public keys: phasezero audit verify")),
    (next_cursor, text("For the events behind last; null: that was all of them"))
)

}  // namespace pz::product::audit_log
