#include "clients/credentials.hpp"

#include <pz/core/json.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>

namespace json = boost::json;

namespace pz::identity::clients {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds leeway{30};
constexpr std::chrono::seconds longest_life{5min};
constexpr std::size_t longest_jti = 256;

const json::string* find_text(const json::object& claims, std::string_view name) {
    const json::value* value = claims.if_contains(name);
    return value == nullptr ? nullptr : value->if_string();
}

std::optional<core::Timestamp> find_time(const json::object& claims, std::string_view name) {
    const json::value* value = claims.if_contains(name);
    const std::int64_t* seconds = value == nullptr ? nullptr : value->if_int64();
    // Year 9999: far beyond any assertion, far below what a Timestamp holds.
    if (seconds == nullptr || *seconds < 0 || *seconds > 253'402'300'799) {
        return std::nullopt;
    }
    return core::Timestamp{std::chrono::seconds{*seconds}};
}

/// One audience, alone or as the only element: an assertion for several receivers could be passed on by one.
bool is_for_us(const json::object& claims, const std::vector<std::string>& audiences) {
    const json::value* value = claims.if_contains("aud");
    if (value != nullptr && value->is_array() && value->get_array().size() == 1) {
        value = &value->get_array().front();
    }
    const json::string* text = value == nullptr ? nullptr : value->if_string();
    return text != nullptr && std::ranges::find(audiences, std::string_view{*text}) != audiences.end();
}

/// The key that the header names, or the only one.
const crypto::PublicKey* choose_key(const crypto::KeySet& keys, const std::string& kid) {
    if (kid.empty()) {
        return keys.keys().size() == 1 ? &keys.keys().front() : nullptr;
    }
    return keys.find(kid);
}

}  // namespace

std::expected<Assertion, std::string_view> verify_assertion(
    std::string_view token,
    std::string_view client_id,
    std::string_view jwks,
    const std::vector<std::string>& audiences,
    core::Timestamp now
) {
    const auto jws = crypto::parse_compact(token);
    if (!jws) {
        return std::unexpected("no JWT that we take");
    }
    // An access token or ID token of ours is no assertion, whoever's key signed it.
    if (!jws->typ.empty() && jws->typ != "JWT" && jws->typ != "client-authentication+jwt") {
        return std::unexpected("typ is another kind of token's");
    }
    const auto keys = crypto::KeySet::parse(jwks);
    const crypto::PublicKey* key = keys ? choose_key(*keys, jws->kid) : nullptr;
    if (key == nullptr) {
        return std::unexpected("no such key");
    }
    if (!crypto::verify(*jws, *key)) {
        return std::unexpected("the signature is not the key's");
    }
    const auto document = core::parse_json(jws->payload);
    if (!document || !document->is_object()) {
        return std::unexpected("the payload is no JSON object");
    }
    const json::object& claims = document->get_object();
    const json::string* issuer = find_text(claims, "iss");
    const json::string* subject = find_text(claims, "sub");
    if (issuer == nullptr || subject == nullptr || *issuer != client_id || *subject != client_id) {
        return std::unexpected("iss and sub are not the client");
    }
    if (!is_for_us(claims, audiences)) {
        return std::unexpected("aud is not this server");
    }
    const auto expires = find_time(claims, "exp");
    if (!expires || *expires + leeway <= now) {
        return std::unexpected("exp is missing or over");
    }
    if (*expires > now + longest_life + leeway) {
        return std::unexpected("exp is more than five minutes away");
    }
    for (const std::string_view name : {"iat", "nbf"}) {
        if (claims.contains(name)) {
            const auto time = find_time(claims, name);
            if (!time || *time > now + leeway) {
                return std::unexpected("iat or nbf is not a time or lies ahead");
            }
        }
    }
    const json::string* jti = find_text(claims, "jti");
    if (jti == nullptr || jti->empty() || jti->size() > longest_jti) {
        return std::unexpected("jti is missing or too long");
    }
    // Remembered as long as it would be taken.
    return Assertion{.jti = std::string{*jti}, .expires_at = *expires + leeway};
}

std::optional<std::string> claimed_client(std::string_view token) {
    const auto jws = crypto::parse_compact(token);
    if (!jws) {
        return std::nullopt;
    }
    const auto document = core::parse_json(jws->payload);
    if (!document || !document->is_object()) {
        return std::nullopt;
    }
    const json::string* subject = find_text(document->get_object(), "sub");
    return subject == nullptr ? std::nullopt : std::optional{std::string{*subject}};
}

}  // namespace pz::identity::clients
