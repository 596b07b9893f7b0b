#pragma once

#include "tar.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

/// A tenant as one file: a tar of NDJSON (a row a line) for each table of schema app, its people, and at the
/// end a manifest with columns, counts and SHA-256. Taken from one snapshot, a thousand rows at a time, so
/// that memory does not grow with the tenant.
///
/// Secrets stay behind: what is encrypted under the keys of one installation is of no use in another, and
/// password hashes are nobody's data but the person's.
namespace pz::command {

struct ArchiveSummary {
    std::string slug;
    std::int64_t tables = 0;
    std::int64_t rows = 0;
};

/// @param backup pz_backup, which sees every row and writes none
/// Throws ArchiveError and pg::BlockingError; what was written of the file by then is removed.
ArchiveSummary export_tenant(
    pg::BlockingConnection& backup,
    const core::Uuid& tenant,
    const std::filesystem::path& file,
    const core::Clock& clock
);

/// Reads the archive to its end and checks it before anything is changed: damage, a table or column that this
/// installation does not have, and an organization with this id or slug that is there already are refused
/// with ArchiveError. Then makes the organization, in state provisioning; all its rows come in one
/// transaction; then it is active. After a failure in between, the same import goes on where it stood.
ArchiveSummary import_tenant(
    pg::BlockingConnection& admin,
    pg::BlockingConnection& app,
    const std::filesystem::path& file,
    const core::Clock& clock
);

}  // namespace pz::command
