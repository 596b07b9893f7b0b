#include "clients.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/text.hpp>
#include <pz/core/uuid.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/jws.hpp>

#include <boost/json/serialize.hpp>

namespace pz::identity {

namespace {

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

}  // namespace

std::int64_t unix_now() {
    return core::unix_seconds(core::SystemClock{}.now());
}

std::string basic_header(std::string_view id, std::string_view secret) {
    std::string text = core::base64url_encode(std::string{id} + ':' + std::string{secret});
    for (char& c : text) {
        c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    text.append((4 - text.size() % 4) % 4, '=');
    return "Basic " + text;
}

std::string RegisteredClient::basic() const {
    return basic_header(id, secret);
}

std::string RegisteredClient::assertion(const boost::json::object& changes) const {
    boost::json::object claims{
        {"iss", id},
        {"sub", id},
        {"aud", testkit::world().identity().origin()},
        {"jti", core::random_token(16)},
        {"iat", unix_now()},
        {"exp", unix_now() + 60}
    };
    for (const auto& [name, value] : changes) {
        if (value.is_null()) {
            claims.erase(name);
        } else {
            claims[name] = value;
        }
    }
    return crypto::sign_compact("JWT", boost::json::serialize(claims), key);
}

Form RegisteredClient::with_assertion(Form form, const boost::json::object& changes) const {
    form.emplace_back("client_assertion", assertion(changes));
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    return form;
}

Reply sign_in_to(const RegisteredClient& client, const Account& account) {
    // RFC 7636, appendix B.
    const Reply agreed =
        identity()
            .with("X-Requested-With", "phasezero-web")
            .with("Authorization", "Bearer " + testkit::world().sign_in(account).field("access_token"))
            .post(
                "/authorize",
                {{"response_type", "code"},
                 {"client_id", client.id},
                 {"redirect_uri", callback},
                 {"scope", "openid profile email api"},
                 {"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
                 {"code_challenge_method", "S256"}}
            );
    const std::string address = agreed.field("redirect_to");
    const std::size_t code = address.find("code=") + 5;
    return identity()
        .with("Authorization", client.basic())
        .post_form(
            "/token",
            {{"grant_type", "authorization_code"},
             {"code", address.substr(code, address.find('&', code) - code)},
             {"redirect_uri", callback},
             {"code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}}
        );
}

RegisteredClient register_client(const Registration& registration) {
    RegisteredClient client{
        .id = "client-" + core::Uuid::v7(core::SystemClock{}).to_string(),
        .secret = core::random_token(32),
        .key = crypto::SigningKey::generate(),
    };
    const crypto::Sha256Digest digest = crypto::sha256(client.secret);
    const bool has_secret = registration.authentication == "client_secret_basic";
    const bool has_key = registration.authentication == "private_key_jwt";
    testkit::world()
        .database()
        .connect("pz_identity")
        .query(
            "insert into identity.client (id, name, authentication, secret_hash, jwks, redirect_uris,"
            " post_logout_redirect_uris, grant_types, scopes, introspects)"
            " values ($1, 'The app', $2, decode($3, 'hex'), $4, string_to_array($5, ' '), "
            "string_to_array($6, ' '),"
            " string_to_array($7, ' '), string_to_array($8, ' '), $9)",
            {client.id,
             registration.authentication,
             has_secret ? std::optional{hex(crypto::bytes_of(digest))} : std::nullopt,
             has_key ? std::optional{crypto::KeySet{{client.key.public_key()}}.to_json()} : std::nullopt,
             registration.redirect_uris,
             registration.post_logout_redirect_uris,
             registration.grant_types,
             registration.scopes,
             registration.introspects ? "true" : "false"}
        );
    return client;
}

}  // namespace pz::identity
