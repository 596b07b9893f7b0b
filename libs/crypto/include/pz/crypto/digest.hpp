#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and comparison in constant time.
namespace pz::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Sha256Digest sha256(std::string_view bytes);
[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view message);

/// The digest's bytes, for the functions that take text; valid as long as the digest.
[[nodiscard]] std::string_view bytes_of(const Sha256Digest& digest) noexcept;

/// For secrets, MACs and hashes of secrets: the time depends on the lengths only. Different lengths are never
/// equal.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace pz::crypto
