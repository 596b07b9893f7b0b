#pragma once

#include <pz/audit/checkpoint.hpp>
#include <pz/audit/folder.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace pz::audit {

/// Nothing was retired: what() is one sentence.
class RetirementError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct RetirementReport {
    std::int64_t chains = 0;
    std::int64_t events = 0;
    std::int64_t months = 0;
};

/// The beginning of the month (UTC) so many whole months before that of `now`.
[[nodiscard]] core::Timestamp month_before(core::Timestamp now, int months);

/// Drops the months that end at or before `cut` (the first of a month; the current month and the one before
/// it stay). Each chain that has events there is followed from its beginning, or from where it was cut the
/// last time, to the last of them, past every checkpoint; a retirement is signed and kept like a checkpoint;
/// only then they go, and an event in the platform's chain says so. One process at a time; what a process
/// that was ended has left undone, the next call does. `connection`: as pz_admin. Throws RetirementError when
/// a chain is not what was signed, or when another process is at it; pg::BlockingError; std::runtime_error
/// when the folder cannot be written.
RetirementReport retire_months(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    core::Timestamp cut,
    const std::optional<Folder>& folder,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
);

}  // namespace pz::audit
