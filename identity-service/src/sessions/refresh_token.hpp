#pragma once

#include <pz/core/secret.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pz::identity::sessions {

/// A refresh token taken apart; nothing in it may be believed before RefreshTokenCodec::verify().
struct RefreshToken {
    core::Uuid session;
    std::int32_t counter = 0;
    crypto::Sha256Digest mac{};
};

/// Makes and checks refresh tokens: base64url(session | generation | HMAC-SHA-256(key, session | nonce |
/// generation)).
///
/// Nothing that could be presented is stored: the table has the nonce and the generation, the process has the
/// key, and a token needs both. Because a token can be computed again, two tabs that refresh at once get the
/// same child.
class RefreshTokenCodec {
 public:
    /// Keys are derived from the encryption ring's, newest first: the first makes tokens, any is accepted.
    explicit RefreshTokenCodec(const std::vector<core::SecretString>& ring);

    [[nodiscard]] std::string make(
        const core::Uuid& session, const std::vector<std::uint8_t>& nonce, std::int32_t counter
    ) const;
    /// nullopt for anything that make() could not have made by its shape.
    [[nodiscard]] static std::optional<RefreshToken> parse(std::string_view text);
    [[nodiscard]] bool verify(const RefreshToken& token, const std::vector<std::uint8_t>& nonce) const;

 private:
    std::vector<crypto::Sha256Digest> keys_;
};

}  // namespace pz::identity::sessions
