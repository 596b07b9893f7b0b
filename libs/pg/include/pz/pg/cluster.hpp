#pragma once

#include <pz/core/process.hpp>
#include <pz/core/secret.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pz::pg {

/// A cluster that could not be created, started or reached. what() is one sentence for a person.
class ClusterError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// durable: survives a power cut. throw_away: no fsync at all, for tests that delete the cluster afterwards.
enum class Durability : std::uint8_t { durable, throw_away };

struct ClusterOptions {
    /// Everything the cluster owns lives below: data/, secrets/, socket/, postgres.log. Created when missing.
    /// As root its parents must be traversable by the account `postgres`.
    std::filesystem::path directory;
    Durability durability = Durability::durable;
    unsigned max_connections = 100;
    /// Where it is reachable by TCP as well, at port 5432, with the same passwords: an address of
    /// 127.0.0.0/8.
    std::string loopback_address{};
    std::chrono::milliseconds start_limit{30'000};
    /// PostgreSQL's programs; empty: $PZ_POSTGRES_BIN, else the newest of /usr/lib/postgresql/*/bin that is
    /// at least 15.
    std::filesystem::path programs{};
    /// Asked every few milliseconds while waiting; false gives up with ClusterError (Ctrl-C).
    std::function<bool()> keep_waiting = [] { return true; };
};

/// A private PostgreSQL cluster for a developer's machine and for tests: reachable through a unix socket
/// (only, unless asked otherwise), every role behind SCRAM with a random password of its own in a 0600 file.
///
/// The server is a direct child and ends with this object: by fast stop in the destructor, or by the kernel's
/// parent-death signal (SIGINT = fast stop) when this process is killed. Start it from a thread that lives as
/// long as the cluster. Creation is crash-safe: initdb works in a directory aside that is renamed at the very
/// end (security.md, R30). As root the PostgreSQL programs run as the account `postgres`; as anybody else, as
/// oneself.
class LocalCluster {
 public:
    static constexpr std::string_view superuser = "postgres";

    /// Creates the cluster if there is none, starts it and returns when it answers. A server that a killed
    /// predecessor left behind in the same directory is stopped first; one whose owner lives is an error.
    /// Throws ClusterError.
    explicit LocalCluster(ClusterOptions options);
    LocalCluster(const LocalCluster&) = delete;
    LocalCluster& operator=(const LocalCluster&) = delete;
    ~LocalCluster();

    /// True if this object ran initdb.
    [[nodiscard]] bool created() const noexcept { return created_; }

    [[nodiscard]] pid_t pid() const noexcept { return server_->pid(); }

    [[nodiscard]] const std::filesystem::path& socket_directory() const noexcept { return socket_directory_; }

    /// The server's own log, and the place to look when it does not start.
    [[nodiscard]] std::filesystem::path log_file() const { return options_.directory / "postgres.log"; }

    /// Reaps the server if it has ended by itself: its exit code.
    std::optional<int> poll_exit() noexcept { return server_->poll_exit(); }

    /// As superuser: applies roles.sql (which sets no passwords), gives every login role of ours (pz_…) a
    /// random password, creates the database if it is missing and applies database.sql in it. Safe to call at
    /// every start.
    void prepare_database(
        const std::string& database, const std::string& roles_sql, const std::string& database_sql
    );

    /// A libpq connection string for a role that has a password here: the superuser, or one of roles.sql.
    [[nodiscard]] core::SecretString connection_string(std::string_view role, std::string_view database)
        const;

    /// Fast stop: sessions are disconnected, a checkpoint is written. Kills after `limit`. Idempotent.
    void stop(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) noexcept;

 private:
    void take_lock();
    void create();
    void stop_leftover_server() const;
    void start();

    struct Unlock {
        void operator()(const int* descriptor) const noexcept;
    };

    ClusterOptions options_;
    std::string account_;  // who runs PostgreSQL's programs; empty: ourselves
    std::filesystem::path socket_directory_;
    bool created_ = false;
    std::unique_ptr<int, Unlock> lock_;  // held until the server has stopped
    std::optional<core::Process> server_;
};

/// The connection string of a role of a cluster that another process runs, from its files alone: what
/// `phasezero psql` and `phasezero migrate` use. Throws ClusterError when the role has no password there.
[[nodiscard]] core::SecretString cluster_connection_string(
    const std::filesystem::path& directory, std::string_view role, std::string_view database
);

/// $PZ_POSTGRES_BIN, else the newest /usr/lib/postgresql/*/bin that is at least 15; throws ClusterError when
/// there is none.
[[nodiscard]] std::filesystem::path find_postgres_programs();

}  // namespace pz::pg
