#include "keys.hpp"

#include "encryption_keys.hpp"
#include "keys/reencryption.hpp"
#include "keys/store.hpp"
#include "local_database.hpp"
#include "tenant_secrets.hpp"

#include <pz/core/config.hpp>
#include <pz/core/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pz::command {

namespace {

namespace keys = identity::keys;
using keys::KeyState;

crypto::FernetRing parse_ring(const core::SecretString& text) {
    auto ring = crypto::FernetRing::parse(text);
    if (!ring) {
        throw core::ConfigError(
            "PZ_ENCRYPTION_KEYS must be one or more Fernet keys, comma separated, as identity-service has "
            "them"
        );
    }
    return std::move(*ring);
}

void work_with(
    const core::SecretString& database,
    const core::SecretString& ring,
    const std::function<void(KeyAccess&)>& work
) {
    try {
        KeyAccess access{pg::BlockingConnection(database), parse_ring(ring), {}};
        work(access);
    } catch (const keys::KeyError& error) {
        throw CommandError(ExitCode::failure, error.what());
    } catch (const pg::BlockingError& error) {
        throw CommandError(ExitCode::failure, fmt::format("the database refused: {}", error.what()));
    }
}

/// What product-core-api has encrypted.
struct ProductSecrets {
    keys::Reencryption integrations;
    keys::Reencryption audit_keys;
};

ProductSecrets renew_product_secrets(
    const core::SecretString& admin, const core::SecretString& app, const core::SecretString& ring_text
) {
    constexpr keys::EncryptedColumn audit_key{
        "audit keys", "audit.signing_key", "kid", "private_key_encrypted"
    };
    try {
        pg::BlockingConnection platform(admin);
        pg::BlockingConnection tenants(app);
        const crypto::FernetRing ring = parse_ring(ring_text);
        const core::SystemClock clock;
        return {
            reencrypt_integrations(platform, tenants, ring, clock),
            keys::reencrypt(platform, audit_key, ring, clock)
        };
    } catch (const pg::BlockingError& error) {
        throw CommandError(ExitCode::failure, fmt::format("the database refused: {}", error.what()));
    }
}

/// With product-core-api's own databases and ring, or the local ones.
ProductSecrets renew_product_secrets(const Workspace& workspace) {
    if (is_given("PZ_DATABASE_APP")) {
        core::Config config = core::Config::from_environment();
        return renew_product_secrets(
            config.required_secret("PZ_DATABASE_ADMIN", "libpq connection string of pz_admin"),
            config.required_secret("PZ_DATABASE_APP", "libpq connection string of pz_app"),
            config.required_secret("PZ_ENCRYPTION_KEYS", "the ring of product-core-api")
        );
    }
    ProductSecrets done;
    with_database(workspace, [&] {
        const auto as = [&](std::string_view role) {
            return pg::cluster_connection_string(workspace.cluster(), role, database_name);
        };
        done = renew_product_secrets(as("pz_admin"), as("pz_app"), local_encryption_keys(workspace));
    });
    return done;
}

/// Minutes, because nobody decides anything by a second.
std::string time_text(const std::optional<core::Timestamp>& time) {
    return time ? core::to_string(*time).substr(0, 16).replace(10, 1, " ") : "";
}

std::string since_text(const keys::StoredKey& key) {
    switch (key.state) {
        case KeyState::next:
            return time_text(key.created_at);
        case KeyState::active:
            return time_text(key.activated_at);
        case KeyState::retiring:
            return time_text(key.retiring_at);
        case KeyState::retired:
            return time_text(key.retired_at);
        case KeyState::revoked:
            return time_text(key.revoked_at);
    }
    return {};
}

std::string_view meaning(KeyState state) {
    switch (state) {
        case KeyState::next:
            return "stands by; published, signs nothing yet";
        case KeyState::active:
            return "signs";
        case KeyState::retiring:
            return "signs no more; its tokens are still good";
        case KeyState::retired:
            return "its tokens have expired";
        case KeyState::revoked:
            return "its tokens are refused";
    }
    return {};
}

boost::json::object to_json(const keys::StoredKey& key) {
    const auto time = [](const std::optional<core::Timestamp>& at) {
        return at ? boost::json::value(core::to_string(*at)) : boost::json::value(nullptr);
    };
    return {
        {"kid", key.kid},
        {"state", core::enum_text(key.state)},
        {"created_at", core::to_string(key.created_at)},
        {"activated_at", time(key.activated_at)},
        {"retiring_at", time(key.retiring_at)},
        {"retired_at", time(key.retired_at)},
        {"revoked_at", time(key.revoked_at)},
    };
}

void print_moves(const Screen& screen, const std::vector<keys::KeyMove>& moves) {
    for (const keys::KeyMove& move : moves) {
        screen.note(fmt::format("{}  {:<9} {}", move.kid, core::enum_text(move.state), meaning(move.state)));
    }
    if (!moves.empty()) {
        screen.note("every instance of identity-service follows within a second");
    }
}

void require_consent(const Screen& screen, const std::string& question) {
    if (!screen.confirm(question)) {
        throw CommandError(ExitCode::failure, "nothing was changed (--yes answers for you)");
    }
}

/// The publication time that the service was given, if it was given to us too.
keys::Schedule schedule_of_environment() {
    keys::Schedule schedule;
    core::Config config = core::Config::from_environment();
    schedule.publish_before = std::chrono::seconds{config.integer(
        "PZ_KEY_PUBLISH_SECONDS",
        schedule.publish_before.count(),
        1,
        366 * 86'400,
        "as identity-service has it"
    )};
    return schedule;
}

const keys::StoredKey& find_by_beginning(const std::vector<keys::StoredKey>& all, const std::string& kid) {
    constexpr std::size_t shortest = 6;
    const auto matches = [&](const keys::StoredKey& key) {
        return key.kid == kid || (kid.size() >= shortest && key.kid.starts_with(kid));
    };
    const auto found = std::ranges::find_if(all, matches);
    if (found == all.end()) {
        throw CommandError(
            ExitCode::usage, fmt::format("there is no signing key {}; phasezero keys list shows them", kid)
        );
    }
    if (std::ranges::count_if(all, matches) > 1) {
        throw CommandError(ExitCode::usage, fmt::format("more than one signing key begins with {}", kid));
    }
    return *found;
}

}  // namespace

void with_keys(const Workspace& workspace, const std::function<void(KeyAccess&)>& work) {
    if (!is_given("PZ_DATABASE_IDENTITY")) {
        with_local_keys(workspace, work);
        return;
    }
    core::Config config = core::Config::from_environment();
    const core::SecretString database =
        config.required_secret("PZ_DATABASE_IDENTITY", "libpq connection string of pz_identity");
    work_with(database, config.required_secret("PZ_ENCRYPTION_KEYS", "the ring of identity-service"), work);
}

void with_local_keys(const Workspace& workspace, const std::function<void(KeyAccess&)>& work) {
    with_database(workspace, [&] {
        work_with(
            pg::cluster_connection_string(workspace.cluster(), "pz_identity", database_name),
            local_encryption_keys(workspace),
            work
        );
    });
}

ExitCode list_keys(const Workspace& workspace, const Screen& screen) {
    with_keys(workspace, [&](KeyAccess& access) {
        const std::vector<keys::StoredKey> all =
            keys::KeyStore(access.connection, access.ring, access.clock).list();
        if (screen.json()) {
            for (const keys::StoredKey& key : all) {
                std::cout << boost::json::serialize(to_json(key)) << '\n';
            }
            return;
        }
        std::cout << fmt::format("{:<43}  {:<9} {:<17} {}\n", "kid", "state", "since (UTC)", "");
        for (const keys::StoredKey& key : all) {
            std::cout << fmt::format(
                "{:<43}  {:<9} {:<17} {}\n",
                key.kid,
                core::enum_text(key.state),
                since_text(key),
                meaning(key.state)
            );
        }
    });
    return ExitCode::success;
}

ExitCode rotate_keys(const Workspace& workspace, const Screen& screen) {
    with_keys(workspace, [&](KeyAccess& access) {
        keys::KeyStore store(access.connection, access.ring, access.clock);
        const std::vector<keys::StoredKey> all = store.list();
        const keys::StoredKey* next = keys::find_in_state(all, KeyState::next);
        const keys::Schedule schedule = schedule_of_environment();
        if (next != nullptr && !keys::is_known_to_verifiers(*next, schedule, access.clock.now())) {
            require_consent(
                screen,
                fmt::format(
                    "The staged key is published since {} UTC, which is less than {} s: verifiers that have "
                    "not "
                    "fetched it yet refuse its tokens for some minutes. Rotate now?",
                    time_text(next->created_at),
                    schedule.publish_before.count()
                )
            );
        }
        print_moves(
            screen, store.rotate(next != nullptr ? std::optional<std::string_view>{next->kid} : std::nullopt)
        );
    });
    return ExitCode::success;
}

ExitCode revoke_key(const Workspace& workspace, const Screen& screen, const std::string& kid) {
    with_keys(workspace, [&](KeyAccess& access) {
        keys::KeyStore store(access.connection, access.ring, access.clock);
        const std::vector<keys::StoredKey> all = store.list();
        const keys::StoredKey& key = find_by_beginning(all, kid);
        if (key.state == KeyState::revoked) {
            screen.note("it is revoked already");
            return;
        }
        require_consent(
            screen,
            fmt::format(
                "{} is {}. Every token that it signed is refused from now on, and this cannot be undone; "
                "clients "
                "refresh and go on. Revoke it?",
                key.kid,
                core::enum_text(key.state)
            )
        );
        print_moves(screen, store.revoke(key.kid));
    });
    return ExitCode::success;
}

ExitCode reencrypt_secrets(const Workspace& workspace, const Screen& screen) {
    std::size_t unreadable = 0;
    const auto report = [&](std::string_view what, const keys::Reencryption& done) {
        screen.note(fmt::format(
            "{:<16} {} encrypted, {} renewed, {} unreadable",
            what,
            done.entries,
            done.renewed,
            done.unreadable
        ));
        unreadable += done.unreadable;
    };
    // The services may have a ring each, so only what belongs to the given one is renewed.
    const bool is_local = !is_given("PZ_DATABASE_IDENTITY") && !is_given("PZ_DATABASE_APP");
    if (is_local || is_given("PZ_DATABASE_IDENTITY")) {
        with_keys(workspace, [&](KeyAccess& access) {
            for (const keys::EncryptedColumn& column : keys::encrypted_columns) {
                report(column.what, keys::reencrypt(access.connection, column, access.ring, access.clock));
            }
        });
    }
    if (is_local || is_given("PZ_DATABASE_APP")) {
        const ProductSecrets done = renew_product_secrets(workspace);
        report("integrations", done.integrations);
        report("audit keys", done.audit_keys);
    }
    if (unreadable != 0) {
        throw CommandError(
            ExitCode::failure,
            fmt::format(
                "{} secrets were encrypted with a key that is not in PZ_ENCRYPTION_KEYS: keep that key in "
                "the ring",
                unreadable
            )
        );
    }
    screen.note("the ring's first key encrypts all of it now");
    return ExitCode::success;
}

ExitCode generate_key() {
    std::cout << crypto::FernetRing::generate_key().reveal() << '\n';
    return ExitCode::success;
}

}  // namespace pz::command
