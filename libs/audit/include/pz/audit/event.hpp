#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/batch.hpp>
#include <pz/pg/query.hpp>

#include <boost/describe/enum.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pz::audit {

enum class Outcome : std::uint8_t {
    success,
    refused,  ///< somebody was not allowed to, or gave a wrong proof of who they are: 401, 403, 429
    failure,  ///< it was allowed and did not work
};
BOOST_DESCRIBE_ENUM(Outcome, success, refused, failure)

enum class ActorType : std::uint8_t { person, system };
BOOST_DESCRIBE_ENUM(ActorType, person, system)

/// Who did it. `id` is empty for a person nobody knows: a sign-in with an address that has no account. A
/// machine (an API key, a job) is `system`.
struct Actor {
    std::optional<core::Uuid> id{};
    ActorType type = ActorType::person;
    std::string role{};
    std::optional<core::Uuid> tenant{};
};

/// The support session behind an impersonated request.
struct Impersonation {
    core::Uuid session;
    std::string mode{};  ///< "ro" or "rw"
    std::string reason{};
    std::string ticket{};
};

/// What was acted upon: {"item", "<uuid>"}.
struct Target {
    std::string type;
    std::string id;
};

/// The request it came with. Address and user agent stand here only as commitments (personal.hpp).
struct Origin {
    std::string request_id{};
    std::string route{};  ///< "GET /api/v1/items/{id}": the pattern, never the values
    std::optional<std::int64_t> status{};
    std::optional<std::int64_t> rows{};
    std::string address_commitment{};
    std::string user_agent_commitment{};
    /// Further facts, for example {"client":"phasezero-web"}: never personal, never secret.
    boost::json::object more{};
};

/// A body without its sequence number, which only the database knows: the canonical text in front of its
/// place and behind it.
struct OpenBody {
    std::string before;
    std::string after;

    [[nodiscard]] std::string with(std::int64_t seq) const;
};

/// One thing that somebody did, or was refused to do. What is left empty does not appear in the body.
struct Event {
    core::Uuid chain;  ///< the tenant; platform_chain for the platform's own
    core::Uuid id;     ///< UUIDv7
    core::Timestamp time;
    std::string action;  ///< "item.created": what, then the past tense; at most 100 characters
    Outcome outcome = Outcome::success;
    Actor actor{};
    std::optional<core::Uuid> on_behalf_of{};
    std::optional<Impersonation> impersonation{};
    std::vector<Target> targets{};  ///< the first one is what a filter finds
    Origin origin{};
    boost::json::object before{};  ///< of the change; never personal, never secret
    boost::json::object after{};

    /// RFC 8785, `"v":1`. Throws std::invalid_argument for what canonical JSON cannot hold.
    [[nodiscard]] OpenBody open_body() const;
};

/// The statement that appends the event to its chain: to be the last one before COMMIT, because it holds the
/// chain's head until then. With `only_if_changed` it appends nothing when the transaction has changed
/// nothing (a conditional write that met no row).
[[nodiscard]] pg::PreparedStatement append_statement(const Event& event, bool only_if_changed = false);

/// The statements above, for StatementRegistry.
[[nodiscard]] std::span<const pg::Query> queries();

}  // namespace pz::audit
