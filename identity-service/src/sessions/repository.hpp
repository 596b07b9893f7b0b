#pragma once

#include "database.hpp"
#include "people/repository.hpp"

#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

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
    core::Timestamp idle_expires_at;
    core::Timestamp expires_at;
    std::optional<core::Timestamp> revoked_at;
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
    idle_expires_at,
    expires_at,
    revoked_at
)

enum class RevokeReason : std::uint8_t { signed_out, refresh_reuse, forced, password_changed };
BOOST_DESCRIBE_ENUM(RevokeReason, signed_out, refresh_reuse, forced, password_changed)

boost::asio::awaitable<void> insert(IdentityDb db, Session session);
boost::asio::awaitable<std::optional<Session>> find(IdentityDb db, core::Uuid id);
/// The account of a live membership; nullopt if the membership is gone.
boost::asio::awaitable<std::optional<people::Account>> find_account(
    IdentityDb db, core::Uuid person, core::Uuid tenant
);
/// Moves on from generation `counter`, once: false if another request did so first or the session has ended.
boost::asio::awaitable<bool> rotate(
    IdentityDb db, core::Uuid id, std::int32_t counter, core::Timestamp now, core::Timestamp idle_expires_at
);
/// Idempotent: the first reason stays.
boost::asio::awaitable<void> revoke(IdentityDb db, core::Uuid id, RevokeReason reason, core::Timestamp now);

std::span<const pg::Query> queries();

}  // namespace pz::identity::sessions
