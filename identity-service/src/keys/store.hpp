#pragma once

#include "keys/schedule.hpp"

#include <pz/audit/event.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The table identity.signing_key, for identity-service and for `phasezero keys`. Every change is one
/// transaction under one advisory lock, so any number of instances and operators agree.
namespace pz::identity::keys {

/// A key that cannot be used or moved as asked: what() is one sentence for the operator.
class KeyError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// What happened to a key, for the log and for tables.
struct KeyMove {
    std::string kid;
    KeyState state{};  ///< the new one
};

class KeyStore {
 public:
    /// All three must outlive the store. `actor`: who its events name.
    KeyStore(
        pg::BlockingConnection& connection,
        const crypto::FernetRing& ring,
        const core::Clock& clock,
        audit::Actor actor = {.type = audit::ActorType::system}
    )
        : connection_(connection), ring_(ring), clock_(clock), actor_(std::move(actor)) {}

    /// All keys, oldest first.
    [[nodiscard]] std::vector<StoredKey> list();

    /// Takes every step that is due, one after the other.
    std::vector<KeyMove> advance(const Schedule& schedule);

    /// Makes the staged key sign now, whenever its turn would be, and stages another one. `staged`: the one
    /// that somebody saw and means, so that a request that comes twice rotates once. Throws KeyError when
    /// there is none, or another one, or when more keys are retiring than verifiers take.
    std::vector<KeyMove> rotate(std::optional<std::string_view> staged = std::nullopt);

    /// Ends the time of a retiring key. Throws KeyError when it is not one.
    std::vector<KeyMove> retire(std::string_view kid);

    /// Ends a key for good, whatever its state; a new one signs if it was the active one. Tokens that it
    /// signed are refused from the commit on. Nothing if it is revoked already; throws KeyError when there is
    /// no such key.
    std::vector<KeyMove> revoke(std::string_view kid);

 private:
    class Change;

    [[nodiscard]] std::vector<StoredKey> read();
    void move(const StoredKey& key, KeyState to, std::vector<KeyMove>& moves);
    void create(KeyState state, std::vector<KeyMove>& moves);
    void activate(const StoredKey& key, std::vector<KeyMove>& moves);
    /// Somebody must sign, and somebody must stand by.
    void fill_up(std::vector<KeyMove>& moves);

    pg::BlockingConnection& connection_;
    const crypto::FernetRing& ring_;
    const core::Clock& clock_;
    const audit::Actor actor_;
};

/// Decrypts the key and checks that it is the one its row says. Throws KeyError.
[[nodiscard]] crypto::SigningKey open_key(
    const StoredKey& key, const crypto::FernetRing& ring, core::Timestamp now
);

}  // namespace pz::identity::keys
