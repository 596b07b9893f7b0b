#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <cstdint>

/// `phasezero keys drill`: rotates and revokes the signing keys of the running local stack under load, and
/// looks at every single answer.
namespace pz::command {

struct DrillOptions {
    int requests_per_second = 50;
    double minutes = 1;
};

/// What a token is worth while a request is under way. A token only ever moves down this list.
enum class TokenWorth : std::uint8_t {
    good,      ///< must be accepted
    changing,  ///< its key is just being revoked, or its time is over: either answer is right
    revoked,   ///< must be refused
};

enum class Verdict : std::uint8_t {
    accepted,
    refused,
    either,      ///< it changed meanwhile
    unanswered,  ///< rate limit, overload, no connection: says nothing about the token
    wrongly_refused,
    wrongly_accepted,
};

/// Judges an answer by what its token was worth before the request was sent and after the answer had come.
[[nodiscard]] Verdict judge(long status, TokenWorth before, TokenWorth after) noexcept;

/// failure when one good token was refused or one revoked token was accepted.
[[nodiscard]] ExitCode drill_keys(
    const Workspace& workspace, const Screen& screen, const DrillOptions& options
);

}  // namespace pz::command
