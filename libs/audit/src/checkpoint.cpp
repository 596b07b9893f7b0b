#include <pz/audit/checkpoint.hpp>

#include <pz/audit/canonical.hpp>
#include <pz/audit/chain.hpp>
#include <pz/core/json.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/object.hpp>

#include <optional>

namespace json = boost::json;

namespace pz::audit {

namespace {

struct Payload {
    std::string chain;
    std::string head;
    std::string root;
    std::int64_t seq = 0;
    core::Timestamp ts;
};
PZ_DESCRIBE(Payload, chain, head, root, seq, ts)

std::optional<int> digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return std::nullopt;
}

}  // namespace

std::string to_hex(const crypto::Sha256Digest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

std::optional<crypto::Sha256Digest> digest_from_hex(std::string_view text) {
    crypto::Sha256Digest digest{};
    if (text.size() != 2 * digest.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const auto high = digit(text[2 * i]);
        const auto low = digit(text[2 * i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        digest[i] = static_cast<std::uint8_t>(*high * 16 + *low);
    }
    return digest;
}

namespace {

std::string sign(std::string_view type, const Checkpoint& checkpoint, const crypto::SigningKey& key) {
    const std::string payload = canonical(json::object{
        {"chain", chain_name(checkpoint.chain)},
        {"head", to_hex(checkpoint.place.hash)},
        {"root", to_hex(checkpoint.root)},
        {"seq", checkpoint.place.seq},
        {"ts", core::to_string(checkpoint.time)}
    });
    return crypto::sign_compact(type, payload, key);
}

std::expected<Checkpoint, CheckpointError> verify(
    std::string_view type, std::string_view jws, const crypto::KeySet& keys
) {
    const auto parsed = crypto::parse_compact(jws);
    if (!parsed || parsed->typ != type) {
        return std::unexpected(CheckpointError::malformed);
    }
    const crypto::PublicKey* key = keys.find(parsed->kid);
    if (key == nullptr) {
        return std::unexpected(CheckpointError::unknown_key);
    }
    if (!crypto::verify(*parsed, *key)) {
        return std::unexpected(CheckpointError::forged);
    }
    const auto document = core::parse_json(parsed->payload);
    Payload payload;
    std::vector<core::FieldError> errors;
    if (document) {
        core::read_json(*document, payload, "", errors);
    }
    const auto chain = parse_chain(payload.chain);
    const auto head = digest_from_hex(payload.head);
    const auto root = digest_from_hex(payload.root);
    if (!document || !errors.empty() || !chain || !head || !root || payload.seq < 1) {
        return std::unexpected(CheckpointError::malformed);
    }
    return Checkpoint{*chain, {payload.seq, *head}, *root, payload.ts};
}

}  // namespace

std::string sign_checkpoint(const Checkpoint& checkpoint, const crypto::SigningKey& key) {
    return sign(checkpoint_type, checkpoint, key);
}

std::string sign_retirement(const Checkpoint& last, const crypto::SigningKey& key) {
    return sign(retirement_type, last, key);
}

std::expected<Checkpoint, CheckpointError> verify_checkpoint(
    std::string_view jws, const crypto::KeySet& keys
) {
    return verify(checkpoint_type, jws, keys);
}

std::expected<Checkpoint, CheckpointError> verify_retirement(
    std::string_view jws, const crypto::KeySet& keys
) {
    return verify(retirement_type, jws, keys);
}

}  // namespace pz::audit
