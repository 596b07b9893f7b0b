#pragma once

#include <pz/core/clock.hpp>

#include <boost/describe/enum.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// When signing keys change their state: pure rules, without a database. A key is published as `next` long
/// before it signs, so that every verifier has it by then, and as `retiring` until the last token it signed
/// has expired. There is always a `next`: an emergency then changes over to a key that verifiers know.
namespace pz::identity::keys {

/// next → active → retiring → retired; revoked from anywhere.
enum class KeyState : std::uint8_t { next, active, retiring, retired, revoked };
BOOST_DESCRIBE_ENUM(KeyState, next, active, retiring, retired, revoked)

/// What verifiers are shown.
[[nodiscard]] constexpr bool is_published(KeyState state) noexcept {
    return state == KeyState::next || state == KeyState::active || state == KeyState::retiring;
}

struct Schedule {
    std::chrono::seconds rotate_every{std::chrono::days{30}};
    /// A key is published at least this long before it signs: longer than verifiers keep what they fetched.
    std::chrono::seconds publish_before{std::chrono::hours{24}};
    /// A key is published for this long after it signed last: longer than any token lives.
    std::chrono::seconds keep_after{std::chrono::hours{24}};
};

/// Verifiers take at most 16 keys in one set (crypto::KeySet): one next, one active, and these.
inline constexpr std::size_t max_retiring_keys = 12;

/// A row of identity.signing_key.
struct StoredKey {
    std::string kid;
    KeyState state{};
    std::string public_jwk;
    std::optional<std::string> private_key_encrypted;  ///< Fernet; none once the key no longer signs
    core::Timestamp created_at;                        ///< when it was published as next
    std::optional<core::Timestamp> activated_at{};
    std::optional<core::Timestamp> retiring_at{};
    std::optional<core::Timestamp> retired_at{};
    std::optional<core::Timestamp> revoked_at{};

    bool operator==(const StoredKey&) const = default;
};

enum class StepKind : std::uint8_t { create_active, create_next, activate, retire };

/// One change that is due now.
struct Step {
    StepKind kind{};
    std::string kid;  ///< of the key that moves; empty for the two that create one

    bool operator==(const Step&) const = default;
};

/// The first step that is due; nullopt when all is as it should be. After it was taken another may be due.
[[nodiscard]] std::optional<Step> due_step(
    std::span<const StoredKey> keys, const Schedule& schedule, core::Timestamp now
);

/// What becomes of a key by itself, if nobody does anything.
struct NextState {
    KeyState state{};
    core::Timestamp at;  ///< may be in the past: it is then done within a second

    bool operator==(const NextState&) const = default;
};

/// The schedule as people read it: what due_step() will do to this key of `keys`, and when. Nullopt for a key
/// whose time is over.
[[nodiscard]] std::optional<NextState> next_state(
    const StoredKey& key, std::span<const StoredKey> keys, const Schedule& schedule
);

/// Null if there is none in this state; the first of several.
[[nodiscard]] const StoredKey* find_in_state(std::span<const StoredKey> keys, KeyState state) noexcept;

/// True once every verifier that keeps to its cache time knows the key.
[[nodiscard]] bool is_known_to_verifiers(
    const StoredKey& key, const Schedule& schedule, core::Timestamp now
) noexcept;

}  // namespace pz::identity::keys
