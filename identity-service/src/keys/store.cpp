#include "keys/store.hpp"

#include <pz/audit/append.hpp>
#include <pz/audit/chain.hpp>
#include <pz/core/json.hpp>
#include <pz/core/uuid.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace pz::identity::keys {

namespace {

/// pg_advisory_xact_lock's key: "pz keys" in ASCII, so that it is recognisable in pg_locks.
constexpr std::int64_t lock_key = 0x70'7A'20'6B'65'79'73;

/// Times as whole microseconds since 1970, which no setting of the session spells differently.
constexpr const char* list_keys = R"sql(
    SELECT kid, state, public_jwk, private_key_encrypted,
           (extract(epoch FROM created_at) * 1000000)::bigint,
           (extract(epoch FROM activated_at) * 1000000)::bigint,
           (extract(epoch FROM retiring_at) * 1000000)::bigint,
           (extract(epoch FROM retired_at) * 1000000)::bigint,
           (extract(epoch FROM revoked_at) * 1000000)::bigint
      FROM identity.signing_key
     ORDER BY created_at, kid)sql";

constexpr const char* insert_key = R"sql(
    INSERT INTO identity.signing_key
           (kid, algorithm, state, public_jwk, private_key_encrypted, created_at, changed_at, activated_at)
    VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz,
            CASE WHEN $3 = 'active' THEN $6::timestamptz END))sql";

constexpr const char* move_key = R"sql(
    UPDATE identity.signing_key
       SET state = $2,
           changed_at = $3::timestamptz,
           activated_at = CASE WHEN $2 = 'active' THEN $3::timestamptz ELSE activated_at END,
           retiring_at = CASE WHEN $2 = 'retiring' THEN $3::timestamptz ELSE retiring_at END,
           retired_at = CASE WHEN $2 = 'retired' THEN $3::timestamptz ELSE retired_at END,
           revoked_at = CASE WHEN $2 = 'revoked' THEN $3::timestamptz ELSE revoked_at END,
           private_key_encrypted = CASE WHEN $2 = 'active' THEN private_key_encrypted END
     WHERE kid = $1)sql";

std::optional<core::Timestamp> time_of(const std::optional<std::string>& microseconds) {
    if (!microseconds) {
        return std::nullopt;
    }
    return core::Timestamp{std::chrono::microseconds{std::stoll(*microseconds)}};
}

StoredKey key_of(const pg::TextResult::Row& row) {
    const std::optional<KeyState> state = core::enum_from_text<KeyState>(row[1].value());
    if (!state) {
        throw KeyError(
            "the signing key " + row[0].value() + " is in a state that this release does not know"
        );
    }
    return {
        .kid = row[0].value(),
        .state = *state,
        .public_jwk = row[2].value(),
        .private_key_encrypted = row[3],
        .created_at = time_of(row[4]).value(),
        .activated_at = time_of(row[5]),
        .retiring_at = time_of(row[6]),
        .retired_at = time_of(row[7]),
        .revoked_at = time_of(row[8]),
    };
}

core::SecretString decrypt(const StoredKey& key, const crypto::FernetRing& ring, core::Timestamp now) {
    auto jwk = ring.decrypt(key.private_key_encrypted.value_or(""), now);
    if (!jwk) {
        throw KeyError(
            "PZ_ENCRYPTION_KEYS does not decrypt the signing key " + key.kid +
            ": the key it was encrypted with is missing"
        );
    }
    return std::move(*jwk);
}

}  // namespace

/// A transaction that holds the lock; rolled back unless committed.
class KeyStore::Change {
 public:
    explicit Change(pg::BlockingConnection& connection) : connection_(connection) {
        connection_.execute_script("BEGIN");
        try {
            connection_.query("SELECT pg_advisory_xact_lock($1)", {std::to_string(lock_key)});
        } catch (...) {
            roll_back();
            throw;
        }
    }

    ~Change() {
        if (!committed_) {
            roll_back();
        }
    }

    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

    /// Each step is an event of the platform.
    void commit(const std::vector<KeyMove>& moves, const core::Clock& clock, const audit::Actor& actor) {
        for (const KeyMove& move : moves) {
            audit::Event event{
                .chain = audit::platform_chain,
                .id = core::Uuid::v7(clock),
                .time = clock.now(),
                .action = "key." + std::string{core::enum_text(move.state)},
                .actor = actor
            };
            event.targets = {{"signing_key", move.kid}};
            audit::append(connection_, event);
        }
        connection_.execute_script("COMMIT");
        committed_ = true;
    }

 private:
    void roll_back() noexcept {
        try {
            connection_.execute_script("ROLLBACK");
        } catch (const pg::BlockingError&) {
            committed_ = true;  // the connection is gone, and the transaction with it
        }
    }

    pg::BlockingConnection& connection_;
    bool committed_ = false;
};

std::vector<StoredKey> KeyStore::list() {
    return read();
}

std::vector<StoredKey> KeyStore::read() {
    const pg::TextResult result = connection_.query(list_keys);
    std::vector<StoredKey> keys;
    keys.reserve(result.rows.size());
    std::ranges::transform(result.rows, std::back_inserter(keys), key_of);
    return keys;
}

std::vector<KeyMove> KeyStore::advance(const Schedule& schedule) {
    Change change(connection_);
    std::vector<KeyMove> moves;
    for (;;) {
        const std::vector<StoredKey> keys = read();
        const std::optional<Step> step = due_step(keys, schedule, clock_.now());
        if (!step) {
            break;
        }
        const auto key = std::ranges::find(keys, step->kid, &StoredKey::kid);
        switch (step->kind) {
            case StepKind::create_active:
                create(KeyState::active, moves);
                break;
            case StepKind::create_next:
                create(KeyState::next, moves);
                break;
            case StepKind::activate:
                activate(*key, moves);
                break;
            case StepKind::retire:
                move(*key, KeyState::retired, moves);
                break;
        }
    }
    change.commit(moves, clock_, actor_);
    return moves;
}

std::vector<KeyMove> KeyStore::rotate(std::optional<std::string_view> staged) {
    Change change(connection_);
    const std::vector<StoredKey> keys = read();
    const StoredKey* next = find_in_state(keys, KeyState::next);
    if (next == nullptr) {
        throw KeyError("no key is staged: identity-service stages one when it starts");
    }
    if (staged && next->kid != *staged) {
        throw KeyError("the signing key " + std::string{*staged} + " is not the staged one any more");
    }
    const auto retiring = std::ranges::count(keys, KeyState::retiring, &StoredKey::state);
    if (static_cast<std::size_t>(retiring) >= max_retiring_keys) {
        throw KeyError(
            std::to_string(retiring) +
            " keys are retiring, and verifiers take no more: wait until one has retired"
        );
    }
    std::vector<KeyMove> moves;
    activate(*next, moves);
    fill_up(moves);
    change.commit(moves, clock_, actor_);
    return moves;
}

std::vector<KeyMove> KeyStore::retire(std::string_view kid) {
    Change change(connection_);
    const std::vector<StoredKey> keys = read();
    const auto key = std::ranges::find(keys, kid, &StoredKey::kid);
    if (key == keys.end() || key->state != KeyState::retiring) {
        throw KeyError("the signing key " + std::string{kid} + " is not retiring");
    }
    std::vector<KeyMove> moves;
    move(*key, KeyState::retired, moves);
    change.commit(moves, clock_, actor_);
    return moves;
}

std::vector<KeyMove> KeyStore::revoke(std::string_view kid) {
    Change change(connection_);
    const std::vector<StoredKey> keys = read();
    const auto key = std::ranges::find(keys, kid, &StoredKey::kid);
    if (key == keys.end()) {
        throw KeyError("there is no signing key " + std::string{kid});
    }
    std::vector<KeyMove> moves;
    if (key->state != KeyState::revoked) {
        move(*key, KeyState::revoked, moves);
        fill_up(moves);
    }
    change.commit(moves, clock_, actor_);
    return moves;
}

void KeyStore::move(const StoredKey& key, KeyState to, std::vector<KeyMove>& moves) {
    connection_.query(move_key, {key.kid, std::string{core::enum_text(to)}, core::to_string(clock_.now())});
    moves.push_back({key.kid, to});
}

void KeyStore::create(KeyState state, std::vector<KeyMove>& moves) {
    const crypto::SigningKey key = crypto::SigningKey::generate();
    const crypto::PublicKey& published = key.public_key();
    const core::Timestamp now = clock_.now();
    connection_.query(
        insert_key,
        {published.kid(),
         std::string{crypto::algorithm_name(published.algorithm())},
         std::string{core::enum_text(state)},
         published.to_jwk(),
         ring_.encrypt(key.to_jwk(), now),
         core::to_string(now)}
    );
    moves.push_back({published.kid(), state});
}

void KeyStore::activate(const StoredKey& key, std::vector<KeyMove>& moves) {
    static_cast<void>(open_key(key, ring_, clock_.now()));  // nobody signs with a key that cannot be opened
    for (const StoredKey& other : read()) {
        if (other.state == KeyState::active) {
            move(other, KeyState::retiring, moves);
        }
    }
    move(key, KeyState::active, moves);
}

void KeyStore::fill_up(std::vector<KeyMove>& moves) {
    const std::vector<StoredKey> keys = read();
    const StoredKey* next = find_in_state(keys, KeyState::next);
    if (find_in_state(keys, KeyState::active) != nullptr) {
        if (next == nullptr) {
            create(KeyState::next, moves);
        }
        return;
    }
    if (next != nullptr) {
        activate(*next, moves);
    } else {
        create(KeyState::active, moves);
    }
    create(KeyState::next, moves);
}

crypto::SigningKey open_key(const StoredKey& key, const crypto::FernetRing& ring, core::Timestamp now) {
    auto opened = crypto::SigningKey::parse(decrypt(key, ring, now));
    if (!opened || opened->public_key().kid() != key.kid) {
        throw KeyError("the signing key " + key.kid + " in the database is not the one it claims to be");
    }
    return std::move(*opened);
}

}  // namespace pz::identity::keys
