#pragma once

#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/query.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// A way back for who has forgotten the password.
namespace pz::identity::recovery {

/// 32 bytes of a hash.
using Hash = std::vector<std::uint8_t>;

/// Queues a letter to the address as it was typed. Whether there is such an account is not looked at here:
/// the sender does, behind the answer. Beyond the limits of the address or of the network nothing is queued.
boost::asio::awaitable<void> request(
    IdentityDb db,
    core::Uuid mail,
    std::string email,
    Hash recipient_key,
    Hash requester_key,
    core::Timestamp now
);

/// The account that a good link opens.
struct Recoverable {
    core::Uuid person;
    std::string email;
    std::string name;
};
PZ_DESCRIBE(Recoverable, person, email, name)

boost::asio::awaitable<std::optional<Recoverable>> find(IdentityDb db, Hash link, core::Timestamp now);

/// All in one statement: the link is used up, the password set, every session ended, every token dead, and a
/// letter tells the person. False if somebody else used the link, or it has ended meanwhile.
boost::asio::awaitable<bool> set_password(
    IdentityDb db, Hash link, std::string password_hash, core::Uuid mail, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::recovery
