#include <pz/audit/personal.hpp>

#include "statements.hpp"

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>

namespace pz::audit {

namespace {

constexpr std::size_t salt_size = 32;
constexpr std::size_t max_value_size = 1000;

/// At most so many bytes, and no half of a character at the end.
std::string_view shortened(std::string_view text) {
    if (text.size() <= max_value_size) {
        return text;
    }
    std::size_t end = max_value_size;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return text.substr(0, end);
}

std::string key_of(
    const core::Uuid& chain,
    const std::optional<core::Uuid>& person,
    PersonalKind kind,
    std::string_view value
) {
    std::string key;
    key.reserve(2 * core::Uuid::text_size + value.size() + 1);
    chain.append_to(key);
    person.value_or(core::Uuid{}).append_to(key);
    key += static_cast<char>(kind);
    return key += value;
}

}  // namespace

std::string commitment(std::string_view salt, PersonalKind kind, std::string_view value) {
    std::string message{core::enum_text(kind)};
    message += '\0';
    message += value;
    const crypto::Sha256Digest digest = crypto::hmac_sha256(salt, message);
    return core::base64url_encode(crypto::bytes_of(digest));
}

std::string Commitments::commit_to(
    const core::Uuid& chain,
    const std::optional<core::Uuid>& person,
    PersonalKind kind,
    std::string_view value,
    core::Timestamp now,
    std::vector<pg::PreparedStatement>& statements
) {
    if (value.empty()) {
        return {};
    }
    value = shortened(value);
    if (known_.size() >= limit) {
        known_.clear();
        kept_.clear();
    }
    Known& known = known_[key_of(chain, person, kind, value)];
    if (known.commitment.empty()) {
        known.salt.resize(salt_size);
        core::random_bytes(known.salt.data(), known.salt.size());
        known.commitment = commitment(known.salt, kind, value);
    }
    if (!kept_.contains(known.commitment)) {
        statements.push_back(
            {keep_personal,
             pg::Parameters::of(
                 chain,
                 known.commitment,
                 kind,
                 std::vector<std::uint8_t>(known.salt.begin(), known.salt.end()),
                 value,
                 person,
                 now
             )}
        );
    }
    return known.commitment;
}

void Commitments::confirm(const std::string& commitment) {
    if (!commitment.empty()) {
        kept_.insert(commitment);
    }
}

}  // namespace pz::audit
