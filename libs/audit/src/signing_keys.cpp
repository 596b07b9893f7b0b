#include <pz/audit/signing_keys.hpp>

#include "platform_transaction.hpp"

#include <pz/core/json.hpp>

#include <boost/json/serialize.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace pz::audit {

namespace {

// Times as whole microseconds since 1970, which no setting of the session spells differently.
constexpr const char* list_keys = R"sql(
    SELECT kid, public_jwk, (extract(epoch FROM created_at) * 1000000)::bigint,
           (extract(epoch FROM retired_at) * 1000000)::bigint
      FROM audit.signing_key
     ORDER BY created_at, kid)sql";

constexpr const char* find_current = R"sql(
    SELECT kid, private_key_encrypted FROM audit.signing_key
     WHERE retired_at IS NULL ORDER BY created_at DESC LIMIT 1)sql";

constexpr const char* insert_key = R"sql(
    INSERT INTO audit.signing_key (kid, public_jwk, private_key_encrypted, created_at)
    VALUES ($1, $2, $3, $4::timestamptz))sql";

constexpr const char* retire_current = R"sql(
    UPDATE audit.signing_key SET retired_at = $1::timestamptz, private_key_encrypted = NULL
     WHERE retired_at IS NULL)sql";

/// One at a time makes keys: "pz audit" in ASCII, so that it is recognisable in pg_locks.
constexpr const char* lock = "SELECT pg_advisory_xact_lock(x'707a206175646974'::bigint)";

core::Timestamp time_of(const std::string& microseconds) {
    return core::Timestamp{std::chrono::microseconds{std::stoll(microseconds)}};
}

std::optional<crypto::SigningKey> find(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, core::Timestamp now
) {
    const pg::TextResult found = connection.query(find_current);
    if (found.rows.empty()) {
        return std::nullopt;
    }
    const std::string& kid = found.rows[0][0].value();
    const auto jwk = ring.decrypt(found.rows[0][1].value(), now);
    if (!jwk) {
        throw KeyError(
            "PZ_ENCRYPTION_KEYS does not decrypt the audit log's signing key " + kid +
            ": the key it was encrypted with is missing"
        );
    }
    auto key = crypto::SigningKey::parse(*jwk);
    if (!key || key->public_key().kid() != kid) {
        throw KeyError("the audit log's signing key " + kid + " is not the one it claims to be");
    }
    return std::move(*key);
}

crypto::SigningKey make(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, core::Timestamp now
) {
    crypto::SigningKey key = crypto::SigningKey::generate();
    (void)connection.query(
        insert_key,
        {key.public_key().kid(),
         key.public_key().to_jwk(),
         ring.encrypt(key.to_jwk(), now),
         core::to_string(now)}
    );
    return key;
}

}  // namespace

std::vector<StoredSigningKey> list_signing_keys(pg::BlockingConnection& connection) {
    std::vector<StoredSigningKey> keys;
    for (const pg::TextResult::Row& row : connection.query(list_keys).rows) {
        auto key = crypto::PublicKey::parse(row[1].value());
        if (!key || key->kid() != row[0]) {
            throw KeyError("the public key " + row[0].value() + " of the audit log is damaged");
        }
        keys.push_back(
            {std::move(*key), time_of(row[2].value()), row[3] ? std::optional{time_of(*row[3])} : std::nullopt
            }
        );
    }
    return keys;
}

crypto::SigningKey current_signing_key(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
) {
    if (auto key = find(connection, ring, clock.now())) {
        return *key;
    }
    PlatformTransaction transaction(connection);
    (void)connection.query(lock);
    auto key = find(connection, ring, clock.now());  // somebody else may have been first
    if (!key) {
        key = make(connection, ring, clock.now());
    }
    transaction.commit();
    return *key;
}

std::expected<crypto::KeySet, crypto::KeyError> parse_published_keys(std::string_view json) {
    constexpr std::size_t most_per_key = std::size_t{4} * 1024;
    if (json.size() > most_signing_keys * most_per_key) {
        return std::unexpected(crypto::KeyError::too_large);
    }
    const auto document = core::parse_json(json);
    const boost::json::value* members =
        document && document->is_object() ? document->get_object().if_contains("keys") : nullptr;
    if (members == nullptr || !members->is_array()) {
        return std::unexpected(crypto::KeyError::malformed);
    }
    if (members->get_array().size() > most_signing_keys) {
        return std::unexpected(crypto::KeyError::too_large);
    }
    std::set<std::string> kids;
    std::vector<crypto::PublicKey> keys;
    for (const boost::json::value& member : members->get_array()) {
        auto key = crypto::PublicKey::parse(boost::json::serialize(member));
        if (!key && key.error() != crypto::KeyError::unsupported) {
            return std::unexpected(key.error());
        }
        if (key && !kids.insert(key->kid()).second) {
            return std::unexpected(crypto::KeyError::ambiguous);
        }
        if (key) {
            keys.push_back(std::move(*key));
        }
    }
    if (keys.empty()) {
        return std::unexpected(crypto::KeyError::nothing_usable);
    }
    return crypto::KeySet(std::move(keys));
}

crypto::SigningKey rotate_signing_key(
    pg::BlockingConnection& connection, const crypto::FernetRing& ring, const core::Clock& clock
) {
    PlatformTransaction transaction(connection);
    (void)connection.query(lock);
    if (list_signing_keys(connection).size() >= most_signing_keys) {
        throw KeyError(
            "there are " + std::to_string(most_signing_keys) +
            " keys already, which is as many as a set of public keys may hold"
        );
    }
    const core::Timestamp now = clock.now();
    (void)connection.query(retire_current, {core::to_string(now)});
    crypto::SigningKey key = make(connection, ring, now);
    transaction.commit();
    return key;
}

}  // namespace pz::audit
