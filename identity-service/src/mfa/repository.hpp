#pragma once

#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::identity::mfa {

/// An authenticator app, enrolled or being enrolled.
struct Factor {
    std::string secret_encrypted;
    bool confirmed = false;
    std::int64_t last_step = 0;
};
PZ_DESCRIBE(Factor, secret_encrypted, confirmed, last_step)

/// What the second step of a sign-in is about to do.
enum class Purpose : std::uint8_t { verify, enrol };
BOOST_DESCRIBE_ENUM(Purpose, verify, enrol)

struct Challenge {
    core::Uuid person;
    core::Uuid tenant;
    Purpose purpose{};
    std::string email;
};
PZ_DESCRIBE(Challenge, person, tenant, purpose, email)

using Hash = std::vector<std::uint8_t>;

// Before anybody is signed in.

boost::asio::awaitable<std::optional<Factor>> find_factor(IdentityDb db, core::Uuid person);
boost::asio::awaitable<void> insert_challenge(
    IdentityDb db,
    Hash token,
    core::Uuid person,
    core::Uuid tenant,
    std::int32_t person_epoch,
    Purpose purpose,
    core::Timestamp now,
    core::Timestamp expires_at
);
/// A challenge that may still be answered.
boost::asio::awaitable<std::optional<Challenge>> find_challenge(
    IdentityDb db, Hash token, core::Timestamp now
);
/// Counts an answer before it is checked: five are all that a challenge takes.
boost::asio::awaitable<std::optional<Challenge>> try_challenge(
    IdentityDb db, Hash token, core::Timestamp now
);
/// True for exactly one caller.
boost::asio::awaitable<bool> spend_challenge(IdentityDb db, Hash token, core::Timestamp now);
/// True for the first use of a step; confirms the factor if it was being enrolled.
boost::asio::awaitable<bool> accept_step(
    IdentityDb db, core::Uuid person, std::int64_t step, core::Timestamp now
);
boost::asio::awaitable<bool> use_recovery_code(
    IdentityDb db, core::Uuid person, Hash code, core::Timestamp now
);
/// Begins or begins anew; false if there is a confirmed factor.
boost::asio::awaitable<bool> begin_enrolment(
    IdentityDb db, core::Uuid person, std::string secret_encrypted, core::Timestamp now
);

// For who is signed in: $1 is the tenant of their membership.

struct OwnFactors {
    std::string email;
    std::optional<std::string> secret_encrypted;
    std::optional<core::Timestamp> confirmed_at;
    std::int64_t recovery_codes_left = 0;
};
PZ_DESCRIBE(OwnFactors, email, secret_encrypted, confirmed_at, recovery_codes_left)

boost::asio::awaitable<std::optional<OwnFactors>> find_own(tenancy::PeopleDb db, core::Uuid person);
boost::asio::awaitable<bool> begin_own_enrolment(
    tenancy::PeopleDb db, core::Uuid person, std::string secret_encrypted, core::Timestamp now
);
/// True once: the factor is confirmed from now on.
boost::asio::awaitable<bool> confirm_own(
    tenancy::PeopleDb db, core::Uuid person, std::int64_t step, core::Timestamp now
);
/// Replaces all recovery codes. The hashes as hexadecimal text.
boost::asio::awaitable<void> replace_recovery_codes(
    tenancy::PeopleDb db, core::Uuid person, std::vector<std::string> hashes, core::Timestamp now
);
boost::asio::awaitable<bool> remove_own(tenancy::PeopleDb db, core::Uuid person);
/// The session was proved again.
boost::asio::awaitable<void> renew_session(
    tenancy::PeopleDb db, core::Uuid person, core::Uuid session, std::string amr, core::Timestamp now
);

[[nodiscard]] std::span<const pg::Query> queries();

}  // namespace pz::identity::mfa
