#pragma once

#include <pz/audit/merkle.hpp>
#include <pz/audit/verify.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>

#include <functional>
#include <string>

namespace pz::audit {

/// A place in a chain as it is signed: with the time of the event there and the tree up to it.
struct SignedState {
    Place place{};
    core::Timestamp at = core::Timestamp::min();
    MerkleFrontier frontier{};
};

/// Follows the chain's hashes from one place to the event numbered `up_to` and adds its leaves to the tree.
/// False when the events do not lead there: one is missing, doubled, or not what its hash says.
/// `connection`: as pz_admin, as the platform. Constant memory. `passed` gets each place on the way.
[[nodiscard]] bool walk(
    pg::BlockingConnection& connection,
    const core::Uuid& chain,
    SignedState& state,
    std::int64_t up_to,
    const std::function<void(const Place&)>& passed = {}
);

inline constexpr const char* keep_checkpoint = "select audit.keep_checkpoint($1, $2, $3, $4, $5, $6, $7, $8)";

/// bytea's text form, "\x…", and back.
[[nodiscard]] std::string bytea_text(std::string_view bytes);
[[nodiscard]] std::string bytea_bytes(std::string_view text);

}  // namespace pz::audit
