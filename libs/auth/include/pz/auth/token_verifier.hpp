#pragma once

#include <pz/auth/key_source.hpp>
#include <pz/auth/principal.hpp>
#include <pz/core/clock.hpp>
#include <pz/crypto/digest.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pz::auth {

/// Why a token was refused; for logs and metrics. All but keys_unavailable (503) are 401 for the client, and
/// only `expired` is worth telling apart there.
enum class TokenError : std::uint8_t {
    too_large,
    malformed,
    forbidden_header,
    unsupported_algorithm,
    wrong_type,
    unknown_key,
    bad_signature,
    bad_claims,
    wrong_issuer,
    wrong_audience,
    wrong_client,
    lifetime_too_long,
    not_yet_valid,
    expired,
    keys_unavailable,
};
BOOST_DESCRIBE_ENUM(
    TokenError,
    too_large,
    malformed,
    forbidden_header,
    unsupported_algorithm,
    wrong_type,
    unknown_key,
    bad_signature,
    bad_claims,
    wrong_issuer,
    wrong_audience,
    wrong_client,
    lifetime_too_long,
    not_yet_valid,
    expired,
    keys_unavailable
)

/// Verifies access tokens (RFC 9068) offline and remembers those it has verified: a signature costs some 60
/// µs, a remembered token well under one. One object per thread. It says nothing about whether the person,
/// session and tenant still live: that is asked in the request's transaction.
class TokenVerifier {
 public:
    struct Options {
        std::string issuer;
        std::string audience;
        std::string client{};  ///< only tokens that were issued to it; empty: to any
        std::size_t remembered_tokens = 8'192;  ///< a multiple of 8; some 300 bytes each
    };

    struct Counters {
        std::uint64_t remembered = 0;
        std::uint64_t verified = 0;
        std::uint64_t refused = 0;
    };

    /// The source must outlive the verifier.
    TokenVerifier(Options options, KeySource& keys);

    [[nodiscard]] std::expected<std::shared_ptr<const Principal>, TokenError> verify(
        std::string_view token, core::Timestamp now
    );

    /// What verify() would return without looking at the signature, because it did so before; null when it
    /// would have to.
    [[nodiscard]] std::shared_ptr<const Principal> find_remembered(
        std::string_view token, core::Timestamp now
    );

    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
    /// A verified token: good without another look from valid_from until valid_until, while the key set stays
    /// the same.
    struct Remembered {
        crypto::Sha256Digest digest{};
        core::Timestamp valid_from;
        core::Timestamp valid_until;
        std::uint64_t last_used = 0;
        std::shared_ptr<const Principal> principal;
    };

    [[nodiscard]] std::expected<Remembered, TokenError> verify_fully(
        std::string_view token, core::Timestamp now
    );
    [[nodiscard]] Remembered* find(const crypto::Sha256Digest& digest, core::Timestamp now) noexcept;
    [[nodiscard]] std::span<Remembered> set_of(const crypto::Sha256Digest& digest) noexcept;
    void follow_key_changes();

    Options options_;
    KeySource& keys_;
    std::uint64_t generation_;
    std::shared_ptr<const crypto::KeySet> snapshot_;
    std::vector<Remembered> remembered_;  ///< eight-way associative, the digest's first bytes choose the set
    std::uint64_t uses_ = 0;
    Counters counters_;
};

}  // namespace pz::auth
