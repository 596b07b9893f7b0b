#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/batch.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pz::audit {

enum class PersonalKind : std::uint8_t { address, user_agent, email };
BOOST_DESCRIBE_ENUM(PersonalKind, address, user_agent, email)

/// Base64url of HMAC-SHA-256 with the 32 random bytes of `salt` as the key: what an event says instead of an
/// e-mail address, a network address or a user agent. Without the salt it says nothing; erasing the salt in
/// audit.pii erases the person, and the chain stays as it is.
[[nodiscard]] std::string commitment(std::string_view salt, PersonalKind kind, std::string_view value);

/// The commitments of one thread. The same value of the same person keeps its commitment for a while, so that
/// most events add no row to audit.pii. Not thread-safe; bounded, and forgets everything when full.
class Commitments {
 public:
    static constexpr std::size_t limit = 4096;

    /// The commitment for a value of at most 1,000 bytes (longer ones are cut). While nobody has said that
    /// the row behind it is committed, a statement that makes the row goes to `statements`: to stand behind
    /// the event's own, which must be able to see whether anything else was written.
    std::string commit_to(
        const core::Uuid& chain,
        const std::optional<core::Uuid>& person,
        PersonalKind kind,
        std::string_view value,
        core::Timestamp now,
        std::vector<pg::PreparedStatement>& statements
    );
    /// The transaction with the statement for this commitment has been committed.
    void confirm(const std::string& commitment);

 private:
    struct Known {
        std::string commitment;
        std::string salt;
    };

    std::unordered_map<std::string, Known> known_;
    /// Commitments whose row is in the database.
    std::unordered_set<std::string> kept_;
};

}  // namespace pz::audit
