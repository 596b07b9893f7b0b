#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

/// Values as COPY brings them in PostgreSQL's binary form.
namespace pz::audit {

inline std::int64_t read_integer(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) {
        value = value << 8 | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int64_t>(value);
}

inline core::Uuid read_uuid(std::string_view bytes) {
    core::Uuid id;
    std::copy_n(bytes.begin(), std::min(bytes.size(), id.bytes.size()), id.bytes.begin());
    return id;
}

inline crypto::Sha256Digest read_digest(std::string_view bytes) {
    crypto::Sha256Digest digest{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), digest.size()), digest.begin());
    return digest;
}

/// timestamptz: microseconds since 2000.
inline core::Timestamp read_time(std::string_view bytes) {
    constexpr core::Timestamp epoch{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
    return epoch + std::chrono::microseconds{read_integer(bytes)};
}

}  // namespace pz::audit
