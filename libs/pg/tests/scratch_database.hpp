#pragma once

#include "cluster_scratch.hpp"

#include <pz/core/uuid.hpp>
#include <pz/pg/blocking.hpp>
#include <pz/pg/cluster.hpp>
#include <pz/pg/migrator.hpp>
#include <pz/pg/pool.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pz::pg {

inline core::Uuid uuid(std::string_view text) {
    return core::Uuid::parse(text).value();
}

inline const core::Uuid acme = uuid("00000000-0000-7000-8000-00000000ac3e");
inline const core::Uuid globex = uuid("00000000-0000-7000-8000-00000000910b");
inline const core::Uuid initech = uuid("00000000-0000-7000-8000-0000000017ec");  ///< suspended
inline const core::Uuid hooli = uuid("00000000-0000-7000-8000-00000000b001");    ///< read-only
inline const core::Uuid alice = uuid("00000000-0000-7000-8000-0000000a11ce");    ///< of Acme
inline const core::Uuid alice_session = uuid("00000000-0000-7000-8000-0000005e5510");

/// A private cluster with the real schema, two live tenants, a suspended and a read-only one, and alice's
/// session.
class ScratchDatabase {
 public:
    ScratchDatabase() : cluster_(throw_away_cluster(directory_.path() / "cluster")) {
        const std::filesystem::path sources = std::filesystem::path{PZ_SOURCE_DIR} / "database";
        cluster_.prepare_database("phasezero", read(sources / "roles.sql"), read(sources / "database.sql"));
        migrate(
            cluster_.connection_string("pz_migrator", "phasezero"), load_migrations(sources / "migrations")
        );
        superuser().execute_script(
            "insert into platform.tenant (id, slug, name, state) values "
            "('" +
            acme.to_string() +
            "', 'acme', 'Acme', 'active'),"
            "('" +
            globex.to_string() +
            "', 'globex', 'Globex', 'active'),"
            "('" +
            initech.to_string() +
            "', 'initech', 'Initech', 'suspended'),"
            "('" +
            hooli.to_string() +
            "', 'hooli', 'Hooli', 'read_only');"
            "insert into identity.person (id, email, name) values ('" +
            alice.to_string() +
            "', 'alice@acme.test', 'Alice');"
            "insert into identity.membership values ('" +
            acme.to_string() + "', '" + alice.to_string() +
            "', 'admin');"
            "insert into identity.session (id, person_id, tenant_id, refresh_nonce, rotated_at, created_at, "
            "auth_time,"
            " idle_expires_at, expires_at) values ('" +
            alice_session.to_string() + "', '" + alice.to_string() + "', '" + acme.to_string() +
            "', decode(repeat('00', 16), 'hex'), now(), now(), now(), now() + '1 day', now() + '1 day');"
        );
    }

    [[nodiscard]] PoolOptions options(std::string_view role = "pz_app") const {
        PoolOptions options;
        options.connection_string = cluster_.connection_string(role, "phasezero");
        options.name = std::string{role};
        options.queue_wait = std::chrono::seconds{10};  // to connect takes long on a loaded machine
        return options;
    }

    [[nodiscard]] BlockingConnection superuser() const {
        return BlockingConnection{cluster_.connection_string(LocalCluster::superuser, "phasezero")};
    }

    /// Ends every session of the role: what a failover does.
    std::size_t terminate_backends(const std::string& role = "pz_app") const {
        const std::string count = superuser().value(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1", {role}
        );
        return std::stoul(count);
    }

 private:
    static std::string read(const std::filesystem::path& path) {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    ScratchDirectory directory_;
    LocalCluster cluster_;
};

/// Runs the loop until the coroutine is done; rethrows what it threw.
template <class T>
T run_until_done(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
    std::exception_ptr failure;
    bool done = false;
    const auto pump = [&] {
        context.restart();
        while (!done) {
            context.run_one();
        }
        if (failure) {
            std::rethrow_exception(failure);
        }
    };
    if constexpr (std::is_void_v<T>) {
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown) {
            failure = std::move(thrown);
            done = true;
        });
        pump();
    } else {
        std::optional<T> result;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T value) {
            failure = std::move(thrown);
            result = std::move(value);
            done = true;
        });
        pump();
        return std::move(*result);
    }
}

/// Lets the loop work for a while.
inline void run_for(boost::asio::io_context& context, std::chrono::milliseconds time) {
    context.restart();
    context.run_for(time);
}

}  // namespace pz::pg
