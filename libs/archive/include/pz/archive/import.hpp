#pragma once

#include <pz/archive/error.hpp>
#include <pz/core/clock.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace pz::archive {

struct Imported {
    std::string slug;
    std::int64_t tables = 0;
    std::int64_t rows = 0;
    std::int64_t people = 0;
};

/// Reads the archive (export.hpp) to its end and checks it before anything is changed: damage, a table or
/// column that this installation does not have, and an organization with this id or slug that is there
/// already are refused with ArchiveError. Then makes the organization, in state provisioning; all its rows
/// come in one transaction; then, in another, its people, and it is active. After a failure in between, the
/// same import goes on where it stood.
///
/// People come with their ids, addresses and roles, and without a password: who reads the mail of the address
/// sets one. Somebody who is here already, by the address, becomes a member; staff of the platform do not.
/// @param admin pz_admin: the registry
/// @param app pz_app, under row level security: an archive brings nothing into another tenant
/// Throws pg::BlockingError besides.
Imported import_tenant(
    pg::BlockingConnection& admin,
    pg::BlockingConnection& app,
    const std::filesystem::path& file,
    const core::Clock& clock
);

}  // namespace pz::archive
