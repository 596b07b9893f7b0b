#include <pz/crypto/placed_secret.hpp>

namespace pz::crypto {

namespace {

constexpr std::string_view version = "pz1 ";

/// Column names have no blanks and identifiers have one length, so no two places have the same head.
std::string head_of(const SecretPlace& place) {
    std::string head{version};
    head += place.column;
    head += ' ';
    place.tenant.append_to(head);
    head += ' ';
    place.row.append_to(head);
    head += '\n';
    return head;
}

}  // namespace

std::string place_secret(
    const FernetRing& ring, const SecretPlace& place, const core::SecretString& secret, core::Timestamp now
) {
    std::string plaintext = head_of(place);
    // Reserved first: growing would leave a copy of the secret in memory that nobody overwrites.
    plaintext.reserve(plaintext.size() + secret.reveal().size());
    plaintext += secret.reveal();
    return ring.encrypt(core::SecretString{std::move(plaintext)}, now);
}

std::expected<core::SecretString, PlacedSecretError> take_secret(
    const FernetRing& ring, const SecretPlace& place, std::string_view token, core::Timestamp now
) {
    const auto plaintext = ring.decrypt(token, now);
    if (!plaintext) {
        return std::unexpected(PlacedSecretError::unreadable);
    }
    const std::string_view text = plaintext->reveal();
    const std::string head = head_of(place);
    if (!text.starts_with(head)) {
        return std::unexpected(
            text.starts_with(version) ? PlacedSecretError::misplaced : PlacedSecretError::unreadable
        );
    }
    return core::SecretString{std::string{text.substr(head.size())}};
}

}  // namespace pz::crypto
