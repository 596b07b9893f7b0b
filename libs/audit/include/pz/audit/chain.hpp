#pragma once

#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The hash chain: each event's hash covers the event before it, so that no event can be changed, removed or
/// moved without changing every hash behind it.
///
///     hash = SHA-256( 0x02 | chain | u64be seq | hash of seq - 1 | SHA-256(body) )
///
/// `chain` is 16 bytes: the tenant's UUID in network order; the platform's chain is the nil UUID. Every part
/// has a fixed width, so no two different events can make the same input. The first event has seq 1 and
/// stands behind 32 zero bytes. The leading 0x02 keeps these hashes apart from the leaves (0x00) and nodes
/// (0x01) of a Merkle tree over the same events (RFC 9162 section 2.1.1).
namespace pz::audit {

/// The chain of what belongs to no tenant: the platform's own.
inline constexpr core::Uuid platform_chain = core::public_tenant;

inline constexpr crypto::Sha256Digest genesis{};

[[nodiscard]] crypto::Sha256Digest event_hash(
    const core::Uuid& chain, std::int64_t seq, const crypto::Sha256Digest& previous, std::string_view body
);

/// The same, of an event whose body is elsewhere.
[[nodiscard]] crypto::Sha256Digest event_hash(
    const core::Uuid& chain,
    std::int64_t seq,
    const crypto::Sha256Digest& previous,
    const crypto::Sha256Digest& body_hash
);

/// "platform", or the tenant's UUID: how a chain is called in an event, in an export and on a command line.
[[nodiscard]] std::string chain_name(const core::Uuid& chain);
[[nodiscard]] std::optional<core::Uuid> parse_chain(std::string_view name);

}  // namespace pz::audit
