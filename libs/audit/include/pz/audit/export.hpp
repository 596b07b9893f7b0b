#pragma once

#include <pz/audit/verify.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The lines of an exported chain, each with its line feed: what verify_export() reads, and docs/audit.md
/// tells.
namespace pz::audit {

/// Media type of an export: https://github.com/ndjson/ndjson-spec.
inline constexpr std::string_view export_media_type = "application/x-ndjson";

/// `checkpoints` and `retirement`, the last one if events were retired: compact JWS.
void append_export_begin(
    std::string& out,
    const core::Uuid& chain,
    const std::vector<std::string>& checkpoints,
    const std::optional<std::string>& retirement
);
/// `body`: exactly the bytes that were hashed.
void append_export_event(
    std::string& out, std::int64_t seq, const crypto::Sha256Digest& hash, std::string_view body
);
/// An export without this line is truncated.
void append_export_end(std::string& out, const Place& head);

}  // namespace pz::audit
