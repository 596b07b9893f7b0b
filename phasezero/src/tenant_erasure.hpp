#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

/// The end of a tenant: its rows go in batches, what was there is counted to nothing, and a certificate says
/// so.
namespace pz::command {

/// A table that has rows of tenants, and how many of one tenant's it has.
struct TableCount {
    std::string table;
    std::int64_t rows = 0;
};

/// Every table with a tenant_id in the schemas of ours, whichever there are by now. The audit log is kept: it
/// tells what was done, by whom, and its personal part is erased on its own.
/// @param backup pz_backup, which sees every row and writes none
[[nodiscard]] std::vector<TableCount> count_rows_of(pg::BlockingConnection& backup, const core::Uuid& tenant);

/// Rows are left where there should be none, or the tenant is in no state to be erased.
class ErasureError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// One connection for each role that has a part in it.
struct ErasureConnections {
    pg::BlockingConnection admin;   ///< pz_admin: the steps, and identity by one function
    pg::BlockingConnection app;     ///< pz_app: the tenant's own tables, bound to the tenant
    pg::BlockingConnection backup;  ///< pz_backup: counts
};

struct DueTenant {
    core::Uuid id;
    std::string slug;
};

/// Tenants whose thirty days are over, and those whose erasure was interrupted.
[[nodiscard]] std::vector<DueTenant> list_due(pg::BlockingConnection& admin, core::Timestamp now);

/// Erases all of the tenant's rows, each batch in a transaction of its own, so that it can be interrupted and
/// begun again at any point; then counts, and in the last transaction writes the certificate into what is
/// left of the tenant. Returns the certificate (erasure_certificate.hpp), signed with the audit log's key.
/// Throws ErasureError and pg::BlockingError.
std::string erase_tenant(
    ErasureConnections& connections,
    const core::Uuid& tenant,
    const crypto::SigningKey& key,
    const core::Clock& clock
);

}  // namespace pz::command
