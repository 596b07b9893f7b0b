#pragma once

#include "database.hpp"
#include "people/repository.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Sessions: one per sign-in. A refresh moves one on; everything that ends it ends the tokens made from it.
namespace pz::identity::sessions {

/// How long a session lives without use, and at most.
struct Lifetime {
    std::chrono::seconds idle;
    std::chrono::seconds absolute;
    std::chrono::seconds access_token;
};

/// Platform staff see every customer, so theirs are short.
[[nodiscard]] Lifetime lifetime_for(auth::Role role) noexcept;

struct Session {
    core::Uuid id;
    core::Uuid person;
    core::Uuid tenant;
    std::vector<std::uint8_t> refresh_nonce;
    std::int32_t refresh_counter = 0;
    core::Timestamp rotated_at;
    core::Timestamp auth_time;
    std::string amr;  ///< how the person signed in (RFC 8176), separated by spaces
    core::Timestamp idle_expires_at;
    core::Timestamp expires_at;
    std::optional<core::Timestamp> revoked_at;
    std::string client_id;  ///< whose tokens these are
    std::string scope;      ///< what they may be used for
};
PZ_DESCRIBE(
    Session,
    id,
    person,
    tenant,
    refresh_nonce,
    refresh_counter,
    rotated_at,
    auth_time,
    amr,
    idle_expires_at,
    expires_at,
    revoked_at,
    client_id,
    scope
)

/// How and where a session began.
struct Origin {
    std::string amr = "pwd";
    std::optional<std::string> user_agent{};  ///< shortened
    std::optional<core::Uuid> device{};       ///< of the browser's device cookie
};

/// Why a session ended before its time.
enum class RevokeReason : std::uint8_t {
    signed_out,
    refresh_reuse,
    forced,  ///< by an administrator
    password_changed,
    ended,  ///< by its person, from another session or from the list
    switched_tenant,
    second_factor_changed,
};
BOOST_DESCRIBE_ENUM(
    RevokeReason,
    signed_out,
    refresh_reuse,
    forced,
    password_changed,
    ended,
    switched_tenant,
    second_factor_changed
)

boost::asio::awaitable<void> insert(IdentityDb db, Session session, Origin origin);
boost::asio::awaitable<std::optional<Session>> find(IdentityDb db, core::Uuid id);
/// The account of a live membership; nullopt if the membership is gone.
boost::asio::awaitable<std::optional<people::Account>> find_account(
    IdentityDb db, core::Uuid person, core::Uuid tenant
);

/// What the use of a refresh token came to.
struct RefreshUse {
    std::int32_t counter = 0;  ///< the generation that is valid now
    bool ended = false;        ///< the token was an old one, so the session is over
};
PZ_DESCRIBE(RefreshUse, counter, ended)

/// Uses the refresh token of generation `counter`, in one statement whatever it comes to, so that no two
/// requests can both be right. The current generation moves on. Its immediate parent, within `grace` of the
/// rotation, changes nothing. Anything older ends the session. nullopt: the session has ended already, or was
/// refreshed too often (30 times in 5 minutes).
boost::asio::awaitable<std::optional<RefreshUse>> use_refresh_token(
    IdentityDb db, core::Uuid id, std::int32_t counter, core::Timestamp now, core::Timestamp idle_expires_at
);
/// Idempotent: the first reason stays.
boost::asio::awaitable<void> revoke(IdentityDb db, core::Uuid id, RevokeReason reason, core::Timestamp now);

/// A live session, as its person sees it.
struct SessionRow {
    core::Uuid id;
    core::Uuid tenant;
    std::string tenant_name;
    core::Timestamp created_at;
    core::Timestamp last_used_at;
    core::Timestamp auth_time;
    core::Timestamp idle_expires_at;
    core::Timestamp expires_at;
    std::string amr;
    std::optional<std::string> user_agent;
};
PZ_DESCRIBE(
    SessionRow,
    id,
    tenant,
    tenant_name,
    created_at,
    last_used_at,
    auth_time,
    idle_expires_at,
    expires_at,
    amr,
    user_agent
)

/// At most this many are listed, the newest of them.
inline constexpr std::int32_t longest_list = 100;

/// Whose sessions somebody may see and end.
enum class Reach : std::uint8_t {
    tenant,      ///< those in the caller's tenant
    everywhere,  ///< the person's own, or a platform administrator's
};

/// The person's live sessions within reach, those in the caller's tenant first. Ends the transaction.
boost::asio::awaitable<std::vector<SessionRow>> list_live(
    tenancy::PeopleDb db, core::Uuid person, Reach reach, core::Timestamp now
);
/// False if the person has no live session with this identifier.
boost::asio::awaitable<bool> end_own(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid id, core::Timestamp now
);
/// Ends all live sessions of the person but `kept`, wherever they are; how many. The transaction stays open.
boost::asio::awaitable<std::uint64_t> end_others(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid kept, RevokeReason reason, core::Timestamp now
);
/// Whose live session within reach was ended; nullopt if there is none with this identifier.
boost::asio::awaitable<std::optional<core::Uuid>> end_any(
    tenancy::PeopleDb db, core::Uuid id, Reach reach, core::Timestamp now
);

/// The caller's own session in the token's tenant, held until the transaction ends.
boost::asio::awaitable<std::optional<Session>> hold_own(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid id
);
/// A membership of the caller in another tenant.
boost::asio::awaitable<std::optional<people::Account>> find_own_account(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid other_tenant
);
/// Puts `next` in the place of the session `left`, with its user agent and device. Ends the transaction.
boost::asio::awaitable<void> replace(
    tenancy::PeopleDb db, core::Uuid left, Session next, RevokeReason reason, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::sessions
