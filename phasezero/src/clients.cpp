#include "clients.hpp"

#include "local_database.hpp"

#include <pz/core/config.hpp>
#include <pz/core/json.hpp>
#include <pz/core/text.hpp>
#include <pz/crypto/digest.hpp>
#include <pz/crypto/key.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <utility>

namespace pz::command {

namespace {

constexpr std::string_view console = "phasezero-web";

constexpr const char* insert_client = R"sql(
    INSERT INTO identity.client (id, name, authentication, secret_hash, jwks, redirect_uris,
                                 post_logout_redirect_uris, grant_types, scopes, introspects)
    VALUES ($1, $2, $3, decode($4, 'hex'), $5, string_to_array($6, ' '), string_to_array($7, ' '),
            string_to_array($8, ' '), string_to_array($9, ' '), $10::boolean)
        ON CONFLICT (id) DO NOTHING RETURNING id)sql";

constexpr const char* select_clients = R"sql(
    SELECT c.id, c.name, c.authentication, array_to_string(c.grant_types, ' '), array_to_string(c.scopes, ' '),
           array_to_string(c.redirect_uris, ' '), c.introspects,
           (SELECT count(*) FROM identity.session s
             WHERE s.client_id = c.id AND s.revoked_at IS NULL AND s.expires_at > now())
      FROM identity.client c
     WHERE c.state = 'active'
     ORDER BY c.id)sql";

constexpr const char* update_secret = R"sql(
    UPDATE identity.client SET secret_hash = decode($2, 'hex'), updated_at = now()
     WHERE id = $1 AND state = 'active' AND authentication = 'client_secret_basic' RETURNING id)sql";

/// One statement: a client that is gone has no session left.
constexpr const char* remove_with_sessions = R"sql(
    WITH gone AS (
      UPDATE identity.client SET state = 'removed', updated_at = now() WHERE id = $1 AND state = 'active'
      RETURNING id),
    ended AS (
      UPDATE identity.session SET revoked_at = now(), revoke_reason = 'forced'
       WHERE client_id IN (SELECT id FROM gone) AND revoked_at IS NULL RETURNING id),
    forgotten AS (
      DELETE FROM identity.authorization_code WHERE client_id IN (SELECT id FROM gone) AND used_at IS NULL)
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM ended))sql";

/// Runs the work on the database that the environment names, else on the local one.
void with_identity(const Workspace& workspace, const std::function<void(pg::BlockingConnection&)>& work) {
    core::Config config = core::Config::from_environment();
    if (const auto elsewhere = config.secret("PZ_DATABASE_IDENTITY", "connection string of pz_identity")) {
        pg::BlockingConnection connection{*elsewhere};
        work(connection);
        return;
    }
    with_database(workspace, [&] {
        static_cast<void>(migrate_local(workspace));
        pg::BlockingConnection connection{
            pg::cluster_connection_string(workspace.cluster(), "pz_identity", database_name)
        };
        work(connection);
    });
}

std::string hash_in_hex(const core::SecretString& secret) {
    return fmt::format("{:02x}", fmt::join(crypto::sha256(secret.reveal()), ""));
}

[[noreturn]] void refuse(const std::string& sentence) {
    throw CommandError(ExitCode::usage, sentence);
}

void require_client_id(const std::string& id) {
    if (id == console) {
        refuse("phasezero-web is the console; it is built in and cannot be changed");
    }
    const bool fits = id.size() >= 3 && id.size() <= 63 &&
                      id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string::npos &&
                      std::string_view{"._-"}.find(id.front()) == std::string_view::npos;
    if (!fits) {
        refuse(
            "a client id has 3 to 63 characters of a-z, 0-9, '.', '_' and '-', and begins with a letter or "
            "digit: " +
            id
        );
    }
}

void require_good_addresses(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
        if (const auto fault = find_fault(address)) {
            refuse(fmt::format("{} {}", address, *fault));
        }
    }
}

/// The public keys of private_key_jwt, as they are stored: without anything private.
std::optional<std::string> read_keys(const NewClient& client) {
    if (client.authentication != "private_key_jwt") {
        if (!client.jwks_file.empty()) {
            refuse("--jwks is for --auth private_key_jwt");
        }
        return std::nullopt;
    }
    if (client.jwks_file.empty()) {
        refuse("--auth private_key_jwt needs --jwks FILE: the client's public keys as a JWK set");
    }
    const auto keys = crypto::KeySet::parse(read_file(client.jwks_file));
    if (!keys) {
        refuse(fmt::format(
            "{} is not a JWK set that we can use ({}): public keys of ES256, EdDSA or RS256, each with its "
            "kid",
            client.jwks_file,
            core::enum_text(keys.error())
        ));
    }
    return keys->to_json();
}

/// On standard output, so that a script can read it; what people should know goes to the screen.
void print_credentials(const std::string& id, const core::SecretString& secret) {
    std::cout << "client_id      " << id << "\nclient_secret  " << secret.reveal() << '\n';
}

}  // namespace

std::optional<std::string> find_fault(std::string_view uri) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    if (uri.size() > 2000) {
        return "is longer than 2000 characters";
    }
    if (!std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7F && c != '\\' && c != '"'; })) {
        return "has a character that no URI has";
    }
    if (uri.find('#') != std::string_view::npos) {
        return "has a fragment, where the answer would be lost";
    }
    const std::size_t colon = uri.find(':');
    const std::string_view scheme = uri.substr(0, colon);
    if (colon == std::string_view::npos || scheme.empty() ||
        scheme.find_first_not_of(letters) != std::string_view::npos) {
        return "is not an absolute URI with a lower-case scheme";
    }
    const std::string_view rest = uri.substr(colon + 1);
    if (scheme != "https" && scheme != "http") {
        // A dot: an app's own, as its owner's domain says it; "javascript" and "data" have none.
        return scheme.find('.') != std::string_view::npos && rest.starts_with('/')
                   ? std::nullopt
                   : std::optional<std::string>{
                         "is neither https nor an app's own scheme (com.example.app:/…)"
                     };
    }
    const std::string_view authority =
        rest.starts_with("//") ? rest.substr(2, rest.find_first_of("/?", 2) - 2) : std::string_view{};
    if (authority.empty() ||
        authority.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != std::string_view::npos) {
        return "needs a plain lower-case host, and no user";
    }
    const std::string_view host = authority.starts_with('[') ? authority.substr(0, authority.find(']') + 1)
                                                             : authority.substr(0, authority.find(':'));
    if (scheme == "http" && host != "localhost" && host != "127.0.0.1" && host != "[::1]") {
        return "is http to another machine; use https";
    }
    return std::nullopt;
}

ExitCode add_client(const Workspace& workspace, const Screen& screen, const NewClient& client) {
    require_client_id(client.id);
    require_good_addresses(client.redirect_uris);
    require_good_addresses(client.post_logout_redirect_uris);
    if (client.redirect_uris.empty() && !client.introspects) {
        refuse("a client that people sign in to needs --redirect-uri, a resource server --introspects");
    }
    if (client.introspects && client.authentication == "none") {
        refuse(
            "--introspects needs a client that authenticates: --auth client_secret_basic or private_key_jwt"
        );
    }
    const std::optional<std::string> jwks = read_keys(client);
    std::string grants = client.redirect_uris.empty() ? "" : "authorization_code";
    if (!grants.empty() && client.refresh_tokens) {
        grants += " refresh_token";
    }
    const core::SecretString secret{core::random_token(32)};
    const bool has_secret = client.authentication == "client_secret_basic";
    with_identity(workspace, [&](pg::BlockingConnection& connection) {
        const pg::TextResult added = connection.query(
            insert_client,
            {client.id,
             client.name,
             client.authentication,
             has_secret ? std::optional{hash_in_hex(secret)} : std::nullopt,
             jwks,
             fmt::format("{}", fmt::join(client.redirect_uris, " ")),
             fmt::format("{}", fmt::join(client.post_logout_redirect_uris, " ")),
             grants,
             fmt::format("{}", fmt::join(client.scopes, " ")),
             client.introspects ? "true" : "false"}
        );
        if (added.rows.empty()) {
            refuse("there is, or was, a client " + client.id + "; ids are never used again");
        }
    });
    if (!has_secret) {
        std::cout << "client_id      " << client.id << '\n';
    } else {
        print_credentials(client.id, secret);
        screen.note("the secret is not shown again; phasezero clients rotate-secret makes another");
    }
    return ExitCode::success;
}

ExitCode list_clients(const Workspace& workspace, const Screen& screen) {
    with_identity(workspace, [&](pg::BlockingConnection& connection) {
        const pg::TextResult clients = connection.query(select_clients);
        screen.note(fmt::format("{:<24} the console: built in, the only one that takes passwords", console));
        for (const pg::TextResult::Row& row : clients.rows) {
            const auto cell = [&](std::size_t column) { return row[column].value_or(""); };
            screen.note(fmt::format(
                "{:<24} {} · {} · grants: {} · scopes: {} · {} live sessions{}",
                cell(0),
                cell(1),
                cell(2),
                cell(3).empty() ? "none" : cell(3),
                cell(4).empty() ? "none" : cell(4),
                cell(7),
                cell(6) == "t" ? " · introspects" : ""
            ));
            if (!cell(5).empty()) {
                screen.note(fmt::format("{:<24} {}", "", cell(5)));
            }
        }
    });
    return ExitCode::success;
}

ExitCode rotate_client_secret(const Workspace& workspace, const Screen& screen, const std::string& id) {
    require_client_id(id);
    const core::SecretString secret{core::random_token(32)};
    with_identity(workspace, [&](pg::BlockingConnection& connection) {
        if (connection.query(update_secret, {id, hash_in_hex(secret)}).rows.empty()) {
            refuse("there is no client " + id + " that authenticates with a secret");
        }
    });
    print_credentials(id, secret);
    screen.note("the old secret is dead; this one is not shown again");
    return ExitCode::success;
}

ExitCode remove_client(const Workspace& workspace, const Screen& screen, const std::string& id) {
    require_client_id(id);
    if (!screen.confirm("Remove the client " + id + " and end all its sessions?")) {
        throw CommandError(ExitCode::failure, "nothing was removed (--yes answers for you)");
    }
    with_identity(workspace, [&](pg::BlockingConnection& connection) {
        const pg::TextResult removed = connection.query(remove_with_sessions, {id});
        if (removed.rows.front()[0] != "1") {
            refuse("there is no client " + id);
        }
        screen.note(fmt::format("{} is removed; {} sessions ended", id, removed.rows.front()[1].value_or("0"))
        );
    });
    return ExitCode::success;
}

}  // namespace pz::command
