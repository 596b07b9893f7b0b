#pragma once

#include "keys/reencryption.hpp"

#include <pz/core/clock.hpp>
#include <pz/crypto/fernet.hpp>
#include <pz/pg/blocking.hpp>

namespace pz::command {

/// Renews the secrets of product-core-api's integrations as identity::keys::reencrypt() does, one tenant and
/// one transaction after the other: pz_app sees the tenant that is bound, and row level security holds for
/// commands too. `admin` is pz_admin, which knows what tenants there are.
[[nodiscard]] identity::keys::Reencryption reencrypt_integrations(
    pg::BlockingConnection& admin,
    pg::BlockingConnection& app,
    const crypto::FernetRing& ring,
    const core::Clock& clock
);

}  // namespace pz::command
