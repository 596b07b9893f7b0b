#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/query.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pz::identity::mail {

enum class Kind : std::uint8_t {
    invitation,
    password_reset,
    password_changed,
    support_started,
    support_wanted,
    support_ended,
    support_digest
};
BOOST_DESCRIBE_ENUM(
    Kind,
    invitation,
    password_reset,
    password_changed,
    support_started,
    support_wanted,
    support_ended,
    support_digest
)

enum class Outcome : std::uint8_t {
    sent,
    dropped,   ///< there is nobody, or nothing any more, to send it for
    given_up,  ///< after too many tries, or because the other side refuses it for good
};
BOOST_DESCRIBE_ENUM(Outcome, sent, dropped, given_up)

/// A mail that this process has taken: nobody else sends it before its next attempt is due.
struct Claimed {
    core::Uuid id;
    Kind kind{};
    std::optional<std::string> recipient;
    std::optional<core::Uuid> invitation;
    std::optional<core::Uuid> tenant;
    std::optional<core::Uuid> impersonation;  ///< of a letter about one support session
    int attempts = 0;                         ///< this one included
};

/// Times come from the caller's clock. All throw pg::BlockingError.
[[nodiscard]] std::optional<Claimed> claim_due(pg::BlockingConnection& connection, core::Timestamp now);

/// An invitation's letter.
struct InvitationLink {
    std::string email;
    std::string role;
    std::string organization;
};

/// Makes the hashed token the invitation's one link; nullopt if nobody can accept it any more.
[[nodiscard]] std::optional<InvitationLink> renew_invitation_link(
    pg::BlockingConnection& connection,
    const core::Uuid& invitation,
    const std::string& hash_hex,
    core::Timestamp now,
    core::Timestamp link_end
);
/// Makes the hashed token the one link that resets the password of the account with this address; the
/// address as the account has it. nullopt if there is no such account, or it was sent enough links.
[[nodiscard]] std::optional<std::string> renew_reset_link(
    pg::BlockingConnection& connection,
    const Claimed& mail,
    const std::string& hash_hex,
    core::Timestamp now,
    core::Timestamp link_end
);

/// What a letter says about a support session: names and reasons as somebody typed them.
struct SupportStory {
    std::string organization;
    std::string agent;
    std::string mode;  ///< "ro" or "rw"
    std::string reason;
    std::string ticket;
    std::string minutes;
    std::string requests;
    std::string requested_at;
};

[[nodiscard]] std::optional<SupportStory> describe_session(
    pg::BlockingConnection& connection, const core::Uuid& session
);
/// The sessions of the week before `now`, oldest first; at most fifty.
[[nodiscard]] std::vector<SupportStory> describe_week(
    pg::BlockingConnection& connection, const core::Uuid& tenant, core::Timestamp now
);

void finish(pg::BlockingConnection& connection, const core::Uuid& id, Outcome outcome, core::Timestamp now);
void note_failure(pg::BlockingConnection& connection, const core::Uuid& id, const std::string& reason);
/// Deletes what was finished long ago.
void sweep(pg::BlockingConnection& connection, core::Timestamp before);

std::span<const pg::Query> queries();

}  // namespace pz::identity::mail
