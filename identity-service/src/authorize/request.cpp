#include "authorize/request.hpp"

#include "token/oauth_error.hpp"

#include <pz/core/json.hpp>

#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <charconv>

namespace pz::identity::authorize {

namespace {

using token::OAuthError;
using namespace std::chrono_literals;

constexpr std::size_t longest_text = 512;
/// The way from the sign-in page back to us, with a slow network.
constexpr std::chrono::seconds just_now{2min};
constexpr std::string_view all_scopes = "openid profile email api";

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 0xF];
    }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += out.find('?') == std::string::npos ? '?' : '&';
    out += name;
    out += '=';
    append_encoded(out, value);
}

/// The empty parameter means the same as none (RFC 6749 section 3.1).
std::string text_of(const std::optional<std::string>& value) {
    return value.value_or("");
}

/// RFC 7636 section 4.2: base64url of a SHA-256, which is 43 characters.
bool is_code_challenge(std::string_view text) {
    const auto bytes = core::base64url_decode(text);
    return bytes && bytes->size() == 32;
}

std::optional<std::chrono::seconds> read_max_age(const std::optional<std::string>& text) {
    if (!text || text->empty()) {
        return std::nullopt;
    }
    std::int32_t seconds = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (read.ec != std::errc{} || read.ptr != text->data() + text->size() || seconds < 0) {
        throw AuthorizationError("invalid_request", "max_age is not a number of seconds");
    }
    return std::chrono::seconds{seconds};
}

/// Everything of which the client may hear.
void judge(const AuthorizationParameters& given, AuthorizationRequest& request) {
    if (given.request && !given.request->empty()) {
        throw AuthorizationError("request_not_supported", "request objects are not supported");
    }
    if (given.request_uri && !given.request_uri->empty()) {
        throw AuthorizationError("request_uri_not_supported", "request objects are not supported");
    }
    if (text_of(given.response_type).empty()) {
        throw AuthorizationError("invalid_request", "response_type is required");
    }
    if (given.response_type != "code") {
        throw AuthorizationError("unsupported_response_type", "response_type must be code");
    }
    if (!clients::has_word(request.client.grant_types, "authorization_code")) {
        throw AuthorizationError("unauthorized_client", "the client is not registered for this");
    }
    if (!text_of(given.response_mode).empty() && given.response_mode != "query") {
        throw AuthorizationError("invalid_request", "response_mode must be query");
    }
    // Required of confidential clients too: it also stops injected codes (RFC 9700 section 2.1.1).
    if (given.code_challenge_method != "S256" || !is_code_challenge(text_of(given.code_challenge))) {
        throw AuthorizationError("invalid_request", "PKCE with code_challenge_method S256 is required");
    }
    if (request.state && request.state->size() > longest_text) {
        throw AuthorizationError("invalid_request", "state is too long");
    }
    if (request.nonce && request.nonce->size() > longest_text) {
        throw AuthorizationError("invalid_request", "nonce is too long");
    }
    const std::string wanted = clients::common_words(text_of(given.scope), all_scopes);
    request.scope = clients::common_words(wanted, request.client.scopes);
    // A scope that we do not know is passed over (OpenID Connect Core 3.1.2.1); one that the client may not
    // have is not.
    if (request.scope.empty() || request.scope != wanted) {
        throw AuthorizationError(
            "invalid_scope", "scope is missing, or more than the client is registered for"
        );
    }
    const std::string prompt = text_of(given.prompt);
    if (clients::common_words(prompt, "none login consent select_account").size() != prompt.size() ||
        (clients::has_word(prompt, "none") && prompt != "none")) {
        throw AuthorizationError("invalid_request", "prompt has an unknown word, or none beside another");
    }
    request.silent = prompt == "none";
    request.max_age = read_max_age(given.max_age);
    if (clients::has_word(prompt, "login")) {
        request.max_age = std::min(request.max_age.value_or(just_now), just_now);
    }
    request.code_challenge = *given.code_challenge;
}

}  // namespace

AuthorizationQuery read_query(std::vector<core::FormField> fields) {
    AuthorizationQuery query;
    boost::mp11::mp_for_each<core::MembersOf<AuthorizationParameters>>([&](auto member) {
        std::optional<std::string>& value = query.parameters.*member.pointer;
        for (core::FormField& field : fields) {
            if (field.name != member.name) {
                continue;
            }
            if (value) {
                query.repeated = field.name;
            } else {
                value = std::move(field.value);
            }
        }
    });
    return query;
}

std::string to_query(const AuthorizationParameters& parameters) {
    std::string query = "?";
    boost::mp11::mp_for_each<core::MembersOf<AuthorizationParameters>>([&](auto member) {
        if (const std::optional<std::string>& value = parameters.*member.pointer) {
            query += query.size() > 1 ? "&" : "";
            query += member.name;
            query += '=';
            append_encoded(query, *value);
        }
    });
    return query;
}

std::string with_fields(std::string_view address, const std::vector<core::FormField>& fields) {
    std::string uri{address};
    for (const core::FormField& field : fields) {
        append_field(uri, field.name, field.value);
    }
    return uri;
}

std::string answer_uri(
    std::string_view redirect_uri,
    const std::optional<std::string>& state,
    std::string_view issuer,
    const std::vector<core::FormField>& answer
) {
    std::string uri = with_fields(redirect_uri, answer);
    if (state) {
        append_field(uri, "state", *state);
    }
    append_field(uri, "iss", issuer);
    return uri;
}

boost::asio::awaitable<AuthorizationRequest> validate(
    IdentityDb db, AuthorizationQuery query, std::string issuer
) {
    const AuthorizationParameters& given = query.parameters;
    // Of two different values the browser, a proxy and we might each believe another.
    if (query.repeated == "client_id" || query.repeated == "redirect_uri") {
        throw OAuthError("invalid_request", *query.repeated + " appears twice");
    }
    const std::string id = text_of(given.client_id);
    std::optional<clients::Client> client;
    if (!id.empty() && id.size() <= 63) {
        client = co_await clients::find(db, id);
    }
    if (!client) {
        throw OAuthError("invalid_client", "there is no such client", 400);
    }
    if (!clients::has_word(client->redirect_uris, text_of(given.redirect_uri))) {
        throw OAuthError("invalid_request", "redirect_uri is not one that the client is registered with");
    }
    AuthorizationRequest request{
        .client = std::move(*client),
        .redirect_uri = *given.redirect_uri,
        .state = given.state,
        .nonce = given.nonce,
        .scope = {},
        .code_challenge = {},
        .max_age = std::nullopt,
    };
    try {
        if (query.repeated) {
            throw AuthorizationError("invalid_request", *query.repeated + " appears twice");
        }
        judge(given, request);
    } catch (AuthorizationError& error) {
        error.redirect_to = answer_uri(
            request.redirect_uri,
            request.state,
            issuer,
            {{"error", error.error()}, {"error_description", error.what()}}
        );
        throw;
    }
    co_return request;
}

bool needs_password(const AuthorizationRequest& request, core::Timestamp auth_time, core::Timestamp now) {
    return request.max_age && now - auth_time > *request.max_age;
}

}  // namespace pz::identity::authorize
