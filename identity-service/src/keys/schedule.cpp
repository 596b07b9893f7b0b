#include "keys/schedule.hpp"

#include <algorithm>

namespace pz::identity::keys {

std::optional<Step> due_step(std::span<const StoredKey> keys, const Schedule& schedule, core::Timestamp now) {
    const StoredKey* active = find_in_state(keys, KeyState::active);
    const StoredKey* next = find_in_state(keys, KeyState::next);
    if (active == nullptr) {
        // Somebody must sign: the first start, or an emergency.
        return next != nullptr ? Step{StepKind::activate, next->kid} : Step{StepKind::create_active, {}};
    }
    if (next == nullptr) {
        return Step{StepKind::create_next, {}};
    }
    for (const StoredKey& key : keys) {
        if (key.state == KeyState::retiring &&
            key.retiring_at.value_or(key.created_at) + schedule.keep_after <= now) {
            return Step{StepKind::retire, key.kid};
        }
    }
    const auto retiring = std::ranges::count(keys, KeyState::retiring, &StoredKey::state);
    if (active->activated_at.value_or(active->created_at) + schedule.rotate_every <= now &&
        is_known_to_verifiers(*next, schedule, now) &&
        static_cast<std::size_t>(retiring) < max_retiring_keys) {
        return Step{StepKind::activate, next->kid};
    }
    return std::nullopt;
}

std::optional<NextState> next_state(
    const StoredKey& key, std::span<const StoredKey> keys, const Schedule& schedule
) {
    if (key.state == KeyState::retiring) {
        return NextState{KeyState::retired, key.retiring_at.value_or(key.created_at) + schedule.keep_after};
    }
    if (key.state != KeyState::active && key.state != KeyState::next) {
        return std::nullopt;
    }
    const StoredKey* active = find_in_state(keys, KeyState::active);
    const StoredKey* next = find_in_state(keys, KeyState::next);
    if (active == nullptr || next == nullptr) {
        return std::nullopt;  // for less than a second: somebody is always made to sign, and to stand by
    }
    const core::Timestamp rotation = std::max(
        active->activated_at.value_or(active->created_at) + schedule.rotate_every,
        next->created_at + schedule.publish_before
    );
    return NextState{key.state == KeyState::active ? KeyState::retiring : KeyState::active, rotation};
}

const StoredKey* find_in_state(std::span<const StoredKey> keys, KeyState state) noexcept {
    const auto found = std::ranges::find(keys, state, &StoredKey::state);
    return found == keys.end() ? nullptr : &*found;
}

bool is_known_to_verifiers(const StoredKey& key, const Schedule& schedule, core::Timestamp now) noexcept {
    return key.created_at + schedule.publish_before <= now;
}

}  // namespace pz::identity::keys
