#include "clients/authentication.hpp"

#include "clients/credentials.hpp"
#include "token/basic_credentials.hpp"
#include "token/oauth_error.hpp"

#include <pz/crypto/digest.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>

namespace pz::identity::clients {

namespace {

using token::OAuthError;

/// A client that is none, or not the one it says.
struct Refusal {
    std::string id;
    std::string cause;
    bool is_registered = false;
};

/// The answer is the same for every cause, so that nobody learns which clients there are; the logs know more.
boost::asio::awaitable<void> refuse(IdentityDb db, Refusal refusal) {
    // A client's identifier is no secret, but what stands in its place may be anything.
    const bool printable =
        refusal.id.size() <= 63 &&
        refusal.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos;
    spdlog::info("event=client.refused client={} cause=\"{}\"", printable ? refusal.id : "?", refusal.cause);
    const std::string name = refusal.is_registered ? refusal.id : "unknown";
    co_await db.record(
        {.action = "client.refused", .target = audit::Target{"client", name}, .merged_by = name},
        audit::Outcome::refused
    );
    throw OAuthError("invalid_client", "the client is unknown or did not authenticate as registered", 401);
}

bool is_secret_of(const Client& client, const core::SecretString& secret) {
    const crypto::Sha256Digest digest = crypto::sha256(secret.reveal());
    const std::vector<std::uint8_t> stored = client.secret_hash.value_or(std::vector<std::uint8_t>{});
    return crypto::equal_in_constant_time(
        crypto::bytes_of(digest), {reinterpret_cast<const char*>(stored.data()), stored.size()}
    );
}

/// Whether a client means to authenticate by its header, well or badly.
bool is_basic(std::string_view authorization) {
    constexpr std::string_view scheme = "basic";
    return std::ranges::equal(
        authorization.substr(0, authorization.find(' ')),
        scheme,
        [](char c, char lower) { return (c >= 'A' && c <= 'Z' ? c | 0x20 : c) == lower; }
    );
}

/// What the request says about who sends it.
struct Claim {
    Authentication method = Authentication::none;
    std::string id;
    core::SecretString proof;  ///< secret or assertion
};

/// nullopt: nothing at all, which is the console. Throws Refusal, and OAuthError for what is no claim.
std::optional<Claim> read_claim(const ClientContext& context, const OAuthForm& form) {
    const bool basic = context.authorization && is_basic(*context.authorization);
    const std::optional<std::string> assertion = form.find("client_assertion");
    const std::optional<std::string> id = form.find("client_id");
    if (basic && assertion) {
        throw OAuthError("invalid_request", "a client authenticates in one way, not in two");
    }
    if (form.find("client_secret")) {
        throw Refusal{id.value_or(""), "client_secret_post"};
    }
    std::optional<Claim> claim;
    if (basic) {
        auto credentials = token::parse_basic(*context.authorization);
        if (!credentials) {
            throw Refusal{"", "the Basic header cannot be read"};
        }
        claim = Claim{
            Authentication::client_secret_basic, std::move(credentials->id), std::move(credentials->secret)
        };
    } else if (assertion) {
        if (form.find("client_assertion_type") != assertion_type) {
            throw OAuthError(
                "invalid_request", "client_assertion_type must be " + std::string{assertion_type}
            );
        }
        claim = Claim{
            Authentication::private_key_jwt,
            claimed_client(*assertion).value_or(""),
            core::SecretString{*assertion}
        };
    } else if (id) {
        claim = Claim{Authentication::none, *id, {}};
    }
    if (claim && id && *id != claim->id) {
        throw OAuthError("invalid_request", "client_id is another client's");
    }
    return claim;
}

/// The console, or the client that the claim proves. Throws as read_claim().
boost::asio::awaitable<Caller> identify(IdentityDb db, Issuer issuer, ClientContext context, OAuthForm form) {
    const std::optional<Claim> claim = read_claim(context, form);
    if (!claim || (claim->id == first_party && claim->method == Authentication::none)) {
        co_return Caller{};
    }
    // What is longer cannot be a client, and is not worth a question.
    std::optional<Client> client;
    if (claim->id.size() <= 63) {
        client = co_await find(db, claim->id);
    }
    if (!client) {
        throw Refusal{claim->id, "not registered"};
    }
    if (client->authentication != claim->method) {
        throw Refusal{claim->id, "another method than registered", true};
    }
    if (claim->method == Authentication::client_secret_basic && !is_secret_of(*client, claim->proof)) {
        throw Refusal{claim->id, "wrong secret", true};
    }
    if (claim->method == Authentication::private_key_jwt) {
        const std::string& address = issuer.shared->issuer;
        const core::Timestamp now = issuer.clock->now();
        const auto assertion = verify_assertion(
            claim->proof.reveal(),
            client->id,
            client->jwks.value_or(""),
            {address, address + "/token", address + "/revoke", address + "/introspect"},
            now
        );
        if (!assertion) {
            throw Refusal{claim->id, std::string{assertion.error()}, true};
        }
        const bool fresh = co_await use_assertion(db, client->id, assertion->jti, assertion->expires_at, now);
        if (!fresh) {
            throw Refusal{claim->id, "the assertion was used before", true};
        }
    }
    co_return Caller{std::move(client)};
}

}  // namespace

boost::asio::awaitable<Caller> authenticate(
    IdentityDb db, Issuer issuer, ClientContext context, OAuthForm form
) {
    Refusal refusal;
    try {
        co_return co_await identify(db, issuer, std::move(context), std::move(form));
    } catch (Refusal& caught) {
        refusal = std::move(caught);
    }
    co_await refuse(db, std::move(refusal));
    co_return Caller{};
}

}  // namespace pz::identity::clients
