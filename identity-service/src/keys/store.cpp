#include "keys/store.hpp"

#include <pz/core/config.hpp>

#include <spdlog/spdlog.h>

#include <optional>
#include <string>

namespace pz::identity::keys {

namespace {

/// Any constant that no other advisory lock of this database uses.
constexpr const char* lock_keys = "SELECT pg_advisory_xact_lock(7305001)";

constexpr const char* list_keys = R"sql(
    SELECT kid, state, public_jwk, private_key_encrypted
      FROM identity.signing_key
     WHERE state IN ('next', 'active', 'retiring')
     ORDER BY created_at, kid)sql";

constexpr const char* insert_key = R"sql(
    INSERT INTO identity.signing_key (kid, algorithm, state, public_jwk, private_key_encrypted)
    VALUES ($1, $2, 'active', $3, $4))sql";

crypto::SigningKey decrypt(
    const std::string& kid,
    const std::string& encrypted,
    const crypto::FernetRing& ring,
    const core::Clock& clock
) {
    auto jwk = ring.decrypt(encrypted, clock.now());
    if (!jwk) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS does not decrypt the signing key " + kid +
            ": the key it was encrypted with is missing"
        );
    }
    auto key = crypto::SigningKey::parse(*jwk);
    if (!key || key->public_key().kid() != kid) {
        throw core::ConfigError("the signing key " + kid + " in the database is not the one it claims to be");
    }
    return std::move(*key);
}

}  // namespace

SigningKeys load_or_create(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
) {
    connection.execute_script("BEGIN");
    connection.query(lock_keys);
    std::optional<crypto::SigningKey> active;
    std::vector<crypto::PublicKey> published;
    for (const pg::TextResult::Row& row : connection.query(list_keys).rows) {
        const std::string kid = row[0].value();
        auto key = crypto::PublicKey::parse(row[2].value());
        if (!key || key->kid() != kid) {
            throw core::ConfigError("the public key " + kid + " in the database is damaged");
        }
        published.push_back(std::move(*key));
        if (row[1] == "active") {
            active = decrypt(kid, row[3].value(), ring, clock);
        }
    }
    if (!active) {
        active = crypto::SigningKey::generate();
        const crypto::PublicKey& key = active->public_key();
        connection.query(
            insert_key,
            {key.kid(),
             std::string{crypto::algorithm_name(key.algorithm())},
             key.to_jwk(),
             ring.encrypt(active->to_jwk(), clock.now())}
        );
        published.push_back(key);
        spdlog::info("made the first signing key kid={}", key.kid());
    }
    connection.execute_script("COMMIT");
    return {std::move(*active), std::move(published)};
}

}  // namespace pz::identity::keys
