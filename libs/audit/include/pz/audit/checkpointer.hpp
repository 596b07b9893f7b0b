#pragma once

#include <pz/audit/checkpoint.hpp>
#include <pz/audit/folder.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pz::audit {

struct CheckpointerOptions {
    std::int64_t every_events = 1000;
    std::chrono::seconds every{60};  ///< for a chain that has grown at all
    std::optional<Folder> folder{};
};

struct SigningReport {
    bool had_the_turn = false;  ///< false: another process is at it, and the rest says nothing
    std::size_t checkpoints = 0;
    /// Chains whose new events do not lead from the last checkpoint to the head. They are not signed: a
    /// signature would turn a crime into a fact.
    std::vector<core::Uuid> broken{};
};

/// Signs every chain that is due, in one transaction, and only one process at a time does it: `connection` is
/// as pz_admin. What was signed is in the folder (written and synced) before it is in the table, so that the
/// table never knows of more than the file does; `publish` then gets each JWS.
/// Throws pg::BlockingError, std::runtime_error when the file cannot be written.
SigningReport make_checkpoints(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    const CheckpointerOptions& options,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
);

}  // namespace pz::audit
