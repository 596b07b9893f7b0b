#pragma once

#include "extract.hpp"
#include "integrations/table.hpp"

#include <pz/core/secret.hpp>
#include <pz/pg/query.hpp>
#include <pz/tenancy/database.hpp>

#include <boost/asio/awaitable.hpp>

#include <span>

/// The credentials themselves: encrypted when they come in, decrypted only to be used.
namespace pz::product::integrations {

[[nodiscard]] IntegrationRow to_row(
    const Encryption& encryption, const core::Uuid& tenant, const core::Uuid& id, IntegrationCreate input
);
[[nodiscard]] IntegrationRowChange to_change(
    const Encryption& encryption, const core::Uuid& tenant, const core::Uuid& id, IntegrationReplace input
);

/// The credential, for a call to the third party; the last statement of its transaction. Throws 404 when the
/// tenant has no such integration or no secret is set, and 500 when the ciphertext is not of this tenant's
/// row or not of our ring, which is logged: somebody has written into the table.
[[nodiscard]] boost::asio::awaitable<core::SecretString> load_secret(
    tenancy::TenantDb db, Encryption encryption, core::Uuid id
);

std::span<const pg::Query> queries();

}  // namespace pz::product::integrations
