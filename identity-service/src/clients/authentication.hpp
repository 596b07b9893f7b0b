#pragma once

#include "clients/repository.hpp"
#include "extract.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace pz::identity::clients {

/// Who calls the token endpoint or one beside it.
struct Caller {
    /// Empty: the console, which sends no client_id or its own.
    std::optional<Client> registered;

    [[nodiscard]] std::string_view id() const noexcept {
        return registered ? std::string_view{registered->id} : first_party;
    }

    /// Whether it may use the grant. Everything that is registered has no password grant.
    [[nodiscard]] bool may_use(std::string_view grant_type) const noexcept {
        return !registered || has_word(registered->grant_types, grant_type);
    }
};

/// Identifies the client by the method it is registered with and by no other (RFC 6749 section 2.3): its
/// client_id alone, client_secret_basic, or private_key_jwt. Secrets in the body (client_secret_post) are not
/// taken. Throws OAuthError: invalid_client (401), or invalid_request for two methods at once.
boost::asio::awaitable<Caller> authenticate(
    IdentityDb db, Issuer issuer, ClientContext context, OAuthForm form
);

}  // namespace pz::identity::clients
