#pragma once

#include <pz/crypto/digest.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace pz::identity::mail {

/// What the database knows of the token in a link: its SHA-256. The token has 256 random bits, so there is
/// nothing to guess, and looking the hash up tells nothing by its time.
[[nodiscard]] inline std::vector<std::uint8_t> hash_of_token(std::string_view token) {
    const crypto::Sha256Digest digest = crypto::sha256(token);
    return {digest.begin(), digest.end()};
}

}  // namespace pz::identity::mail
