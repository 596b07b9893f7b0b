#pragma once

#include "database.hpp"

#include <pz/core/clock.hpp>
#include <pz/core/describe.hpp>
#include <pz/pg/query.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Who may ask for tokens: the console, which is built in, and the clients that `phasezero clients`
/// registers.
namespace pz::identity::clients {

/// The console. It is no row of the registry, and the only client that may take passwords (OAuth 2.1;
/// ASVS 10.4.4).
inline constexpr std::string_view first_party = "phasezero-web";

/// How a client proves who it is at the token endpoint; the names of RFC 8414's registry.
enum class Authentication : std::uint8_t { none, client_secret_basic, private_key_jwt };
BOOST_DESCRIBE_ENUM(Authentication, none, client_secret_basic, private_key_jwt)

/// A registered client. Lists are words separated by one space; neither URIs nor scopes can contain one.
struct Client {
    std::string id;
    std::string name;  ///< what people are shown
    Authentication authentication = Authentication::none;
    std::optional<std::vector<std::uint8_t>> secret_hash;  ///< SHA-256
    std::optional<std::string> jwks;
    std::string redirect_uris;
    std::string post_logout_redirect_uris;
    std::string grant_types;
    std::string scopes;
    bool introspects = false;
};
PZ_DESCRIBE(
    Client,
    id,
    name,
    authentication,
    secret_hash,
    jwks,
    redirect_uris,
    post_logout_redirect_uris,
    grant_types,
    scopes,
    introspects
)

/// Whether a list of words has this one: compared byte for byte, as OAuth wants redirect URIs compared.
[[nodiscard]] bool has_word(std::string_view words, std::string_view word) noexcept;
/// The words of `wanted` that `allowed` has too, in the order of `wanted`, each once.
[[nodiscard]] std::string common_words(std::string_view wanted, std::string_view allowed);

/// nullopt for a client that does not exist or was removed, and for the console.
boost::asio::awaitable<std::optional<Client>> find(IdentityDb db, std::string id);
/// Remembers a JWT that authenticated a client until it expires; false if it was used before. Sweeps a few
/// expired ones away.
boost::asio::awaitable<bool> use_assertion(
    IdentityDb db, std::string client_id, std::string jti, core::Timestamp expires_at, core::Timestamp now
);

std::span<const pg::Query> queries();

}  // namespace pz::identity::clients
