#pragma once

#include <pz/audit/checkpoint.hpp>
#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pz::audit {

struct CheckpointerOptions {
    std::int64_t every_events = 1000;
    std::chrono::seconds every{60};  ///< for a chain that has grown at all
    /// Append-only, one JWS a line, on another machine's disk if there is one; empty: none.
    std::filesystem::path file{};
};

/// Signs every chain that is due, in one transaction, and only one process at a time does it: `connection` is
/// as pz_admin. What was signed is in the file (written and synced) before it is in the table, so that the
/// table never knows of more than the file does; `publish` then gets each JWS. Returns how many.
/// Throws pg::BlockingError, std::runtime_error when the file cannot be written.
std::size_t make_checkpoints(
    pg::BlockingConnection& connection,
    const crypto::SigningKey& key,
    const core::Clock& clock,
    const CheckpointerOptions& options,
    const std::function<void(const Checkpoint&, const std::string& jws)>& publish
);

}  // namespace pz::audit
