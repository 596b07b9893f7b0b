#include "keys/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pz::identity::keys {

namespace {

using namespace std::chrono_literals;

constexpr core::Timestamp noon{std::chrono::sys_days{std::chrono::January / 15 / 2026} + 12h};

StoredKey key_in(KeyState state, core::Timestamp since, std::string kid) {
    StoredKey key{
        .kid = std::move(kid),
        .state = state,
        .public_jwk = {},
        .private_key_encrypted = {},
        .created_at = since
    };
    if (state == KeyState::active) {
        key.activated_at = since;
    }
    if (state == KeyState::retiring) {
        key.retiring_at = since;
    }
    return key;
}

Step due(const std::vector<StoredKey>& keys, core::Timestamp now, const Schedule& schedule = {}) {
    const std::optional<Step> step = due_step(keys, schedule, now);
    EXPECT_TRUE(step.has_value()) << "nothing is due";
    return step.value_or(Step{});
}

TEST(KeySchedule, begins_with_one_key_that_signs_and_one_that_stands_by) {
    EXPECT_EQ(due({}, noon), (Step{StepKind::create_active, {}}));
    const std::vector<StoredKey> first{key_in(KeyState::active, noon, "a")};
    EXPECT_EQ(due(first, noon), (Step{StepKind::create_next, {}}));
    EXPECT_EQ(due_step(std::vector{first[0], key_in(KeyState::next, noon, "n")}, {}, noon), std::nullopt);
}

TEST(KeySchedule, rotates_after_thirty_days_and_not_a_second_before) {
    const std::vector<StoredKey> keys{key_in(KeyState::active, noon, "a"), key_in(KeyState::next, noon, "n")};
    EXPECT_EQ(due_step(keys, {}, noon + 30 * 24h - 1s), std::nullopt);
    EXPECT_EQ(due(keys, noon + 30 * 24h), (Step{StepKind::activate, "n"}));
}

TEST(KeySchedule, never_signs_with_a_key_that_was_not_published_for_a_day) {
    const std::vector<StoredKey> keys{
        key_in(KeyState::active, noon - 40 * 24h, "a"), key_in(KeyState::next, noon, "n")
    };
    EXPECT_EQ(due_step(keys, {}, noon + 24h - 1s), std::nullopt);
    EXPECT_EQ(due(keys, noon + 24h), (Step{StepKind::activate, "n"}));
}

TEST(KeySchedule, keeps_a_retiring_key_for_a_day) {
    const std::vector<StoredKey> keys{
        key_in(KeyState::retiring, noon, "r"),
        key_in(KeyState::active, noon, "a"),
        key_in(KeyState::next, noon, "n")
    };
    EXPECT_EQ(due_step(keys, {}, noon + 24h - 1s), std::nullopt);
    EXPECT_EQ(due(keys, noon + 24h), (Step{StepKind::retire, "r"}));
}

TEST(KeySchedule, changes_over_at_once_when_nobody_signs) {
    const std::vector<StoredKey> keys{
        key_in(KeyState::revoked, noon, "x"), key_in(KeyState::next, noon, "n")
    };
    EXPECT_EQ(due(keys, noon), (Step{StepKind::activate, "n"}));
    EXPECT_EQ(due({keys[0]}, noon), (Step{StepKind::create_active, {}}));
}

TEST(KeySchedule, waits_rather_than_publish_more_keys_than_verifiers_take) {
    std::vector<StoredKey> keys{
        key_in(KeyState::active, noon - 40 * 24h, "a"), key_in(KeyState::next, noon - 40 * 24h, "n")
    };
    for (std::size_t i = 0; i < max_retiring_keys; ++i) {
        keys.push_back(key_in(KeyState::retiring, noon, "r" + std::to_string(i)));
    }
    EXPECT_EQ(due_step(keys, {}, noon), std::nullopt);
    keys.pop_back();
    EXPECT_EQ(due(keys, noon), (Step{StepKind::activate, "n"}));
    EXPECT_LE(max_retiring_keys + 2, 16U) << "the verifiers' limit";
}

TEST(KeySchedule, shows_verifiers_what_signs_will_sign_or_has_signed) {
    EXPECT_TRUE(is_published(KeyState::next));
    EXPECT_TRUE(is_published(KeyState::active));
    EXPECT_TRUE(is_published(KeyState::retiring));
    EXPECT_FALSE(is_published(KeyState::retired));
    EXPECT_FALSE(is_published(KeyState::revoked));
}

TEST(KeySchedule, says_beforehand_what_it_will_do_to_each_key) {
    const std::vector<StoredKey> keys{
        key_in(KeyState::retiring, noon, "r"),
        key_in(KeyState::active, noon, "a"),
        key_in(KeyState::next, noon + 29 * 24h + 12h, "n")
    };
    const auto step_at = [&](std::size_t which) {
        const std::optional<NextState> next = next_state(keys[which], keys, {});
        EXPECT_TRUE(next.has_value());
        return next.value_or(NextState{});
    };
    EXPECT_EQ(step_at(0), (NextState{KeyState::retired, noon + 24h}));
    EXPECT_EQ(step_at(1), (NextState{KeyState::retiring, noon + 30 * 24h + 12h})) << "verifiers come first";
    EXPECT_EQ(step_at(2), (NextState{KeyState::active, step_at(1).at}));
    EXPECT_EQ(due(keys, step_at(0).at), (Step{StepKind::retire, "r"}));
    EXPECT_EQ(due_step(keys, {}, step_at(0).at - 1s), std::nullopt);
    const std::vector<StoredKey> later{keys[1], keys[2]};
    EXPECT_EQ(due(later, step_at(2).at), (Step{StepKind::activate, "n"}));
    EXPECT_EQ(due_step(later, {}, step_at(2).at - 1s), std::nullopt);
    EXPECT_EQ(next_state(key_in(KeyState::retired, noon, "x"), keys, {}), std::nullopt);
    EXPECT_EQ(next_state(key_in(KeyState::revoked, noon, "x"), keys, {}), std::nullopt);
    EXPECT_EQ(next_state(keys[1], std::vector{keys[1]}, {}), std::nullopt) << "nobody stands by yet";
}

}  // namespace

}  // namespace pz::identity::keys
