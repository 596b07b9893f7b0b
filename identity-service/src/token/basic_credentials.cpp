#include "token/basic_credentials.hpp"

#include <pz/core/text.hpp>

#include <algorithm>

namespace pz::identity::token {

namespace {

/// Basic is written in the padded alphabet of RFC 4648 section 4; our decoder reads section 5 without
/// padding.
std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) {
        return std::nullopt;
    }
    for (int i = 0; i < 2 && text.ends_with('='); ++i) {
        text.remove_suffix(1);
    }
    std::string translated{text};
    std::ranges::replace(translated, '+', '-');
    std::ranges::replace(translated, '/', '_');
    return core::base64url_decode(translated);
}

}  // namespace

std::optional<BasicCredentials> parse_basic(std::string_view authorization) {
    constexpr std::string_view scheme = "basic ";
    const auto equal = [](char c, char lower) { return (c >= 'A' && c <= 'Z' ? c | 0x20 : c) == lower; };
    if (!std::ranges::equal(authorization.substr(0, scheme.size()), scheme, equal)) {
        return std::nullopt;
    }
    const auto decoded = decode_base64(authorization.substr(scheme.size()));
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    const std::string_view pair{*decoded};
    auto id = core::percent_decode(pair.substr(0, colon), core::PercentDialect::form);
    auto secret = core::percent_decode(pair.substr(colon + 1), core::PercentDialect::form);
    if (!id || !secret) {
        return std::nullopt;
    }
    return BasicCredentials{.id = std::move(*id), .secret = core::SecretString{std::move(*secret)}};
}

}  // namespace pz::identity::token
