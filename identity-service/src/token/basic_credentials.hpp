#pragma once

#include <pz/core/secret.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace pz::identity::token {

struct BasicCredentials {
    std::string id;
    core::SecretString secret;
};

/// An Authorization header with the scheme Basic, as RFC 6749 section 2.3.1 has clients write it: id and
/// secret each form-encoded, joined by a colon, then base64. nullopt for anything else.
[[nodiscard]] std::optional<BasicCredentials> parse_basic(std::string_view authorization);

}  // namespace pz::identity::token
