#include <pz/crypto/jws.hpp>

#include <pz/core/json.hpp>
#include <pz/core/text.hpp>

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace json = boost::json;

namespace pz::crypto {

namespace {

std::optional<Algorithm> algorithm_from(std::string_view name) {
    for (const Algorithm algorithm : {Algorithm::es256, Algorithm::rs256, Algorithm::eddsa}) {
        if (name == algorithm_name(algorithm)) {
            return algorithm;
        }
    }
    return std::nullopt;
}

/// An absent member is an empty text; nullopt if it is there and not a string.
std::optional<std::string> text_or_empty(const json::object& header, std::string_view name) {
    const json::value* member = header.if_contains(name);
    if (member == nullptr) {
        return std::string{};
    }
    if (!member->is_string()) {
        return std::nullopt;
    }
    return std::string{member->get_string()};
}

}  // namespace

std::expected<CompactJws, JwsError> parse_compact(std::string_view token) {
    if (token.size() > max_jws_size) {
        return std::unexpected(JwsError::too_large);
    }
    const std::size_t first_dot = token.find('.');
    const std::size_t second_dot =
        first_dot == std::string_view::npos ? first_dot : token.find('.', first_dot + 1);
    if (second_dot == std::string_view::npos) {
        return std::unexpected(JwsError::malformed);
    }
    // A third dot is outside the base64url alphabet and fails below.
    const auto header_text = core::base64url_decode(token.substr(0, first_dot));
    auto payload = core::base64url_decode(token.substr(first_dot + 1, second_dot - first_dot - 1));
    auto signature = core::base64url_decode(token.substr(second_dot + 1));
    if (!header_text || !payload || !signature) {
        return std::unexpected(JwsError::malformed);
    }

    const auto document = core::parse_json(*header_text);
    if (!document || !document->is_object()) {
        return std::unexpected(JwsError::bad_header);
    }
    const json::object& header = document->get_object();
    constexpr std::array<std::string_view, 8> forbidden{
        "jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc"
    };
    if (std::ranges::any_of(forbidden, [&](auto name) { return header.if_contains(name) != nullptr; })) {
        return std::unexpected(JwsError::forbidden_header);
    }
    const auto name = text_or_empty(header, "alg");
    auto kid = text_or_empty(header, "kid");
    auto typ = text_or_empty(header, "typ");
    if (!name || name->empty() || !kid || kid->size() > max_kid_size || !typ) {
        return std::unexpected(JwsError::bad_header);
    }
    const auto algorithm = algorithm_from(*name);
    if (!algorithm) {
        return std::unexpected(JwsError::unsupported_algorithm);
    }
    return CompactJws{
        .algorithm = *algorithm,
        .kid = std::move(*kid),
        .typ = std::move(*typ),
        .payload = std::move(*payload),
        .signature = std::move(*signature),
        .signing_input = token.substr(0, second_dot),
    };
}

bool verify(const CompactJws& jws, const PublicKey& key) {
    return jws.algorithm == key.algorithm() && key.verify(jws.signing_input, jws.signature);
}

std::string sign_compact(std::string_view typ, std::string_view payload, const SigningKey& key) {
    std::string header = R"({"alg":")";
    header += algorithm_name(key.public_key().algorithm());
    header += R"(","typ":)";
    core::write_json(header, typ);
    header += R"(,"kid":)";
    core::write_json(header, key.public_key().kid());
    header += '}';
    const std::string token = core::base64url_encode(header) + '.' + core::base64url_encode(payload);
    const std::string signature = key.sign(token);
    return token + '.' + core::base64url_encode(signature);
}

}  // namespace pz::crypto
