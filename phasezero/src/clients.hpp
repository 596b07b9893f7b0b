#pragma once

#include "exit_code.hpp"
#include "screen.hpp"
#include "workspace.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// `phasezero clients`: the programs beside the console that may ask identity-service for tokens. Each
/// command works on the database that PZ_DATABASE_IDENTITY (or …_FILE) names, else on the local one.
namespace pz::command {

struct NewClient {
    std::string id;
    std::string name;
    std::string authentication = "client_secret_basic";  ///< none, client_secret_basic, private_key_jwt
    std::vector<std::string> redirect_uris;
    std::vector<std::string> post_logout_redirect_uris;
    std::vector<std::string> scopes{"openid"};
    std::string jwks_file;  ///< for private_key_jwt
    bool refresh_tokens = true;
    bool introspects = false;  ///< a resource server: may ask about any client's tokens
};

/// Registers a client. Its secret, if it has one, is printed once and stored as a hash.
[[nodiscard]] ExitCode add_client(const Workspace& workspace, const Screen& screen, const NewClient& client);
[[nodiscard]] ExitCode list_clients(const Workspace& workspace, const Screen& screen);
/// Prints a new secret; the old one is dead at once. The client's sessions go on.
[[nodiscard]] ExitCode rotate_client_secret(
    const Workspace& workspace, const Screen& screen, const std::string& id
);
/// Ends the client's sessions with it, so that its tokens are dead on their next request. Asks first.
[[nodiscard]] ExitCode remove_client(const Workspace& workspace, const Screen& screen, const std::string& id);

/// What is wrong with an address that a browser is to be sent back to; nullopt if it is good: https, or http
/// to this machine, or an app's own scheme with a dot (RFC 8252); no fragment, no user, nothing that a
/// browser would read in another way than we do.
[[nodiscard]] std::optional<std::string> find_fault(std::string_view redirect_uri);

}  // namespace pz::command
