#pragma once

#include "audit_log/types.hpp"

#include <pz/audit/verify.hpp>
#include <pz/core/clock.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Reads the chain of the transaction's tenant; the staff's tenant is the platform. Events are only ever
/// added, and always behind the head: what stands in front of it is the same in every later transaction.
namespace pz::product::audit_log {

/// A place in a chain by the order of its events. `at` is the column's, which never goes back within a chain.
struct Position {
    core::Timestamp at;
    std::int64_t seq = 0;
};

/// In front of the first event, and behind the last one.
[[nodiscard]] Position beginning() noexcept;
[[nodiscard]] Position end() noexcept;

/// A place with the hash of the event there.
struct Mark {
    Position position = beginning();
    crypto::Sha256Digest hash{};

    [[nodiscard]] audit::Place place() const noexcept { return {position.seq, hash}; }
};

/// The last events that were retired on purpose, and the signed word (compact JWS) that stays of them.
struct Retirement {
    Mark last;
    std::string jws;
};

/// An event as it is stored, for whoever verifies or exports it.
struct ChainRow {
    core::Timestamp at;
    std::int64_t seq = 0;
    std::vector<std::uint8_t> body;
    std::vector<std::uint8_t> hash;
    core::Uuid id;
    std::string action;
    std::string outcome;
    std::optional<core::Uuid> actor_id;
    std::optional<std::string> target_id;
    std::optional<core::Uuid> impersonation_id;

    [[nodiscard]] std::string_view body_text() const noexcept;
    [[nodiscard]] Mark mark() const noexcept;
};
BOOST_DESCRIBE_STRUCT(
    ChainRow, (), (at, seq, body, hash, id, action, outcome, actor_id, target_id, impersonation_id)
)

/// Newest first. `next`: behind which the next page begins; empty: there is nothing more. A page may have
/// fewer events than asked for, and even none, in front of further ones: no page looks at more than so many
/// events.
struct EventPage {
    std::vector<AuditEvent> events;
    std::optional<Position> next;
};

inline constexpr std::int64_t most_looked_at = 5'000;

/// In a transaction of its own: the events in front of `before`.
boost::asio::awaitable<EventPage> list(
    tenancy::TenantDb db, Filter filter, Position before, std::int32_t limit
);

// In a transaction that stays open.

/// Where the chain ends; of an empty one its beginning.
boost::asio::awaitable<Mark> find_head(tenancy::TenantDb db);
boost::asio::awaitable<std::optional<Retirement>> find_retirement(tenancy::TenantDb db);
/// At most `limit` events behind one place and up to another, oldest first.
boost::asio::awaitable<std::vector<ChainRow>> read(
    tenancy::TenantDb db, Position behind, Position up_to, std::int32_t limit
);
/// What was signed about the events behind one number and up to another.
boost::asio::awaitable<std::vector<audit::Place>> signed_places(
    tenancy::TenantDb db, std::int64_t behind, std::int64_t up_to
);
boost::asio::awaitable<std::optional<LastCheckpoint>> find_last_checkpoint(tenancy::TenantDb db);
/// Whether the newest event is one that the head does not know of.
boost::asio::awaitable<bool> goes_beyond_head(tenancy::TenantDb db);
/// The latest thousand, oldest first, as compact JWS.
boost::asio::awaitable<std::vector<std::string>> list_checkpoints(tenancy::TenantDb db, std::int64_t up_to);

/// As read(), in a transaction of its own.
boost::asio::awaitable<std::vector<ChainRow>> read_alone(
    tenancy::TenantDb db, Position behind, Position up_to, std::int32_t limit
);

std::span<const pg::Query> queries();

}  // namespace pz::product::audit_log
