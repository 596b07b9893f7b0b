#include <pz/auth/token_verifier.hpp>

#include <pz/auth/claims.hpp>
#include <pz/core/check.hpp>
#include <pz/crypto/jws.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace pz::auth {

namespace {

// With four, 3 % of 1,000 tokens found their set full in a memory of 4,096; each of those then cost a
// signature.
constexpr std::size_t ways = 8;

TokenError token_error(crypto::JwsError error) noexcept {
    switch (error) {
        case crypto::JwsError::too_large:
            return TokenError::too_large;
        case crypto::JwsError::malformed:
        case crypto::JwsError::bad_header:
            return TokenError::malformed;
        case crypto::JwsError::forbidden_header:
            return TokenError::forbidden_header;
        case crypto::JwsError::unsupported_algorithm:
            return TokenError::unsupported_algorithm;
    }
    return TokenError::malformed;
}

std::shared_ptr<const Principal> principal_of(AccessClaims claims, std::string kid) {
    return std::make_shared<const Principal>(Principal{
        .person = claims.person,
        .tenant = claims.tenant,
        .role = claims.role,
        .session = claims.session,
        .person_epoch = claims.person_epoch,
        .tenant_epoch = claims.tenant_epoch,
        .amr = std::move(claims.amr),
        .auth_time = claims.auth_time,
        .expires_at = claims.expires_at,
        .actor = claims.actor,
        .impersonation = claims.impersonation,
        .signing_key = std::move(kid),
    });
}

}  // namespace

TokenVerifier::TokenVerifier(Options options, KeySource& keys)
    : options_(std::move(options)),
      keys_(keys),
      generation_(keys.generation()),
      snapshot_(keys.snapshot()),
      remembered_(options_.remembered_tokens) {
    PZ_CHECK(!options_.issuer.empty() && !options_.audience.empty());
    PZ_CHECK(!remembered_.empty() && remembered_.size() % ways == 0);
}

std::expected<std::shared_ptr<const Principal>, TokenError> TokenVerifier::verify(
    std::string_view token, core::Timestamp now
) {
    // Before the hash: nobody pays for hashing a megabyte.
    if (token.size() > crypto::max_jws_size) {
        ++counters_.refused;
        return std::unexpected(TokenError::too_large);
    }
    follow_key_changes();
    const crypto::Sha256Digest digest = crypto::sha256(token);
    if (const Remembered* entry = find(digest, now)) {
        return entry->principal;
    }
    auto fresh = verify_fully(token, now);
    if (!fresh) {
        ++counters_.refused;
        return std::unexpected(fresh.error());
    }
    ++counters_.verified;
    fresh->digest = digest;
    fresh->last_used = ++uses_;
    // A place without a principal was never used, so it is the oldest.
    Remembered& place = *std::ranges::min_element(set_of(digest), {}, &Remembered::last_used);
    place = std::move(*fresh);
    return place.principal;
}

std::shared_ptr<const Principal> TokenVerifier::find_remembered(std::string_view token, core::Timestamp now) {
    if (token.size() > crypto::max_jws_size) {
        return nullptr;
    }
    follow_key_changes();
    const Remembered* entry = find(crypto::sha256(token), now);
    return entry != nullptr ? entry->principal : nullptr;
}

TokenVerifier::Remembered* TokenVerifier::find(
    const crypto::Sha256Digest& digest, core::Timestamp now
) noexcept {
    for (Remembered& entry : set_of(digest)) {
        if (entry.digest == digest && entry.valid_from <= now && now < entry.valid_until) {
            entry.last_used = ++uses_;
            ++counters_.remembered;
            return &entry;
        }
    }
    return nullptr;
}

std::expected<TokenVerifier::Remembered, TokenError> TokenVerifier::verify_fully(
    std::string_view token, core::Timestamp now
) {
    if (!snapshot_) {
        return std::unexpected(TokenError::keys_unavailable);
    }
    const auto jws = crypto::parse_compact(token);
    if (!jws) {
        return std::unexpected(token_error(jws.error()));
    }
    if (jws->typ != access_token_type) {
        return std::unexpected(TokenError::wrong_type);
    }
    if (jws->kid.empty()) {
        return std::unexpected(TokenError::malformed);
    }
    const crypto::PublicKey* key = snapshot_->find(jws->kid);
    if (key == nullptr) {
        keys_.report_unknown_key(jws->kid);
        return std::unexpected(TokenError::unknown_key);
    }
    if (!crypto::verify(*jws, *key)) {
        return std::unexpected(TokenError::bad_signature);
    }

    auto claims = parse_claims(jws->payload);
    if (!claims) {
        return std::unexpected(TokenError::bad_claims);
    }
    if (claims->issuer != options_.issuer) {
        return std::unexpected(TokenError::wrong_issuer);
    }
    if (std::ranges::find(claims->audience, options_.audience) == claims->audience.end()) {
        return std::unexpected(TokenError::wrong_audience);
    }
    if (!options_.client.empty() && claims->client_id != options_.client) {
        return std::unexpected(TokenError::wrong_client);
    }
    if (claims->expires_at <= claims->issued_at || claims->expires_at <= claims->not_before) {
        return std::unexpected(TokenError::bad_claims);
    }
    if (claims->expires_at - std::min(claims->issued_at, claims->not_before) > max_token_lifetime) {
        return std::unexpected(TokenError::lifetime_too_long);
    }
    Remembered result;
    result.valid_from = std::max(claims->issued_at, claims->not_before) - clock_leeway;
    result.valid_until = claims->expires_at + clock_leeway;
    if (now < result.valid_from) {
        return std::unexpected(TokenError::not_yet_valid);
    }
    if (now >= result.valid_until) {
        return std::unexpected(TokenError::expired);
    }
    result.principal = principal_of(std::move(*claims), key->kid());
    return result;
}

std::span<TokenVerifier::Remembered> TokenVerifier::set_of(const crypto::Sha256Digest& digest) noexcept {
    std::uint32_t prefix = 0;
    std::memcpy(&prefix, digest.data(), sizeof prefix);
    const std::size_t set = prefix % (remembered_.size() / ways);
    return std::span{remembered_}.subspan(set * ways, ways);
}

void TokenVerifier::follow_key_changes() {
    const std::uint64_t generation = keys_.generation();
    if (generation == generation_) [[likely]] {
        return;
    }
    // Read before the snapshot: a change in between is then noticed with the next token.
    generation_ = generation;
    snapshot_ = keys_.snapshot();
    std::ranges::fill(remembered_, Remembered{});
}

}  // namespace pz::auth
