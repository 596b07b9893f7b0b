#pragma once

#include <pz/audit/checkpoint.hpp>
#include <pz/audit/verify.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

/// Chains as they are found: in a database, or in an export far away from it.
namespace pz::audit {

/// It could not be found out: a wrong key, a file that is no export. what() is one sentence.
class VerifyError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct Report {
    std::int64_t chains = 0;
    std::int64_t events = 0;
    std::int64_t checkpoints = 0;    ///< whose signatures were checked
    std::int64_t retired = 0;        ///< events that were there and were removed on purpose
    std::optional<Breach> breach{};  ///< the first one

    /// "ok chains=3 events=120 checkpoints=4", with " retired=1000" if any are, or the breach.
    [[nodiscard]] std::string to_string() const;
};

/// What was signed, by chain.
using SignedPlaces = std::map<core::Uuid, std::vector<Place>>;

/// Reads one compact JWS a line, a checkpoint or a retirement, checked with the keys. A line that was cut off
/// (the machine died while it was written) is passed over. Throws VerifyError.
[[nodiscard]] SignedPlaces read_checkpoints(std::istream& lines, const crypto::KeySet& keys);

/// Every chain of the database, or the one named, in one snapshot. `connection`: as pz_backup, which sees all
/// tenants' rows and writes none. With keys the table's checkpoints count, too; `outside` are those that were
/// kept elsewhere, without which nobody can tell a database that was put back to an old state.
[[nodiscard]] Report verify_database(
    pg::BlockingConnection& connection,
    const std::optional<core::Uuid>& chain,
    const crypto::KeySet* keys,
    SignedPlaces outside
);

/// An export, line by line (docs/audit.md): the database is not needed, nor is trust in it.
[[nodiscard]] Report verify_export(
    std::istream& lines, const std::optional<core::Uuid>& chain, const crypto::KeySet& keys
);

/// Writes a chain as an export. Constant memory.
void write_export(pg::BlockingConnection& connection, const core::Uuid& chain, std::ostream& out);

}  // namespace pz::audit
