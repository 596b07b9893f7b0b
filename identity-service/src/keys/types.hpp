#pragma once

#include "keys/schedule.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/core/json.hpp>

#include <optional>
#include <string>
#include <vector>

/// The signing keys as platform staff see them: docs/sign-in.md.
namespace pz::identity::keys {

/// A key without either of its halves.
struct KeyView {
    std::string kid;
    KeyState state{};
    core::Timestamp created_at;
    std::optional<core::Timestamp> activated_at;
    std::optional<core::Timestamp> retiring_at;
    std::optional<core::Timestamp> retired_at;
    std::optional<core::Timestamp> revoked_at;
    core::Timestamp known_at;
    std::optional<KeyState> next_state;
    std::optional<core::Timestamp> next_state_at;
};
PZ_DESCRIBE(
    KeyView,
    (kid, text("RFC 7638 thumbprint")),
    state,
    (created_at, text("Published since then")),
    activated_at,
    retiring_at,
    retired_at,
    revoked_at,
    (known_at, text("By then every verifier that keeps to its cache time has it")),
    (next_state, text("What becomes of it by itself; null: nothing more")),
    next_state_at
)

/// Those that are published, and the last ones that are not any more; newest first.
struct KeyRing {
    std::vector<KeyView> items;
};
PZ_DESCRIBE(KeyRing, items)

struct KeyRotation {
    std::string kid;
    std::optional<bool> early;
};
PZ_DESCRIBE(
    KeyRotation,
    (kid, length(1, 100), text("The staged key that is to sign: sent twice, it is one rotation")),
    (early,
     text("Also before known_at: verifiers that have not fetched it yet refuse its tokens for some minutes"))
)

}  // namespace pz::identity::keys
