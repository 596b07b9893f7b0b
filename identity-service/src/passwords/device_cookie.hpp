#pragma once

#include <pz/core/clock.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::identity::passwords {

/// What a browser keeps after a sign-in: base64url(device | time | HMAC-SHA-256(key, device | time |
/// e-mail)). It proves that somebody signed in to this account with this browser, and nothing else: it is no
/// credential. The e-mail address is in the code and not in the text, so the cookie of one account is worth
/// nothing for another: whoever has an account cannot make himself buckets for somebody else's.
class DeviceCookies {
 public:
    static constexpr std::chrono::seconds lifetime = std::chrono::days{180};

    /// Newest key first: the first makes cookies, any is accepted.
    explicit DeviceCookies(std::vector<crypto::Sha256Digest> keys) : keys_(std::move(keys)) {}

    /// @param email normalized
    [[nodiscard]] std::string make(const core::Uuid& device, std::string_view email, core::Timestamp now)
        const;
    /// The device, if the cookie is ours, of this account and not too old.
    [[nodiscard]] std::optional<core::Uuid> find(
        std::string_view cookie, std::string_view email, core::Timestamp now
    ) const;

 private:
    std::vector<crypto::Sha256Digest> keys_;
};

}  // namespace pz::identity::passwords
