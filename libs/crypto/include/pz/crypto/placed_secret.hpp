#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/fernet.hpp>

#include <boost/describe/enum.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// A tenant's secret in a column of the database, encrypted so that it opens in its own row only. Fernet has
/// no associated data: whoever may write the table could copy one tenant's ciphertext into another's row and
/// have the service use it there. So the place stands in front of the secret, inside the encryption.
namespace pz::crypto {

/// Where a secret is kept.
struct SecretPlace {
    std::string_view column;  ///< "app.integration.secret_encrypted"; never renamed once secrets are stored
    core::Uuid tenant;
    core::Uuid row;
};

enum class PlacedSecretError : std::uint8_t {
    unreadable,  ///< no key of the ring made it, it was altered, or it was not made by place_secret()
    misplaced,   ///< it is ours and was made for another column, tenant or row
};
BOOST_DESCRIBE_ENUM(PlacedSecretError, unreadable, misplaced)

/// The Fernet token of "pz1 <column> <tenant> <row>\n<secret>". Throws as FernetRing::encrypt().
[[nodiscard]] std::string place_secret(
    const FernetRing& ring, const SecretPlace& place, const core::SecretString& secret, core::Timestamp now
);

/// The secret, if the token was made for this place.
[[nodiscard]] std::expected<core::SecretString, PlacedSecretError> take_secret(
    const FernetRing& ring, const SecretPlace& place, std::string_view token, core::Timestamp now
);

}  // namespace pz::crypto
