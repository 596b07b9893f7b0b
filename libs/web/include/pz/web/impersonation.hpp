#pragma once

#include <pz/auth/principal.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>

/// Requests of platform staff inside a support session: what a route allows them, and what is asked and
/// recorded of each. docs/support-access.md.
namespace pz::web {

class Context;

/// Why the agent is there: in each of the session's events. Never changes while the session lives.
struct ImpersonationStory {
    std::string reason;
    std::string ticket;
};
PZ_DESCRIBE(ImpersonationStory, reason, ticket)

/// The stories of the sessions that one thread has served. Not thread-safe; bounded, and forgets everything
/// when full.
class ImpersonationStories {
 public:
    static constexpr std::size_t limit = 1024;

    [[nodiscard]] const ImpersonationStory* find(const core::Uuid& session) const noexcept;
    void keep(const core::Uuid& session, ImpersonationStory story);

 private:
    std::unordered_map<core::Uuid, ImpersonationStory> stories_;
};

/// What the liveness check is to compare: the person's own words, or, in a support session, the agent's. The
/// principal must outlive them.
[[nodiscard]] tenancy::LivenessClaims liveness_claims(const auth::Principal& principal);

/// The statements below, for StatementRegistry.
[[nodiscard]] std::span<const pg::Query> impersonation_queries();

namespace detail {

/// Whether the route of a request in a support session is open to it. Throws 403 impersonation_forbidden when
/// it is not, and 401 impersonation_ended when the session is over: who is not there any more is not told
/// what they might.
[[nodiscard]] boost::asio::awaitable<void> admit_impersonated(Context* context);

/// Has the session's story at hand. The first request that this thread serves of a session asks the database,
/// in the flush of BEGIN and the liveness check.
[[nodiscard]] boost::asio::awaitable<void> recall_impersonation(Context* context);

}  // namespace detail

}  // namespace pz::web
